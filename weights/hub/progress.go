package hub

import (
	"fmt"
	"sync"
)

// A meter adds up what has come and tells the client's Progress, and its Notice what happens.
type meter struct {
	mu   sync.Mutex
	at   Progress
	told string // last
}

// notice tells something once, however many requests at a time have it to tell.
func (c *Client) notice(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	c.meter.mu.Lock()
	defer c.meter.mu.Unlock()
	if c.Notice != nil && text != c.meter.told {
		c.meter.told = text
		c.Notice(text)
	}
}

// begin starts a fetch of so many bytes in all.
func (c *Client) begin(all int64) {
	c.meter.mu.Lock()
	c.meter.at = Progress{AllSize: all}
	c.meter.mu.Unlock()
}

// beginFile starts a file, of which so much is there.
func (c *Client) beginFile(e Entry, done int64) {
	c.meter.mu.Lock()
	before := c.meter.at.Done
	if c.meter.at.File != e.File {
		before = 0
	}
	c.meter.at.File, c.meter.at.Size, c.meter.at.Done = e.File, e.Size, done
	c.meter.at.AllDone += done - before
	c.meter.mu.Unlock()
	c.count(0)
}

// count enters bytes that have come.
func (c *Client) count(bytes int64) {
	c.meter.mu.Lock()
	defer c.meter.mu.Unlock()
	c.meter.at.Done += bytes
	c.meter.at.AllDone += bytes
	if c.Progress != nil {
		c.Progress(c.meter.at)
	}
}
