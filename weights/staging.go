package weights

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrExists is wrapped by the errors of files that are there already and are not to be replaced.
var ErrExists = errors.New("it is there already")

// A Staging is files that are written beside where they are to be, and put in place when all of them
// are whole.
type Staging struct {
	Force bool // replace what is there

	files []stagedFile
	made  []string // folders, the outermost first
}

type stagedFile struct {
	*os.File
	path string
}

func (f stagedFile) Write(b []byte) (int, error) {
	n, err := f.File.Write(b)
	return n, about(f.path, err)
}

// Create begins a file at path, in a folder that is made if need be.
func (s *Staging) Create(path string) (io.Writer, error) {
	if info, err := os.Stat(path); err == nil && (!s.Force || !info.Mode().IsRegular()) {
		return nil, fmt.Errorf("%s: %w", path, ErrExists)
	}
	if err := s.folder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path+"."+rand.Text()[:8]+".partial", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, about(path, err)
	}
	f := stagedFile{file, path}
	s.files = append(s.files, f)
	return f, nil
}

// Write writes a file whole.
func (s *Staging) Write(path string, content []byte) error {
	file, err := s.Create(path)
	if err == nil {
		_, err = file.Write(content)
	}
	return err
}

// folder makes a folder and those around it.
func (s *Staging) folder(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := s.folder(filepath.Dir(path)); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o777); err != nil {
		return err
	}
	s.made = append(s.made, path)
	return nil
}

// Commit puts the files in place, the one that was created first last, once all of them are on the disk.
func (s *Staging) Commit() error {
	for _, f := range s.files {
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return about(f.path, err)
		}
	}
	for i := len(s.files) - 1; i >= 0; i-- {
		f := s.files[i]
		if err := os.Rename(f.Name(), f.path); err != nil {
			return about(f.path, err)
		}
		s.files = s.files[:i]
		syncFolder(filepath.Dir(f.path))
	}
	s.made = nil
	return nil
}

// Discard leaves nothing behind that was not put in place.
func (s *Staging) Discard() {
	for _, f := range s.files {
		f.Close()
		os.Remove(f.Name())
	}
	for i := len(s.made) - 1; i >= 0; i-- {
		os.Remove(s.made[i])
	}
	s.files, s.made = nil, nil
}

// syncFolder makes renames last. Where folders cannot be synced, that is the system's business.
func syncFolder(path string) {
	if folder, err := os.Open(path); err == nil {
		folder.Sync()
		folder.Close()
	}
}

// about says what failed by the name that a file is to have, for the one beside it is nobody's business.
func about(path string, err error) error {
	var file *fs.PathError
	var files *os.LinkError
	switch {
	case errors.As(err, &file):
		err = file.Err
	case errors.As(err, &files):
		err = files.Err
	}
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", path, err)
}
