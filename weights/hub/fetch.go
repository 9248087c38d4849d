package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// errNoRanges says that the server sends whole files only.
var errNoRanges = errors.New("the server ignores Range")

// fetch hands the bytes of a file from an offset on to write, in their order. A large file is
// fetched by several requests at a time; what they bring waits in memory for its turn.
func (c *Client) fetch(ctx context.Context, address string, e Entry, from int64, write func([]byte) error) error {
	if e.Size-from > c.part {
		done, err := c.fetchParts(ctx, address, e, from, write)
		if !errors.Is(err, errNoRanges) {
			return err
		}
		from += done
	}
	return c.fetchRange(ctx, address, e, from, e.Size, true, write)
}

// fetchParts is fetch by parts, of which so many are under way at a time.
func (c *Client) fetchParts(ctx context.Context, address string, e Entry, from int64, write func([]byte) error) (done int64, err error) {
	type part struct {
		bytes []byte
		err   error
	}
	var running sync.WaitGroup
	defer running.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	parts := make(chan chan part, c.parallel-1) // in their order
	running.Go(func() {
		defer close(parts)
		for start := from; start < e.Size; start += c.part {
			p := make(chan part, 1)
			select {
			case parts <- p:
			case <-ctx.Done():
				return
			}
			running.Go(func() {
				end := min(start+c.part, e.Size)
				bytes := make([]byte, 0, end-start)
				err := c.fetchRange(ctx, address, e, start, end, false, func(b []byte) error {
					bytes = append(bytes, b...)
					return nil
				})
				p <- part{bytes, err}
			})
		}
	})
	for p := range parts {
		got := <-p
		if err := got.err; err != nil {
			return done, err
		}
		if err := write(got.bytes); err != nil {
			return done, err
		}
		done += int64(len(got.bytes))
	}
	return done, ctx.Err()
}

// fetchRange hands bytes from..to of a file to write, over as many connections as it takes. From a
// server that ignores Range it takes the whole file, if it may, and passes over what is not wanted.
func (c *Client) fetchRange(ctx context.Context, address string, e Entry, from, to int64, whole bool, write func([]byte) error) error {
	etag := ""
	if from == to {
		return nil
	}
	return c.retry(ctx, func() (progress bool, err error) {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		stalled := time.AfterFunc(c.ReadTimeout, func() { cancel(fmt.Errorf("nothing came for %v", c.ReadTimeout)) })
		defer stalled.Stop()
		header := map[string]string{}
		if from > 0 || to < e.Size {
			header["Range"] = fmt.Sprintf("bytes=%d-%d", from, to-1)
			if etag != "" {
				header["If-Range"] = etag
			}
		}
		resp, err := c.do(ctx, http.MethodGet, address, header)
		if err != nil {
			return false, err
		}
		defer resp.Body.Close()
		if tag := resp.Header.Get("ETag"); strings.HasPrefix(tag, `"`) { // a weak one is none for If-Range
			etag = tag
		}
		skip, err := checkRange(resp, e, from, to)
		if err != nil {
			return false, err
		}
		if skip >= 0 && !whole && (skip > 0 || to < e.Size) {
			return false, errNoRanges
		}
		buffer := make([]byte, 64<<10)
		for skip = max(skip, 0); from < to; {
			n, err := resp.Body.Read(buffer[:min(int64(len(buffer)), skip+to-from)])
			stalled.Reset(c.ReadTimeout)
			b := buffer[min(int64(n), skip):n]
			skip -= int64(n - len(b))
			if len(b) > 0 {
				if err := write(b); err != nil {
					return progress, err
				}
				c.count(int64(len(b)))
				from += int64(len(b))
				progress = true
			}
			if err != nil && from < to {
				if err == io.EOF {
					err = io.ErrUnexpectedEOF
				}
				if cause := context.Cause(ctx); cause != nil {
					err = cause
				}
				return progress, fmt.Errorf("%s: %w", resp.Request.URL.Host, err)
			}
		}
		return progress, nil
	})
}

// checkRange holds an answer to what was asked for. It returns how many bytes come before those
// that are wanted, or -1 where the answer has exactly the range.
func checkRange(resp *http.Response, e Entry, from, to int64) (skip int64, err error) {
	host := resp.Request.URL.Host
	if encoding := resp.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return 0, fmt.Errorf("%s: %w: the file comes as %q", host, errAnswer, encoding)
	}
	length, want, skip := resp.ContentLength, e.Size, from // -1 where it is not said
	if resp.StatusCode == http.StatusPartialContent {
		stated := resp.Header.Get("Content-Range")
		var first, last int64
		var all string
		if _, err := fmt.Sscanf(stated, "bytes %d-%d/%s", &first, &last, &all); err != nil || first != from || last != to-1 ||
			all != "*" && all != fmt.Sprint(e.Size) {
			return 0, fmt.Errorf("%s: asked for bytes %d-%d of %d, it sends %q", host, from, to-1, e.Size, stated)
		}
		want, skip = to-from, -1
	}
	if length >= 0 && length != want {
		return 0, fmt.Errorf("%s: it sends %d bytes where %d are announced", host, length, want)
	}
	return skip, nil
}
