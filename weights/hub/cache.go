package hub

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
)

const (
	blobsFolder     = "blobs"
	refsFolder      = "refs"
	snapshotsFolder = "snapshots"
	absentFolder    = ".no_exist"
	treesFolder     = "trees" // listings of commits, which huggingface_hub keeps
	locksFolder     = ".locks"
	incomplete      = ".incomplete"

	// tagFile tells programs that back up to pass over the folder (https://bford.info/cachedir/). The
	// text is huggingface_hub's.
	tagFile = "CACHEDIR.TAG"
	tagText = "Signature: 8a477f597d28d172789f06886806bc55\n" +
		"# This file is a cache directory tag created by huggingface_hub.\n" +
		"# For information about cache directory tags, see:\n" +
		"#\thttps://bford.info/cachedir/\n"
)

// A repository is the folder of one in the cache. What is written goes through root, which nothing
// leaves; paths in it have slashes.
type repository struct {
	folder string
	root   *os.Root
}

// openRepository makes the folder of a repository if need be.
func (c *Client) openRepository(name Name) (*repository, error) {
	folder := filepath.Join(c.Cache, name.folder())
	err := os.MkdirAll(folder, 0o777)
	if err != nil {
		return nil, diskError("the cache", err)
	}
	if tag := filepath.Join(c.Cache, tagFile); !exists(tag) {
		os.WriteFile(tag, []byte(tagText), 0o666) // without it no model is worse
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, diskError("the cache", err)
	}
	return &repository{folder, root}, nil
}

func (r *repository) close() { r.root.Close() }

// path is where something of the repository lies.
func (r *repository) path(name string) string {
	return filepath.Join(r.folder, filepath.FromSlash(name))
}

// link puts a blob into a snapshot, under the name of a file. Where the system has no links, or does
// not let this user make any, the blob itself goes there.
func (r *repository) link(e Entry) error {
	name := path.Join(snapshotsFolder, e.commit, e.File)
	target := strings.Repeat("../", strings.Count(name, "/")) + path.Join(blobsFolder, e.Hash)
	if err := r.root.MkdirAll(path.Dir(name), 0o777); err != nil {
		return err
	}
	if to, err := r.root.Readlink(name); err == nil && filepath.ToSlash(to) == target {
		return nil
	}
	if err := r.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := r.root.Symlink(filepath.FromSlash(target), name)
	switch {
	case errors.Is(err, fs.ErrExist): // another process was faster
		return nil
	case err != nil && (runtime.GOOS == "windows" || errors.Is(err, errors.ErrUnsupported)):
		return r.root.Rename(path.Join(blobsFolder, e.Hash), name)
	}
	return err
}

// point writes which commit a revision stands for, unless it says so.
func (r *repository) point(revision, commit string) error {
	if revision == commit {
		return nil
	}
	name := path.Join(refsFolder, revision)
	if before, err := r.root.ReadFile(name); err == nil && string(before) == commit {
		return nil
	}
	if err := r.root.MkdirAll(path.Dir(name), 0o777); err != nil {
		return err
	}
	random := make([]byte, 4)
	rand.Read(random)
	fresh := name + "." + hex.EncodeToString(random) + ".tmp"
	if err := r.root.WriteFile(fresh, []byte(commit), 0o666); err != nil {
		r.root.Remove(fresh)
		return err
	}
	return r.root.Rename(fresh, name)
}

// noteAbsent writes that a commit has no such file.
func (r *repository) noteAbsent(commit, file string) error {
	name := path.Join(absentFolder, commit, file)
	if exists(r.path(name)) {
		return nil
	}
	if err := r.root.MkdirAll(path.Dir(name), 0o777); err != nil {
		return err
	}
	return r.root.WriteFile(name, nil, 0o666)
}

// exists follows links: one that leads nowhere is nothing.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
