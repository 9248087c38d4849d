package hub

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// ErrNotCached is wrapped by the errors of models and revisions that the cache does not have.
var ErrNotCached = errors.New("not in the cache")

// Remove deletes a repository from a cache, or with revision the commit that revision stands for or is;
// blobs that another commit needs stay. It returns the commits that are gone and what that freed. What
// a blob of the repository shares with other ones (huggingface_hub's store for the whole cache) stays.
func Remove(cache string, name Name, revision bool) (commits []string, freed int64, err error) {
	if err := name.check(); err != nil {
		return nil, 0, err
	}
	m, err := readModel(cache, name)
	if err != nil {
		return nil, 0, diskError("the cache", err)
	}
	if !exists(m.folder) {
		return nil, 0, fmt.Errorf("%s: %w", name.Repo, ErrNotCached)
	}
	root, err := os.OpenRoot(cache)
	if err != nil {
		return nil, 0, diskError("the cache", err)
	}
	defer root.Close()
	gone := slices.Clone(m.Revisions)
	if revision {
		gone = slices.DeleteFunc(gone, func(r Revision) bool {
			return r.Commit != name.Revision && !slices.Contains(r.Refs, name.Revision)
		})
		if len(gone) == 0 {
			return nil, 0, fmt.Errorf("%s@%s: %w", name.Repo, name.Revision, ErrNotCached)
		}
	}
	for _, r := range gone {
		commits = append(commits, r.Commit)
	}
	d := &deletion{root: root}
	if len(gone) == len(m.Revisions) {
		d.all(name.folder())
		d.all(path.Join(locksFolder, name.folder()))
	} else {
		d.revisions(name.folder(), m, gone)
	}
	return commits, d.freed, diskError("the cache", d.err)
}

// A deletion deletes below root, adds up what that frees, and keeps its first error.
type deletion struct {
	root  *os.Root
	freed int64
	err   error
}

// all deletes a folder or file. Links count nothing and are not followed.
func (d *deletion) all(name string) {
	if d.err != nil {
		return
	}
	var bytes int64
	if info, err := d.root.Lstat(name); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		d.err = d.root.Remove(name)
		return
	}
	err := fs.WalkDir(d.root.FS(), name, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			bytes += info.Size()
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = d.root.RemoveAll(name)
	}
	if err == nil {
		d.freed += bytes
	}
	d.err = err
}

// revisions deletes some of a repository's commits: names first and contents last, so that nothing
// names what is gone.
func (d *deletion) revisions(folder string, m Model, gone []Revision) {
	needed := map[string]bool{}
	for _, r := range m.Revisions {
		if !slices.ContainsFunc(gone, func(g Revision) bool { return g.Commit == r.Commit }) {
			for _, f := range r.Files {
				needed[f.content] = true
			}
		}
	}
	for _, r := range gone {
		for _, ref := range r.Refs {
			d.all(path.Join(folder, refsFolder, ref))
		}
		d.all(path.Join(folder, snapshotsFolder, r.Commit))
		d.all(path.Join(folder, absentFolder, r.Commit))
		d.all(path.Join(folder, treesFolder, r.Commit+".json"))
	}
	blobs := filepath.Join(m.folder, blobsFolder)
	for _, r := range gone {
		for _, f := range r.Files {
			name := blobOf(blobs, f.content)
			if name != "" && !needed[f.content] {
				d.all(path.Join(folder, blobsFolder, name))
			}
		}
	}
}

// blobOf is the name of the blob whose content lies at a path; "" where that is no blob.
func blobOf(blobs, content string) string {
	entries, _ := os.ReadDir(blobs)
	for _, e := range entries {
		if to, err := filepath.EvalSymlinks(filepath.Join(blobs, e.Name())); err == nil && to == content && !strings.HasSuffix(e.Name(), incomplete) {
			return e.Name()
		}
	}
	return ""
}
