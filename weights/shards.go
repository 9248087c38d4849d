package weights

import (
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// maxShards is far above any model's, and below the number of mappings that a process may hold.
const maxShards = 1024

// mapShards maps the shards of an index (model.safetensors.index.json of transformers, or the same
// of pytorch_model.bin) and returns
// the tensors that it lists, each from the shard that it names. What else the index says, such as
// total_size, is not believed.
func (c *Checkpoint) mapShards(folder, path string) (map[string]heldTensor, error) {
	text, err := c.readFile(path, maxIndexBytes)
	if err != nil {
		return nil, err
	}
	shardOf, err := parseIndex(text, shardSuffix(path))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	shards := slices.Compact(slices.Sorted(maps.Values(shardOf)))
	if len(shards) > maxShards {
		return nil, fmt.Errorf("%s: %d shards are more than %d", path, len(shards), maxShards)
	}
	tensors := map[string]heldTensor{}
	for _, shard := range shards {
		inShard, err := c.mapTensors(filepath.Join(folder, filepath.FromSlash(shard)))
		if err != nil {
			return nil, err
		}
		for name, t := range inShard {
			if shardOf[name] == shard {
				tensors[name] = t
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(shardOf)) {
		if _, ok := tensors[name]; !ok {
			return nil, fmt.Errorf("%s: tensor %q is not in %s as the index says", path, name, shardOf[name])
		}
	}
	return tensors, nil
}

// shardSuffix is how the names of the shards of that index end.
func shardSuffix(index string) string { return filepath.Ext(strings.TrimSuffix(index, indexSuffix)) }

// parseIndex returns the weight_map of an index: which shard, whose name ends so, each tensor is in.
func parseIndex(text []byte, suffix string) (map[string]string, error) {
	shardOf := map[string]string{}
	s, err := newScanner(text)
	if err != nil {
		return nil, err
	}
	err = s.object(func(key string) error {
		if key != "weight_map" {
			return s.skipValue()
		}
		return s.object(func(name string) error {
			shard, err := s.text(maxNameBytes)
			if err != nil {
				return err
			}
			if !isInside(shard) || !strings.HasSuffix(shard, suffix) {
				return fmt.Errorf("tensor %q is said to be in %q, which is no %s file of this folder", name, shard, suffix)
			}
			shardOf[name] = shard
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	if rest := s.rest(); len(rest) > 0 {
		return nil, s.errorf("unexpected %q after the end", rest[0])
	}
	if len(shardOf) == 0 {
		return nil, fmt.Errorf("no weight_map, or an empty one")
	}
	return shardOf, nil
}

// isInside tells whether a slash-separated path stays inside its folder, on every system alike.
func isInside(path string) bool {
	return fs.ValidPath(path) && !strings.ContainsAny(path, `\:`) && filepath.IsLocal(filepath.FromSlash(path))
}
