package hub

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"syscall"
)

// ErrNetwork is wrapped by the errors whose reason is the hub or the way to it: it cannot be reached,
// refuses, does not have what is asked for, or sends something else than it has announced.
var ErrNetwork = errors.New("hub")

// ErrDisk is wrapped by the errors whose reason is the disk: it has too little room, or the cache
// cannot be written.
var ErrDisk = errors.New("cache")

// A problem is an error of one of the kinds above that may know the next step.
type problem struct {
	kind error
	error
	hint string
}

func (p *problem) Hint() string    { return p.hint }
func (p *problem) Unwrap() []error { return []error{p.kind, p.error} }

func networkError(format string, args ...any) error {
	return &problem{ErrNetwork, fmt.Errorf(format, args...), ""}
}

// diskError says what failed of the cache, unless err has been marked before.
func diskError(what string, err error) error {
	var marked *problem
	if err == nil || errors.As(err, &marked) {
		return err
	}
	hint := ""
	switch {
	case errors.Is(err, fs.ErrPermission) || errors.Is(err, errReadOnly):
		hint = "HF_HUB_CACHE names a folder that can be written"
	case errors.Is(err, syscall.ENOSPC):
		hint = "HF_HUB_CACHE names a folder elsewhere; gptmeter models lists what could be removed"
	}
	return &problem{ErrDisk, fmt.Errorf("%s: %w", what, err), hint}
}

// What the hub's header X-Error-Code says of a refusal.
const (
	codeNoRepository = "RepoNotFound"
	codeNoRevision   = "RevisionNotFound"
	codeNoFile       = "EntryNotFound"
	codeGated        = "GatedRepo"
)

// A refusal is an answer that is no file.
type refusal struct {
	status int
	code   string // of the header X-Error-Code
	host   string
	commit string // of the header X-Repo-Commit
}

func (r *refusal) Error() string {
	text := fmt.Sprintf("%s answers %d %s", r.host, r.status, http.StatusText(r.status))
	if r.code != "" {
		text += " (" + r.code + ")"
	}
	return text
}

// explain turns what went wrong when name was asked for into the error of that.
func (c *Client) explain(name Name, err error) error {
	var r *refusal
	if !errors.As(err, &r) {
		return &problem{ErrNetwork, fmt.Errorf("%s: %w", name, err), "HF_ENDPOINT and HTTPS_PROXY say where the hub is and the way to it"}
	}
	token := "HF_TOKEN, or `hf auth login`, says who asks"
	if c.Token != "" {
		token = "the token that is in use may not read it"
	}
	say := func(what, hint string) error { return &problem{ErrNetwork, fmt.Errorf("%s: %s", name, what), hint} }
	switch {
	case r.code == codeGated:
		return say("whoever wants this model has to agree to its terms", c.Endpoint+"/"+name.Repo+" shows them; then "+token)
	case r.code == codeNoRevision:
		return say(fmt.Sprintf("the repository has no branch, tag or commit %q", name.Revision), "")
	case r.code == codeNoRepository, r.status == http.StatusUnauthorized, r.status == http.StatusNotFound:
		return say("no such model on "+c.host(), "or it is private: "+token)
	case r.status == http.StatusForbidden:
		return say(fmt.Sprintf("the hub refuses: %v", r), token)
	case r.status == http.StatusTooManyRequests && c.Token == "":
		return say(err.Error(), "with a token one may ask more often: "+token)
	}
	return say(err.Error(), "")
}
