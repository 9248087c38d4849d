package weights

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed tiny/config.json tiny/generation_config.json tiny/tokenizer.json tiny/tokenizer_config.json tiny/training.json
var tinyFiles embed.FS

// tinyWeights is no file of tinyFiles, which would copy it to be read.
//
//go:embed tiny/model.safetensors
var tinyWeights []byte

const tinyWeightsPath = "tiny/model.safetensors"

// openTiny opens the model inside the binary, through the same reader as one on the disk.
func openTiny() (*Checkpoint, error) {
	config, err := tinyFiles.ReadFile("tiny/config.json")
	if err != nil {
		return nil, err
	}
	header, err := parseSafetensors(tinyWeights)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", tinyWeightsPath, err)
	}
	c := &Checkpoint{
		name:          tinyName,
		config:        config,
		tokenizer:     tinyFolder(),
		demonstration: true,
		files:         []File{{"tiny/config.json", int64(len(config))}, {tinyWeightsPath, int64(len(tinyWeights))}},
		tensors:       header.hold(tinyWeightsPath, tinyWeights, false),
	}
	c.findPrefix()
	return c, nil
}

// tinyContent is a file of that model, by its path in the binary.
func tinyContent(path string) ([]byte, error) {
	if path == tinyWeightsPath {
		return tinyWeights, nil
	}
	return tinyFiles.ReadFile(path)
}

func tinyFolder() fs.FS {
	folder, err := fs.Sub(tinyFiles, "tiny")
	if err != nil {
		panic(err) // only for a path that is not valid
	}
	return folder
}
