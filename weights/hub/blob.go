package hub

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
)

// errMismatch says that a content is not what its hash says.
var errMismatch = errors.New("damaged")

// newHash is the hash that an entry's content has to have: SHA-256, or that of git's object "blob".
func (e Entry) newHash() hash.Hash {
	if e.SHA256() {
		return sha256.New()
	}
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", e.Size)
	return h
}

// check compares what has been hashed with what the hub says.
func (e Entry) check(h hash.Hash) error {
	if got := hex.EncodeToString(h.Sum(nil)); got != e.Hash {
		kind := "SHA-1"
		if e.SHA256() {
			kind = "SHA-256"
		}
		return fmt.Errorf("%s: %w: its %s is %s and the hub says %s", e.File, errMismatch, kind, got, e.Hash)
	}
	return nil
}

// checkFile holds a file in the cache to its entry. What is not there is fs.ErrNotExist.
func (c *Client) checkFile(ctx context.Context, file string, e Entry) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() != e.Size {
		return fmt.Errorf("%s: %w: %d bytes where the hub has %d", e.File, errMismatch, info.Size(), e.Size)
	}
	h := e.newHash()
	if err := c.hash(ctx, h, f); err != nil {
		return err
	}
	return e.check(h)
}

// hash reads a file into a hash.
func (c *Client) hash(ctx context.Context, h hash.Hash, f *os.File) error {
	buffer := make([]byte, 1<<20)
	for {
		n, err := f.Read(buffer)
		h.Write(buffer[:n])
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
}

// fetchBlob brings a blob into the cache, unless it is there or another process brings it.
func (c *Client) fetchBlob(ctx context.Context, name Name, r *repository, e Entry) (fetched bool, err error) {
	unlock, err := c.lock(ctx, name, e)
	if err != nil {
		return false, err
	}
	defer unlock()
	blob := path.Join(blobsFolder, e.Hash)
	err = c.checkFile(ctx, r.path(blob), e)
	switch {
	case err == nil:
		c.beginFile(e, e.Size)
		return false, nil
	case errors.Is(err, errMismatch):
		c.notice("%v: it is deleted and fetched again", err)
		if err := r.root.Remove(blob); err != nil {
			return false, diskError("the cache", err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return false, diskError("the cache", err)
	}
	if err := r.root.MkdirAll(blobsFolder, 0o777); err != nil {
		return false, diskError("the cache", err)
	}
	err = c.fetchWhole(ctx, name, r, e)
	if errors.Is(err, errMismatch) {
		c.notice("%v: it is deleted and fetched once more", err)
		err = c.fetchWhole(ctx, name, r, e)
	}
	if errors.Is(err, errMismatch) {
		return false, networkError("%w; it has been deleted", err)
	}
	return err == nil, err
}

// fetchWhole continues a blob's beginning, or begins it, and gives it its name when it is whole, its
// hash is right and it is on the disk. A beginning with the wrong hash is deleted.
func (c *Client) fetchWhole(ctx context.Context, name Name, r *repository, e Entry) error {
	partial := path.Join(blobsFolder, e.Hash+incomplete)
	f, err := r.root.OpenFile(partial, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return diskError("the cache", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return diskError("the cache", err)
	}
	from := info.Size()
	if from > e.Size {
		if err := f.Truncate(0); err != nil {
			return diskError("the cache", err)
		}
		from = 0
	}
	h := e.newHash()
	if err := c.hash(ctx, h, f); err != nil {
		return diskError("the cache", err)
	}
	c.beginFile(e, from)
	err = c.fetch(ctx, c.fileURL(name.Repo, e.commit, e.File), e, from, func(b []byte) error {
		h.Write(b)
		_, err := f.Write(b)
		return diskError("the cache", err)
	})
	if err != nil {
		return err
	}
	if err := e.check(h); err != nil {
		f.Close()
		if removed := r.root.Remove(partial); removed != nil {
			return diskError("the cache", removed)
		}
		return err
	}
	if err := c.sync(f); err != nil {
		return diskError("the cache", err)
	}
	if err := f.Close(); err != nil {
		return diskError("the cache", err)
	}
	if err := r.root.Rename(partial, path.Join(blobsFolder, e.Hash)); err != nil {
		return diskError("the cache", err)
	}
	if folder, err := os.Open(r.path(blobsFolder)); err == nil {
		c.sync(folder) // brings the name to the disk, where the system can; the content is there already
		folder.Close()
	}
	return nil
}
