package weights

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/gptmeter/gptmeter/weights/hub"
)

// A Source finds models by name, on this machine and on the hub.
type Source struct {
	// Hub is called when a name is one of the hub's.
	Hub func() (*hub.Client, error)
}

// Open is the function [Open], and for names of the hub, name or org/name and maybe @revision, the
// model in the cache. What is not there is fetched first; where all is there, nobody is asked.
func (s *Source) Open(ctx context.Context, name string) (*Checkpoint, error) {
	n, ofHub, err := hubModel(name)
	if err != nil {
		return nil, err
	}
	if !ofHub {
		return Open(name)
	}
	snapshot, err := s.snapshot(ctx, n, true)
	if err != nil {
		return nil, err
	}
	return openFound(name, snapshot.Folder, ggufIn(snapshot))
}

// Tokenizer is the function [Tokenizer], also for names of the hub, of which it fetches no weights.
func (s *Source) Tokenizer(ctx context.Context, name string) (fs.FS, error) {
	n, ofHub, err := hubModel(name)
	if err != nil {
		return nil, err
	}
	if !ofHub {
		return Tokenizer(name)
	}
	snapshot, err := s.snapshot(ctx, n, false)
	if err != nil {
		return nil, err
	}
	return findTokenizer(name, snapshot.Folder, ggufIn(snapshot))
}

// hubModel tells whether name is of a model on the hub: what looks so and is no path on this machine.
func hubModel(name string) (n hub.Name, ofHub bool, err error) {
	if name == tinyName || strings.HasPrefix(name, syntheticPrefix) || isWeightsFile(name) || !hubName.MatchString(name) {
		return n, false, nil
	}
	if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
		return n, false, nil
	}
	n, err = hub.ParseName(name)
	if err != nil {
		err = withHint(err, nameHint)
	}
	return n, true, err
}

// isWeightsFile tells by its ending whether a name is meant as the path of a file.
func isWeightsFile(name string) bool {
	switch filepath.Ext(name) {
	case ".safetensors", ".gguf", ".bin", ".pt", ".pth":
		return true
	}
	return false
}

// snapshot finds the model in the cache, or fetches it. A model whose tokenizer is not there, as
// programs leave it that need none, is used so when the hub cannot be asked.
func (s *Source) snapshot(ctx context.Context, name hub.Name, weights bool) (*hub.Snapshot, error) {
	client, err := s.Hub()
	if err != nil {
		return nil, err
	}
	cached, ok := client.Cached(name)
	if ok && hasTokenizer(cached) && (!weights || hasWeights(cached)) {
		return cached, nil
	}
	pulled, err := pull(ctx, client, name, weights)
	if err == nil {
		return pulled.Snapshot, nil
	}
	if ok && weights && hasWeights(cached) && errors.Is(err, hub.ErrNetwork) && ctx.Err() == nil {
		if client.Notice != nil {
			client.Notice(fmt.Sprintf("%s: used without a tokenizer, which the cache does not have: %v", name, err))
		}
		return cached, nil
	}
	if client.Offline {
		err = fmt.Errorf("%w, and the cache does not have all of it", err)
	}
	return nil, err
}

// hasTokenizer tells whether a snapshot has what decides ids and text, or is known to have none of it.
func hasTokenizer(s *hub.Snapshot) bool {
	return s.Has(tokenizerFiles[0]) || ggufIn(s) != "" || s.Has("vocab.json") && s.Has("merges.txt") || s.Lacks(tokenizerFiles[0]) && s.Lacks("vocab.json")
}

// hasWeights tells whether a snapshot has a configuration and a whole set of weights.
func hasWeights(s *hub.Snapshot) bool {
	if ggufIn(s) != "" {
		return true
	}
	if !s.Has(modelFiles[0]) {
		return false
	}
	for _, file := range weightFiles {
		if !s.Has(file) {
			continue
		}
		shards, err := shardsOf(s, file)
		if err != nil {
			return true // opening it tells why
		}
		for _, shard := range shards {
			if !s.Has(shard) {
				return false
			}
		}
		return true
	}
	return false
}

// blobHash is what a snapshot's link to a blob ends in: SHA-256 of large files.
var blobHash = regexp.MustCompile(`^[0-9a-f]{64}$`)

// SHA256 is the hash of a file that the hub's cache holds under its hash, which was checked when it
// was fetched; "" for other files.
func (f File) SHA256() string {
	to, err := os.Readlink(f.Path)
	if err != nil || filepath.Base(filepath.Dir(to)) != "blobs" || !blobHash.MatchString(filepath.Base(to)) {
		return ""
	}
	return filepath.Base(to)
}
