package hub

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// ErrName is wrapped by the errors of texts that no repository or revision can be called.
var ErrName = errors.New("malformed name")

// Main is the revision that is meant where none is named.
const Main = "main"

// A Name is a repository of models and a revision of it: a branch, a tag or a commit.
type Name struct {
	Repo     string // name or org/name
	Revision string
}

var (
	repoPart     = regexp.MustCompile(`^\w([\w.-]*\w)?$`)
	revisionPart = regexp.MustCompile(`^\w[\w.+-]*$`)
	commitHash   = regexp.MustCompile(`^[0-9a-f]{40}$`)
)

const (
	maxRepoBytes     = 96 // huggingface_hub's
	maxRevisionBytes = 200
)

// ParseName reads name, org/name or either with @revision.
func ParseName(text string) (Name, error) {
	repo, revision, given := strings.Cut(text, "@")
	if !given {
		revision = Main
	}
	n := Name{repo, revision}
	return n, n.check()
}

func (n Name) String() string {
	if n.Revision == Main {
		return n.Repo
	}
	return n.Repo + "@" + n.Revision
}

// check holds the name to huggingface_hub's rules for repositories and to git's for references, as
// far as either concerns what a path may be.
func (n Name) check() error {
	parts := strings.Split(n.Repo, "/")
	ok := len(parts) <= 2 && len(n.Repo) <= maxRepoBytes && !strings.Contains(n.Repo, "--") && !strings.Contains(n.Repo, "..") &&
		!strings.HasSuffix(n.Repo, ".git") && !strings.HasSuffix(n.Repo, ".ipynb")
	for _, part := range parts {
		ok = ok && repoPart.MatchString(part)
	}
	if !ok {
		return fmt.Errorf("%w: %q is not name or org/name", ErrName, n.Repo)
	}
	ok = len(n.Revision) <= maxRevisionBytes && !strings.Contains(n.Revision, "..") && filepath.IsLocal(filepath.FromSlash(n.Revision))
	for part := range strings.SplitSeq(n.Revision, "/") {
		ok = ok && revisionPart.MatchString(part) && !strings.HasSuffix(part, ".lock") && !strings.HasSuffix(part, ".")
	}
	if !ok {
		return fmt.Errorf("%w: %q is not a branch, tag or commit", ErrName, n.Revision)
	}
	return nil
}

// folder is the name of the repository's folder in the cache.
func (n Name) folder() string { return folderPrefix + strings.ReplaceAll(n.Repo, "/", "--") }

// folderPrefix begins the names of folders of models; other kinds of repositories have other ones.
const folderPrefix = "models--"

// filePart is what a folder or file of a repository may be called here: not hidden, and no reserved
// name or separator of any system.
var filePart = regexp.MustCompile(`^[\w+][\w.+=@ -]*$`)

// checkFile refuses the path of a file in a repository that could lead out of a snapshot.
func checkFile(file string) error {
	ok := len(file) <= 255 && filepath.IsLocal(filepath.FromSlash(file))
	for part := range strings.SplitSeq(file, "/") {
		ok = ok && filePart.MatchString(part) && !strings.HasSuffix(part, ".") && !strings.HasSuffix(part, " ")
	}
	if !ok {
		return fmt.Errorf("%w: %q is not the path of a file", ErrName, file)
	}
	return nil
}
