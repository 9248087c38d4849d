package tokenizer

import (
	"slices"
	"strings"
	"sync"
)

// A cached word is short, and there are at most so many: about 10 MiB where every entry is as long as it may be.
const (
	cachedBytes = 64
	cachedWords = 1 << 14
)

// cache remembers the ids of words, safe for concurrent use. When it is full it begins anew: words
// in use come back at once.
type cache struct {
	mu  sync.RWMutex
	ids map[string][]int
}

func (c *cache) get(word string) ([]int, bool) {
	if len(word) > cachedBytes {
		return nil, false
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	ids, ok := c.ids[word]
	return ids, ok
}

// put copies word and ids: a word is part of a text that should not be kept for it.
func (c *cache) put(word string, ids []int) {
	if len(word) > cachedBytes {
		return
	}
	word, ids = strings.Clone(word), slices.Clone(ids)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ids == nil || len(c.ids) == cachedWords {
		c.ids = make(map[string][]int)
	}
	c.ids[word] = ids
}
