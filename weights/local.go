package weights

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	maxConfigBytes = 1 << 20
	maxIndexBytes  = 16 << 20
)

// openLocal opens the model in folder: from the one weights file if that is named, else from what
// the folder has.
func openLocal(name, folder, file string) (_ *Checkpoint, err error) {
	c, alone := &Checkpoint{name: name, tokenizer: os.DirFS(folder)}, file != ""
	defer func() {
		if err != nil {
			c.Close()
		}
	}()
	if filepath.Ext(file) == ".safetensors" {
		if c.tensors, err = c.mapTensors(file); err != nil || c.config != nil {
			return c, err
		}
	}
	if c.config, err = c.readFile(filepath.Join(folder, "config.json"), maxConfigBytes); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = withHint(err, "weights need the model's config.json beside them")
		}
		return nil, err
	}
	slices.Reverse(c.files) // the configuration comes first
	if adapter := filepath.Join(folder, "adapter_config.json"); exists(adapter) {
		return nil, withHint(fmt.Errorf("%s: an adapter (LoRA) is to be added to the weights, which is not supported", adapter),
			"merge it into the weights first, with merge_and_unload of peft")
	}
	if file == "" {
		i := slices.IndexFunc(weightFiles, func(name string) bool { return exists(filepath.Join(folder, name)) })
		if i < 0 {
			return nil, withHint(fmt.Errorf("%s: none of %s is there", folder, strings.Join(weightFiles, ", ")), formatHint)
		}
		file = filepath.Join(folder, weightFiles[i])
	}
	switch {
	case c.tensors != nil:
	case filepath.Ext(file) == ".json":
		c.tensors, err = c.mapShards(folder, file)
	default:
		c.tensors, err = c.mapTensors(file)
	}
	if err != nil {
		return nil, err
	}
	c.findPrefix()
	if alone {
		c.chooseWords(os.DirFS(folder))
	}
	return c, nil
}

// mapTensors maps a file of safetensors or of torch.save and returns its tensors by name.
func (c *Checkpoint) mapTensors(path string) (map[string]heldTensor, error) {
	mapping, err := c.mapFile(path)
	if err != nil {
		return nil, err
	}
	var tensors map[string]heldTensor
	if filepath.Ext(path) == ".safetensors" {
		tensors, err = c.holdSafetensors(path, mapping)
	} else {
		tensors, err = holdTorch(path, mapping.MMap)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return tensors, nil
}

// readFile reads a small regular file.
func (c *Checkpoint) readFile(path string, limit int64) ([]byte, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("%s: larger than %d bytes", path, limit)
	}
	c.files = append(c.files, File{path, int64(len(content))})
	return content, nil
}

// openRegular refuses folders, devices and pipes before opening them: that alone can block.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	return os.Open(path)
}

// exists is also true of what cannot be looked at, so that opening it tells why.
func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
