package hub

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	attempts     = 5                      // in a row that bring nothing
	dials        = 3                      // in a row that reach nobody
	firstWait    = 300 * time.Millisecond // on average; twice as long each time
	longestWait  = 10 * time.Second
	longestDelay = 5 * time.Minute // that the hub may ask for
)

// errNoAnswer says that the time for an answer is over.
var errNoAnswer = errors.New("no answer")

// A wait is an answer's error and how long to wait before asking again (the header Retry-After).
type wait struct {
	error
	delay time.Duration
}

func (w *wait) Unwrap() error { return w.error }

// delayed adds what the answer says of when to ask again.
func delayed(err error, resp *http.Response) error {
	text := resp.Header.Get("Retry-After")
	if seconds, bad := strconv.Atoi(text); bad == nil && seconds >= 0 {
		return &wait{err, time.Duration(seconds) * time.Second}
	}
	if at, bad := http.ParseTime(text); bad == nil {
		return &wait{err, max(0, time.Until(at))}
	}
	return err
}

// retry calls try until it succeeds or fails for good, or has failed several times in a row without
// progress in between, and waits a random time that grows before it calls again.
func (c *Client) retry(ctx context.Context, try func() (progress bool, err error)) error {
	waits := backoff.NewExponentialBackOff()
	waits.InitialInterval, waits.Multiplier, waits.MaxInterval = firstWait, 2, longestWait
	for failed := 0; ; {
		progress, err := try()
		if err == nil || ctx.Err() != nil || !worthRetrying(err) {
			return err
		}
		if progress {
			failed = 0
			waits.Reset()
		}
		if failed++; failed >= attempts || failed >= dials && (isDial(err) || errors.Is(err, errNoAnswer)) {
			return err
		}
		delay := waits.NextBackOff()
		var asked *wait
		if errors.As(err, &asked) {
			if asked.delay > longestDelay {
				return fmt.Errorf("%w, and to be asked again in %v", err, asked.delay)
			}
			delay = max(delay, asked.delay)
		}
		if delay > 2*time.Second {
			c.notice("%v: asking again in %v", err, delay.Round(time.Second))
		}
		if err := c.sleep(ctx, delay); err != nil {
			return err
		}
	}
}

// worthRetrying tells whether another attempt may fare better.
func worthRetrying(err error) bool {
	var foreign *foreignRefusal
	var r *refusal
	var disk *problem
	switch {
	case errors.Is(err, errRedirects), errors.Is(err, errDowngrade), errors.Is(err, errAnswer):
		return false
	case errors.As(err, &foreign):
		return true
	case errors.As(err, &r):
		return r.status == http.StatusRequestTimeout || r.status == http.StatusTooManyRequests || r.status >= 500
	}
	return !errors.As(err, &disk) // all else is the network's
}

// isDial tells whether no connection came about.
func isDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
