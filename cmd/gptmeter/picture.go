package main

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// pictureFormat is the format, svg or png, of the picture that --plot names, "" where it names none.
func pictureFormat(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	format := strings.ToLower(strings.TrimPrefix(filepath.Ext(path), "."))
	if format != "svg" && format != "png" {
		return "", usageError("--plot %s: not a .svg or .png file", path)
	}
	if folder, err := os.Stat(filepath.Dir(path)); err != nil || !folder.IsDir() {
		return "", usageError("--plot %s: there is no such folder", path)
	}
	return format, nil
}

// writePicture writes the file that --plot names whole, or leaves what is there: the picture is
// written beside it first.
func writePicture(path string, picture []byte) error {
	beside := path + "." + rand.Text()
	err := os.WriteFile(beside, picture, 0o666)
	if err == nil {
		err = os.Rename(beside, path)
	}
	if err == nil {
		return nil
	}
	os.Remove(beside)
	var file *fs.PathError
	var files *os.LinkError
	switch { // the name beside is nobody's business
	case errors.As(err, &file):
		err = file.Err
	case errors.As(err, &files):
		err = files.Err
	}
	return usageError("--plot %s: %w", path, err)
}
