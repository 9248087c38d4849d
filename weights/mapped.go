package weights

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"runtime"

	"github.com/edsrzf/mmap-go"
)

// A mapped file stays open, to be asked whether it is still what was mapped.
type mapped struct {
	mmap.MMap
	file *os.File
	info fs.FileInfo // when it was mapped
	lent bool        // Weights lie in it, which hold on to it
}

// mapFile maps a file that belongs to the checkpoint, until that is closed.
func (c *Checkpoint) mapFile(path string) (*mapped, error) {
	m, err := mapFile(path)
	if err != nil {
		return nil, err
	}
	c.mappings = append(c.mappings, m)
	c.files = append(c.files, File{path, int64(len(m.MMap))})
	return m, nil
}

// mapFile maps a file that is not empty.
func mapFile(path string) (_ *mapped, err error) {
	m := &mapped{}
	if m.file, err = openRegular(path); err != nil {
		return m, err
	}
	defer func() {
		if err != nil {
			m.close()
		}
	}()
	if m.info, err = m.file.Stat(); err != nil {
		return m, err
	}
	size := m.info.Size()
	if size == 0 {
		return m, fmt.Errorf("%s: the file is empty", path)
	}
	if size > math.MaxInt {
		return m, fmt.Errorf("%s: %d bytes are more than this machine can address", path, size)
	}
	if m.MMap, err = mmap.MapRegion(m.file, int(size), mmap.RDONLY, 0, 0); err != nil {
		return m, fmt.Errorf("%s: mapping %d bytes: %w", path, size, err)
	}
	return m, m.check() // pages past the end of a file that shrank meanwhile would fault when they are read
}

// check tells whether the file has been changed since it was mapped.
func (m *mapped) check() error {
	now, err := m.file.Stat()
	if err != nil {
		return err
	}
	if now.Size() != m.info.Size() || now.ModTime() != m.info.ModTime() {
		return fmt.Errorf("%s: changed while it was read", m.file.Name())
	}
	return nil
}

func (m *mapped) close() error {
	err := m.file.Close()
	if m.lent {
		runtime.AddCleanup(m, func(pages mmap.MMap) { pages.Unmap() }, m.MMap)
	} else if m.MMap != nil {
		err = errors.Join(err, m.Unmap())
	}
	return err
}

// Check tells whether a file has been changed since it was opened. A cut within its last page, and
// what is written over, can be seen by nobody who reads it.
func (c *Checkpoint) Check() error {
	for _, m := range c.mappings {
		if err := m.check(); err != nil {
			return err
		}
	}
	return nil
}

// Close gives the mapped files back; one in which a model has its weights packed, when the collector
// finds that no model has any more.
func (c *Checkpoint) Close() error {
	var err error
	for _, m := range c.mappings {
		err = errors.Join(err, m.close())
	}
	c.mappings, c.tensors = nil, nil
	return err
}
