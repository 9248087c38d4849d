// Package hubtest is a hub for tests: it answers on this machine what the Hugging Face hub answers
// for models, as far as programs that download ask. The headers, redirects and codes are those that
// huggingface_hub 2.4 reads and its documentation shows.
//
// Large files lie on another host, as they do there: another port, without the hub's headers.
package hubtest

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Hub is a hub that runs. Its fields may be changed while it is asked nothing.
type Hub struct {
	URL   string // for HF_ENDPOINT
	Repos map[string]*Repo
	Names map[string]string // old names, which are redirected, and the repositories' names now

	hub, storage *httptest.Server
	mu           sync.Mutex
	requests     []Request
	between      Between
}

// Between stands between those who ask and the hub, which serve is. It may be called by several at a time.
type Between func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc)

// A Repo is a repository.
type Repo struct {
	Token   string            // that it takes to read it, "" for none
	Gated   bool              // nobody has agreed to its terms
	Refs    map[string]string // commits by branch or tag
	Commits map[string]map[string]File
}

// A File is one of a commit.
type File struct {
	Content []byte
	Large   bool // in Git LFS
}

// A Request is one that came, to the hub or to where large files lie.
type Request struct {
	Method, Path, Range, Token string
	Storage                    bool
}

// New starts a hub without repositories. Close ends it.
func New() *Hub {
	h := &Hub{Repos: map[string]*Repo{}, Names: map[string]string{}}
	h.hub = httptest.NewServer(h.handler(false, h.serve))
	h.storage = httptest.NewServer(h.handler(true, h.serveLarge))
	h.URL = h.hub.URL
	return h
}

// Close ends the hub and what it still answers.
func (h *Hub) Close() {
	for _, s := range []*httptest.Server{h.hub, h.storage} {
		s.CloseClientConnections()
		s.Close()
	}
}

// Add adds a repository with one commit, which is main.
func (h *Hub) Add(repo string, files map[string]File) (commit string) {
	h.mu.Lock()
	h.Repos[repo] = &Repo{Refs: map[string]string{}, Commits: map[string]map[string]File{}}
	h.mu.Unlock()
	return h.Commit(repo, "main", files)
}

// Commit adds a commit to a repository, for which revision then stands.
func (h *Hub) Commit(repo, revision string, files map[string]File) (commit string) {
	hash := sha1.New()
	for _, name := range sorted(files) {
		fmt.Fprintf(hash, "%s %s\n", name, files[name].Hash())
	}
	commit = fmt.Sprintf("%x", hash.Sum(nil))
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.Repos[repo]
	r.Refs[revision], r.Commits[commit] = commit, files
	return commit
}

// Hash is the file's name in the hub: SHA-256 for large ones, git's SHA-1 of a blob for others.
func (f File) Hash() string {
	if f.Large {
		return fmt.Sprintf("%x", sha256.Sum256(f.Content))
	}
	return fmt.Sprintf("%x", sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(f.Content), f.Content)))
}

// Requests returns those that came since it was last called.
func (h *Hub) Requests() []Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	came := h.requests
	h.requests = nil
	return came
}

func (h *Hub) handler(storage bool, serve http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.requests = append(h.requests, Request{r.Method, r.URL.Path, r.Header.Get("Range"), r.Header.Get("Authorization"), storage})
		between := h.between
		h.mu.Unlock()
		if between != nil {
			between(w, r, serve)
			return
		}
		serve(w, r)
	})
}

// Put puts something between those who ask and the hub, or with nil nothing.
func (h *Hub) Put(between Between) {
	h.mu.Lock()
	h.between = between
	h.mu.Unlock()
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	if code != "" {
		w.Header().Set("X-Error-Code", code)
	}
	w.Header().Set("X-Error-Message", message)
	http.Error(w, message, status)
}

// serve answers
//
//	/REPO/resolve/REVISION/FILE
//	/api/resolve-cache/models/REPO/COMMIT/FILE
//	/api/models/REPO, /api/models/REPO/revision/REVISION and /api/models/REPO/tree/REVISION
func (h *Hub) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/")
	api := strings.HasPrefix(path, "api/")
	path = strings.TrimPrefix(strings.TrimPrefix(path, "api/resolve-cache/models/"), "api/models/")
	parts := strings.Split(path, "/")
	for _, length := range []int{2, 1} {
		if len(parts) < length {
			continue
		}
		name, rest := strings.Join(parts[:length], "/"), parts[length:]
		if now, moved := h.Names[name]; moved {
			http.Redirect(w, r, strings.Replace(r.URL.EscapedPath(), name, now, 1), http.StatusTemporaryRedirect)
			return
		}
		if repo := h.Repos[name]; repo != nil && (repo.Token == "" || r.Header.Get("Authorization") == "Bearer "+repo.Token) {
			h.serveRepo(w, r, name, repo, rest, api)
			return
		}
	}
	// Whether it is private or not there, only those who may read it learn.
	refuse(w, http.StatusUnauthorized, codeNoRepository, "Invalid username or password.")
}

