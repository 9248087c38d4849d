package hub

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// lock waits for whoever else fetches the blob, in the way that huggingface_hub waits, and returns
// what lets the next one in. The system lets go of a lock when its process ends, however it does.
func (c *Client) lock(ctx context.Context, name Name, e Entry) (unlock func(), err error) {
	file := filepath.Join(c.Cache, locksFolder, name.folder(), e.Hash+".lock")
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return nil, diskError("the cache", err)
	}
	for waited := false; ; {
		l := flock.New(file, flock.SetPermissions(0o664))
		held, err := l.TryLock()
		if err != nil {
			return nil, diskError("the cache", err)
		}
		if held && isStill(l, file) {
			return func() { l.Close() }, nil
		}
		l.Close()
		if !held && !waited {
			waited = true
			c.notice("%s: another process is fetching it: waiting", e.File)
		}
		if err := sleep(ctx, 50*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// isStill tells whether the file that is locked is the one of that name, not one that was deleted.
func isStill(l *flock.Flock, file string) bool {
	locked, err := l.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(file)
	return err == nil && os.SameFile(locked, named)
}
