package hubtest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"
)

// A Fault spoils one answer.
type Fault struct {
	Kind  FaultKind
	At    float64       // where in the answer's bytes, 0 to 1
	Delay time.Duration // of Stall
}

// FaultKind is what goes wrong.
type FaultKind int

const (
	Cut         FaultKind = iota // the connection ends in the middle
	Stall                        // nothing more comes for a while, and then the connection ends
	Corrupt                      // a byte is another
	WholeFile                    // Range is ignored
	Short                        // less is sent, and announced, than there is
	OtherRange                   // bytes come from elsewhere in the file
	Unavailable                  // 503, with Retry-After
	TooMany                      // 429
	Internal                     // 500
	Forbidden                    // 403, as of a signature that has expired
	Loop                         // a redirect to itself
	NoHash                       // the hub's own headers are missing
	FaultKinds                   // how many there are
)

func (k FaultKind) String() string {
	return [...]string{"cut", "stall", "corrupt", "whole file", "short", "other range", "503", "429", "500", "403", "loop", "no hash"}[k]
}

// Answer gives what serve answers, spoilt.
func (f Fault) Answer(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
	status := map[FaultKind]int{Unavailable: 503, TooMany: 429, Internal: 500, Forbidden: 403}[f.Kind]
	switch {
	case status != 0:
		if f.Kind == Unavailable {
			w.Header().Set("Retry-After", "1")
		}
		refuse(w, status, "", "spoilt")
		return
	case f.Kind == Loop:
		http.Redirect(w, r, r.URL.String(), http.StatusFound)
		return
	case f.Kind == WholeFile:
		r.Header.Del("Range")
	case f.Kind == OtherRange && r.Header.Get("Range") != "":
		r.Header.Set("Range", "bytes=0-0")
	}
	good := httptest.NewRecorder()
	serve(good, r)
	for key, values := range good.Header() {
		w.Header()[key] = values
	}
	body := good.Body.Bytes()
	at := min(int(f.At*float64(len(body))), max(0, len(body)-1))
	switch f.Kind {
	case NoHash:
		for _, key := range []string{"X-Repo-Commit", "X-Linked-Etag", "X-Linked-Size", "Etag"} {
			w.Header().Del(key)
		}
	case Corrupt:
		if len(body) > 0 {
			body[at] ^= 0x40
		}
	case Short:
		body = body[:at]
		w.Header().Set("Content-Length", strconv.Itoa(at))
	case Cut, Stall:
		if r.Method == http.MethodHead || good.Code >= 300 {
			at = 0
		} else {
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			w.WriteHeader(good.Code)
			w.Write(body[:at])
			http.NewResponseController(w).Flush()
		}
		if f.Kind == Stall {
			select {
			case <-r.Context().Done():
			case <-time.After(f.Delay):
			}
		}
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(good.Code)
	w.Write(body)
}
