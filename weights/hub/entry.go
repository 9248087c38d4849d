package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// An Entry is a file of a commit as the hub describes it.
type Entry struct {
	File string // its path in the repository
	Hash string // of its content, in hex: SHA-256, or git's SHA-1 of it as a blob
	Size int64

	commit string
}

// SHA256 tells whether Hash is SHA-256 of the content.
func (e Entry) SHA256() bool { return len(e.Hash) == 64 }

// errAnswer is wrapped by the errors of answers that no hub gives.
var errAnswer = errors.New("not an answer of a hub")

// maxFileBytes is far above any file's size, and so many of them can be added up.
const maxFileBytes = 1 << 50

var contentHash = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// ask asks the hub what a file is. A file that is not there is a refusal for which isAbsent is true.
func (c *Client) ask(ctx context.Context, repo, revision, file string) (e Entry, err error) {
	err = c.retry(ctx, func() (bool, error) {
		ctx, cancel := context.WithTimeoutCause(ctx, c.AnswerTimeout, fmt.Errorf("%w within %v", errNoAnswer, c.AnswerTimeout))
		defer cancel()
		resp, err := c.do(ctx, http.MethodHead, c.fileURL(repo, revision, file), nil)
		if err != nil {
			return false, err
		}
		resp.Body.Close()
		e, err = readEntry(resp)
		e.File = file
		return false, err
	})
	return e, err
}

// readEntry reads the headers that huggingface_hub reads (get_hf_file_metadata), from the answer or,
// if it has them not, from the redirect that led to it.
func readEntry(resp *http.Response) (Entry, error) {
	stated := func(name string) string {
		for r := resp; r != nil; r = r.Request.Response {
			if text := r.Header.Get(name); text != "" {
				return text
			}
		}
		return ""
	}
	e := Entry{commit: stated("X-Repo-Commit")}
	host := resp.Request.URL.Host
	if !commitHash.MatchString(e.commit) {
		return e, fmt.Errorf("%s: %w: X-Repo-Commit is %q", host, errAnswer, e.commit)
	}
	e.Hash = strings.Trim(strings.TrimPrefix(firstOf(stated("X-Linked-Etag"), resp.Header.Get("ETag")), "W/"), `"`)
	if !contentHash.MatchString(e.Hash) {
		return e, fmt.Errorf("%s: %w: %q is no hash to check the file by", host, errAnswer, e.Hash)
	}
	size := stated("X-Linked-Size")
	if size == "" && resp.StatusCode < 300 {
		size = resp.Header.Get("Content-Length")
	}
	var err error
	if e.Size, err = strconv.ParseInt(size, 10, 64); err != nil || e.Size < 0 || e.Size > maxFileBytes {
		return e, fmt.Errorf("%s: %w: %q is no size", host, errAnswer, size)
	}
	return e, nil
}

// isAbsent tells whether err says that a repository has no such file. Where the hub gives no reason,
// it is of the file once the commit is known.
func isAbsent(err error, commitKnown bool) bool {
	var r *refusal
	if !errors.As(err, &r) || r.status != http.StatusNotFound {
		return false
	}
	return r.code == codeNoFile || r.code == "" && commitKnown
}
