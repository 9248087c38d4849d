package hub

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/djherbis/times"
)

// A Model is a repository of models that the cache has something of.
type Model struct {
	Repo       string
	Bytes      int64     // of its blobs, each counted once, and of what else has content
	Incomplete int64     // of those, in files that are not whole
	LastUsed   time.Time // when one of its files was last read, as far as the system notes it
	Revisions  []Revision

	folder string
}

// A Revision is a commit of which the cache has files.
type Revision struct {
	Commit   string
	Refs     []string // the branches and tags that stood for it when the hub was last asked
	Folder   string
	Bytes    int64 // of its files; those that revisions share count in each
	LastUsed time.Time
	Files    []StoredFile
}

// A StoredFile is a file of a revision in the cache.
type StoredFile struct {
	File  string
	Bytes int64

	content string // the path of what it links to, links resolved
}

// List lists what a cache holds, whoever has put it there, by name. An empty list is of a folder that
// is not there too.
func List(cache string) ([]Model, error) {
	entries, err := os.ReadDir(cache)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, diskError("the cache", err)
	}
	var models []Model
	for _, entry := range entries {
		name, ok := strings.CutPrefix(entry.Name(), folderPrefix)
		n := Name{strings.Replace(name, "--", "/", 1), Main}
		if !ok || n.check() != nil {
			continue
		}
		m, err := readModel(cache, n)
		if err != nil {
			return nil, diskError("the cache", err)
		}
		models = append(models, m)
	}
	slices.SortFunc(models, func(a, b Model) int { return cmp.Compare(a.Repo, b.Repo) })
	return models, nil
}

// readModel reads a repository's folder in the cache.
func readModel(cache string, n Name) (Model, error) {
	m := Model{Repo: n.Repo, folder: filepath.Join(cache, n.folder())}
	refs, err := readRefs(filepath.Join(m.folder, refsFolder))
	if err != nil {
		return m, err
	}
	commits, err := os.ReadDir(filepath.Join(m.folder, snapshotsFolder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return m, err
	}
	sizes := map[string]int64{} // by path of content
	for _, commit := range commits {
		if !commitHash.MatchString(commit.Name()) {
			continue
		}
		r := Revision{Commit: commit.Name(), Refs: refs[commit.Name()], Folder: filepath.Join(m.folder, snapshotsFolder, commit.Name())}
		if err := r.readFiles(sizes); err != nil {
			return m, err
		}
		m.Revisions = append(m.Revisions, r)
		if r.LastUsed.After(m.LastUsed) {
			m.LastUsed = r.LastUsed
		}
	}
	blobs, err := os.ReadDir(filepath.Join(m.folder, blobsFolder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return m, err
	}
	for _, blob := range blobs {
		path := filepath.Join(m.folder, blobsFolder, blob.Name())
		if content, err := filepath.EvalSymlinks(path); err == nil {
			path = content
		}
		info, err := os.Stat(path)
		if err != nil {
			continue // deleted since
		}
		sizes[path] = info.Size()
		if strings.HasSuffix(blob.Name(), incomplete) {
			m.Incomplete += info.Size()
		}
	}
	for _, bytes := range sizes {
		m.Bytes += bytes
	}
	return m, nil
}

// readRefs reads which revisions stand for which commit.
func readRefs(folder string) (map[string][]string, error) {
	refs := map[string][]string{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		commit, err := readSmall(path)
		name, _ := filepath.Rel(folder, path)
		if n := (Name{"any", filepath.ToSlash(name)}); err == nil && n.check() == nil && commitHash.MatchString(commit) {
			refs[commit] = append(refs[commit], n.Revision)
		}
		return nil
	})
	return refs, err
}

// readFiles reads the files of a revision, and enters what they link to in sizes.
func (r *Revision) readFiles(sizes map[string]int64) error {
	return filepath.WalkDir(r.Folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := filepath.EvalSymlinks(path)
		if err != nil {
			return nil // a link to what is not there
		}
		info, err := os.Stat(content)
		if err != nil || !info.Mode().IsRegular() {
			return nil
		}
		name, _ := filepath.Rel(r.Folder, path)
		r.Files = append(r.Files, StoredFile{filepath.ToSlash(name), info.Size(), content})
		r.Bytes += info.Size()
		sizes[content] = info.Size()
		if used := times.Get(info).AccessTime(); used.After(r.LastUsed) {
			r.LastUsed = used
		}
		return nil
	})
}
