package weights

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/gptmeter/gptmeter/weights/hub"
)

// What of a repository makes a model.
var (
	modelFiles = []string{"config.json", "generation_config.json"}

	tokenizerFiles = []string{"tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "special_tokens_map.json", "added_tokens.json"}

	// weightFiles are the forms that weights come in: one file, or the index of several. The first
	// that is there is taken.
	weightFiles = []string{"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"}
)

const indexSuffix = ".index.json"

// Pulled is a model that was brought into the cache.
type Pulled struct {
	Snapshot *hub.Snapshot
	Files    []hub.Entry // of the model
	Fetched  []string    // those of them that were not there
}

// Pull asks the hub what name stands for now and brings the model into the cache: its
// configuration, its tokenizer, and its weights in one form. What is there already is checked against
// the hub's hash too.
func (s *Source) Pull(ctx context.Context, name hub.Name) (*Pulled, error) {
	client, err := s.Hub()
	if err != nil {
		return nil, err
	}
	return pull(ctx, client, name, true)
}

func pull(ctx context.Context, client *hub.Client, name hub.Name, weights bool) (*Pulled, error) {
	snapshot, err := client.Ask(ctx, name, modelFiles[0])
	if err != nil {
		return nil, err
	}
	p := &Pulled{Snapshot: snapshot}
	entries, err := snapshot.Entries(ctx, slices.Concat(modelFiles, tokenizerFiles)...)
	if err != nil {
		return nil, err
	}
	if weights {
		entries, err = p.withWeights(ctx, entries)
	} else if !slices.ContainsFunc(entries, func(e hub.Entry) bool { return e.File == tokenizerFiles[0] || e.File == "vocab.json" }) {
		var gguf []hub.Entry // which would have the tokenizer inside
		gguf, err = p.gguf(ctx)
		entries = append(entries, gguf...)
	}
	if err != nil {
		return nil, err
	}
	if err := p.fetch(ctx, entries); err != nil {
		return nil, err
	}
	return p, snapshot.Settle()
}

// withWeights adds the weights to what is to be fetched. For an index of shards it has to be there.
func (p *Pulled) withWeights(ctx context.Context, entries []hub.Entry) ([]hub.Entry, error) {
	for _, file := range weightFiles {
		found, err := p.Snapshot.Entries(ctx, file)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			continue
		}
		if !slices.ContainsFunc(entries, func(e hub.Entry) bool { return e.File == modelFiles[0] }) {
			return nil, fmt.Errorf("%s: the repository has no %s", p.Snapshot.Name, modelFiles[0])
		}
		if !strings.HasSuffix(file, indexSuffix) {
			return append(entries, found...), nil
		}
		if err := p.fetch(ctx, found); err != nil {
			return nil, err
		}
		names, err := shardsOf(p.Snapshot, file)
		if err != nil {
			return nil, err
		}
		shards, err := p.Snapshot.Entries(ctx, names...)
		if err != nil {
			return nil, err
		}
		if len(shards) < len(names) {
			return nil, fmt.Errorf("%s: %s names shards that the repository does not have", p.Snapshot.Name, file)
		}
		return append(entries, shards...), nil
	}
	gguf, err := p.gguf(ctx)
	if err == nil && len(gguf) == 0 {
		err = withHint(fmt.Errorf("%s: the repository has none of %s, and no .gguf file", p.Snapshot.Name, strings.Join(weightFiles, ", ")), formatHint)
	}
	return append(entries, gguf...), err
}

func (p *Pulled) fetch(ctx context.Context, entries []hub.Entry) error {
	fetched, err := p.Snapshot.Fetch(ctx, entries)
	p.Files = append(p.Files, entries...)
	p.Fetched = append(p.Fetched, fetched...)
	return err
}

// shardsOf lists the shards of an index in a snapshot, and none for weights that are one file.
func shardsOf(s *hub.Snapshot, file string) ([]string, error) {
	if !strings.HasSuffix(file, indexSuffix) {
		return nil, nil
	}
	path := s.Path(file)
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxIndexBytes {
		return nil, fmt.Errorf("%s: larger than %d bytes", path, maxIndexBytes)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	shardOf, err := parseIndex(text, shardSuffix(file))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return slices.Compact(slices.Sorted(maps.Values(shardOf))), nil
}
