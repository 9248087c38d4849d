package main

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Flags that name a file to be written whole. It is checked before anything runs that the folder
// is there.

// pictureFormat is the format, svg or png, of the picture that --plot names, "" where it names none.
func pictureFormat(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	format := strings.ToLower(strings.TrimPrefix(filepath.Ext(path), "."))
	if format != "svg" && format != "png" {
		return "", usageError("--plot %s: not a .svg or .png file", path)
	}
	return format, checkFolder("--plot", path)
}

// checkFolder refuses the path that a flag names where there is no folder for it.
func checkFolder(flag, path string) error {
	if folder, err := os.Stat(filepath.Dir(path)); err != nil || !folder.IsDir() {
		return usageError("%s %s: there is no such folder", flag, path)
	}
	return nil
}

// writeWhole writes the file that a flag names whole, or leaves what is there: the content is
// written beside it first. What is no file, such as a pipe, is written to as it is.
func writeWhole(flag, path string, content []byte) error {
	to := path
	if file, err := filepath.EvalSymlinks(path); err == nil {
		to = file
	}
	beside := to + "." + rand.Text()
	if there, missing := os.Stat(path); missing == nil && !there.Mode().IsRegular() {
		beside, to = path, path
	}
	err := os.WriteFile(beside, content, 0o666)
	if err == nil && beside != to {
		err = os.Rename(beside, to)
	}
	if err == nil {
		return nil
	}
	if beside != to {
		os.Remove(beside)
	}
	var file *fs.PathError
	var files *os.LinkError
	switch { // the name beside is nobody's business
	case errors.As(err, &file):
		err = file.Err
	case errors.As(err, &files):
		err = files.Err
	}
	return usageError("%s %s: %w", flag, path, err)
}
