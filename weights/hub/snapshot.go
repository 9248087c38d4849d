package hub

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// A Snapshot is a commit of a repository, and what the cache has of it.
type Snapshot struct {
	Name   Name
	Commit string
	Folder string // where its files lie, once one does

	client *Client
	mu     sync.Mutex
	known  map[string]Entry // what the hub has said
}

func (c *Client) snapshot(name Name, commit string) *Snapshot {
	return &Snapshot{
		Name: name, Commit: commit, client: c, known: map[string]Entry{},
		Folder: filepath.Join(c.Cache, name.folder(), snapshotsFolder, commit),
	}
}

// Cached finds the snapshot that name stood for when the hub was last asked. Nobody is asked now.
func (c *Client) Cached(name Name) (s *Snapshot, ok bool) {
	if name.check() != nil {
		return nil, false
	}
	commit := name.Revision
	if text, err := readSmall(filepath.Join(c.Cache, name.folder(), refsFolder, filepath.FromSlash(name.Revision))); err == nil {
		commit = text
	}
	if !commitHash.MatchString(commit) {
		return nil, false
	}
	return c.snapshot(name, commit), true
}

// Ask asks the hub what name stands for now, by way of a file that is likely to be there.
func (c *Client) Ask(ctx context.Context, name Name, file string) (*Snapshot, error) {
	if err := name.check(); err != nil {
		return nil, err
	}
	if c.Offline {
		return nil, &problem{ErrNetwork, fmt.Errorf("%s: the hub is not to be asked", name), "unset HF_HUB_OFFLINE and TRANSFORMERS_OFFLINE"}
	}
	e, err := c.ask(ctx, name.Repo, name.Revision, file)
	var r *refusal
	if err != nil && errors.As(err, &r) && commitHash.MatchString(r.commit) && isAbsent(err, true) {
		s := c.snapshot(name, r.commit)
		return s, s.noteAbsent(file)
	}
	if err != nil {
		return nil, c.explain(name, err)
	}
	s := c.snapshot(name, e.commit)
	s.known[file] = e
	return s, nil
}

// Path is where a file of the snapshot lies, if it does.
func (s *Snapshot) Path(file string) string { return filepath.Join(s.Folder, filepath.FromSlash(file)) }

// Has tells whether the cache has a file of the snapshot.
func (s *Snapshot) Has(file string) bool { return exists(s.Path(file)) }

// Lacks tells whether it is known that the commit has no such file.
func (s *Snapshot) Lacks(file string) bool {
	return exists(filepath.Join(s.client.Cache, s.Name.folder(), absentFolder, s.Commit, filepath.FromSlash(file)))
}

// Entries asks the hub what files are, all at once, and returns those that are there in their order.
func (s *Snapshot) Entries(ctx context.Context, files ...string) ([]Entry, error) {
	errs := make([]error, len(files))
	var asking sync.WaitGroup
	slots := make(chan struct{}, 8)
	for i, file := range files {
		asking.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = s.entry(ctx, file)
		})
	}
	asking.Wait()
	var entries []Entry
	for i, file := range files {
		if err := errs[i]; err != nil {
			return nil, err
		}
		if e, ok := s.known[file]; ok {
			entries = append(entries, e)
		}
	}
	return entries, nil
}

// entry asks about one file. What is not there is noted and no error.
func (s *Snapshot) entry(ctx context.Context, file string) error {
	if err := checkFile(file); err != nil {
		return err
	}
	s.mu.Lock()
	_, known := s.known[file]
	s.mu.Unlock()
	if known || s.Lacks(file) {
		return nil
	}
	e, err := s.client.ask(ctx, s.Name.Repo, s.Commit, file)
	switch {
	case err != nil && isAbsent(err, true):
		return s.noteAbsent(file)
	case err != nil:
		return s.client.explain(s.Name, err)
	case e.commit != s.Commit:
		return networkError("%s: %w: asked for commit %s, it sends %s", s.Name, errAnswer, s.Commit, e.commit)
	}
	s.mu.Lock()
	s.known[file] = e
	s.mu.Unlock()
	return nil
}

// noteAbsent keeps that a file is not there. A cache that cannot be written is asked about again.
func (s *Snapshot) noteAbsent(file string) error {
	r, err := s.client.openRepository(s.Name)
	if err != nil {
		return nil
	}
	defer r.close()
	r.noteAbsent(s.Commit, file)
	return nil
}

// Fetch brings files into the snapshot, those that are there and whole excepted, and returns which
// came from the hub.
func (s *Snapshot) Fetch(ctx context.Context, entries []Entry) (fetched []string, err error) {
	c := s.client
	var missing []Entry
	var all, need int64
	for _, e := range entries {
		err := c.checkFile(ctx, s.Path(e.File), e)
		switch {
		case err == nil:
			continue
		case errors.Is(err, errMismatch): // the blob will be found so too, or linked in this file's place
		case !errors.Is(err, fs.ErrNotExist):
			return nil, diskError("the cache", err)
		}
		missing = append(missing, e)
		all += e.Size
		need += e.Size - s.begun(e)
	}
	if len(missing) == 0 {
		return nil, nil
	}
	r, err := c.openRepository(s.Name)
	if err != nil {
		return nil, err
	}
	defer r.close()
	if free, known := c.free(r.folder); known && need > free {
		return nil, diskError("the cache", &spaceError{need, free, c.Cache})
	}
	c.begin(all)
	for _, e := range missing {
		came, err := c.fetchBlob(ctx, s.Name, r, e)
		if ctx.Err() != nil {
			return fetched, ctx.Err()
		}
		if err != nil {
			return fetched, s.failed(e, err)
		}
		if err := r.link(e); err != nil {
			return fetched, diskError("the cache", err)
		}
		if came {
			fetched = append(fetched, e.File)
		}
	}
	return fetched, nil
}

// begun is how much of a blob the cache has.
func (s *Snapshot) begun(e Entry) int64 {
	blob := filepath.Join(s.client.Cache, s.Name.folder(), blobsFolder, e.Hash)
	for _, file := range []string{blob, blob + incomplete} {
		if info, err := os.Stat(file); err == nil {
			return min(info.Size(), e.Size)
		}
	}
	return 0
}

// failed is the error for a file that could not be fetched.
func (s *Snapshot) failed(e Entry, err error) error {
	var marked *problem
	if errors.As(err, &marked) {
		return err
	}
	var r *refusal
	if errors.As(err, &r) {
		return s.client.explain(s.Name, err)
	}
	return &problem{ErrNetwork, fmt.Errorf("%s: %s: %w", s.Name, e.File, err), "what has come is kept: the same command goes on from there"}
}

// Settle writes that the revision stands for this commit, when all that is wanted of it is there. A
// cache that cannot be written goes without.
func (s *Snapshot) Settle() error {
	r, err := s.client.openRepository(s.Name)
	if err == nil {
		defer r.close()
		err = r.point(s.Name.Revision, s.Commit)
	}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, errReadOnly) {
		return nil
	}
	return diskError("the cache", err)
}

// A spaceError says that a file system has too little room.
type spaceError struct {
	need, free int64
	folder     string
}

func (e *spaceError) Error() string {
	return fmt.Sprintf("%.1f MB are needed and %.1f are free in %s", float64(e.need)/1e6, float64(e.free)/1e6, e.folder)
}

func (e *spaceError) Is(target error) bool { return target == syscall.ENOSPC }

// readSmall reads a file of one short line.
func readSmall(name string) (string, error) {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > 1024 {
		return "", errors.Join(err, fs.ErrInvalid)
	}
	text, err := os.ReadFile(name)
	return string(text), err
}