const codeNoRepository = "RepoNotFound"

func (h *Hub) serveRepo(w http.ResponseWriter, r *http.Request, name string, repo *Repo, rest []string, api bool) {
	verb, revision := "", "main"
	switch {
	case len(rest) > 1 && (rest[0] == "resolve" || rest[0] == "revision" || rest[0] == "tree"):
		verb, revision = rest[0], rest[1]
		rest = rest[2:]
	case len(rest) > 1: // resolve-cache
		revision, rest = rest[0], rest[1:]
	case len(rest) == 0 && api:
		verb = "revision"
	}
	revision, _ = url.PathUnescape(revision)
	commit := revision
	if named := repo.Refs[revision]; named != "" {
		commit = named
	}
	files, ok := repo.Commits[commit]
	if !ok {
		refuse(w, http.StatusNotFound, "RevisionNotFound", "Invalid rev id: "+revision)
		return
	}
	if repo.Gated && verb != "revision" && verb != "tree" {
		refuse(w, http.StatusForbidden, "GatedRepo", "Access to model "+name+" is restricted and you are not in the authorized list.")
		return
	}
	if verb == "revision" || verb == "tree" {
		list(w, verb, name, commit, files)
		return
	}
	file, _ := url.PathUnescape(strings.Join(rest, "/"))
	f, ok := files[file]
	w.Header().Set("X-Repo-Commit", commit)
	if !ok {
		refuse(w, http.StatusNotFound, "EntryNotFound", "Entry not found")
		return
	}
	header := w.Header()
	header.Set("X-Linked-Size", fmt.Sprint(len(f.Content)))
	header.Set("X-Linked-Etag", `"`+f.Hash()+`"`)
	switch {
	case f.Large:
		http.Redirect(w, r, h.storage.URL+"/"+f.Hash()+"?Signature=x", http.StatusFound)
	case verb == "resolve":
		http.Redirect(w, r, "/api/resolve-cache/models/"+name+"/"+commit+"/"+strings.Join(rest, "/"), http.StatusTemporaryRedirect)
	default:
		header.Set("ETag", `"`+f.Hash()+`"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.Content))
	}
}

// serveLarge answers where large files lie. It knows nothing but contents.
func (h *Hub) serveLarge(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("Signature") == "" || r.Header.Get("Authorization") != "" {
		http.Error(w, "signature and token do not go together", http.StatusForbidden)
		return
	}
	for _, repo := range h.Repos {
		for _, files := range repo.Commits {
			for _, f := range files {
				if f.Large && "/"+f.Hash() == r.URL.Path {
					w.Header().Set("ETag", `"`+f.Hash()[:32]+`"`) // the storage's own
					http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.Content))
					return
				}
			}
		}
	}
	http.NotFound(w, r)
}

// list answers what a commit consists of, for the two of the hub's listings.
func list(w http.ResponseWriter, verb, name, commit string, files map[string]File) {
	type lfs struct {
		Oid  string `json:"oid"`
		Size int    `json:"size"`
	}
	type entry struct {
		Type string `json:"type"`
		Oid  string `json:"oid"`
		Size int    `json:"size"`
		Path string `json:"path"`
		LFS  *lfs   `json:"lfs,omitempty"`
	}
	type sibling struct {
		Name string `json:"rfilename"`
	}
	var entries []entry
	var siblings []sibling
	for _, path := range sorted(files) {
		f := files[path]
		e := entry{Type: "file", Oid: File{Content: f.Content}.Hash(), Size: len(f.Content), Path: path}
		if f.Large {
			e.LFS = &lfs{f.Hash(), len(f.Content)}
		}
		entries, siblings = append(entries, e), append(siblings, sibling{path})
	}
	w.Header().Set("Content-Type", "application/json")
	if verb == "tree" {
		json.NewEncoder(w).Encode(entries)
		return
	}
	json.NewEncoder(w).Encode(map[string]any{"id": name, "modelId": name, "sha": commit, "siblings": siblings})
}

func sorted(files map[string]File) (names []string) {
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
