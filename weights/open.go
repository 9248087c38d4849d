package weights

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
)

// ErrName is wrapped by the errors of names that name no model whatever lies on the disk, such as
// "synthetic:12x5x768". Every other error of [Open] is about files.
var ErrName = errors.New("malformed model name")

const (
	tinyName        = "tiny"
	syntheticPrefix = "synthetic:"

	nameHint   = "a model is tiny, a folder such as ./gpt2, a file.safetensors, .gguf or .bin, synthetic:gpt2, or one of the hub such as gpt2"
	formatHint = "save the model as safetensors, for example with save_pretrained of transformers, and name that folder"
)

// Open finds the model that name names:
//
//   - "tiny", the model inside the binary, for demonstration;
//   - "synthetic:gpt2", "synthetic:gpt2-medium", "synthetic:gpt2-large", "synthetic:gpt2-xl" and
//     "synthetic:LAYERSxHEADSxWIDTH", random weights of that shape;
//   - the path of a folder with config.json and model.safetensors or pytorch_model.bin, or the shards
//     of either and their index;
//   - the path of a .safetensors file, or one of torch.save (.bin, .pt, .pth), with config.json beside it, or
//     inside a .safetensors file, as gptmeter quantize writes it;
//   - the path of a .gguf file, of llama.cpp's architecture gpt2.
//
// Names of the hub are for [Source.Open]. A path that exists wins over one that is spelled the same.
//
// Errors wrap [ErrName] or tell of a file that is missing or cannot be used. Where there is a
// next step to advise, an error in the chain has the method Hint() string.
func Open(name string) (*Checkpoint, error) {
	if name == tinyName {
		return openTiny()
	}
	if strings.HasPrefix(name, syntheticPrefix) {
		return openSynthetic(name)
	}
	folder, file, err := locate(name)
	if err != nil {
		return nil, err
	}
	return openFound(name, folder, file)
}

// openFound opens the model in folder, or in the file if one is named.
func openFound(name, folder, file string) (_ *Checkpoint, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer catch(name, &err)
	if isGGUF(file) {
		return openGGUF(name, file)
	}
	return openLocal(name, folder, file)
}

func isGGUF(path string) bool { return filepath.Ext(path) == ".gguf" }

// Tokenizer finds the folder in which the tokenizer files of the model that name names lie, as
// [Checkpoint.Tokenizer] does, but neither needs nor opens its weights, unless
// they are in one file that has a tokenizer inside, or none beside it.
func Tokenizer(name string) (fs.FS, error) {
	if name == tinyName {
		return tinyFolder(), nil
	}
	if strings.HasPrefix(name, syntheticPrefix) {
		_, err := parseShape(name)
		return nil, err
	}
	folder, file, err := locate(name)
	if err != nil {
		return nil, err
	}
	return findTokenizer(name, folder, file)
}

// findTokenizer finds the tokenizer of the model in folder, or in the file if one is named.
func findTokenizer(name, folder, file string) (fs.FS, error) {
	beside := os.DirFS(folder)
	if file == "" || !isGGUF(file) && hasWords(beside) && !isWhole(file) {
		return beside, nil
	}
	c, err := openFound(name, folder, file)
	if err != nil {
		return nil, err
	}
	return c.tokenizer, c.Close()
}

// hubName is what a model of the hub is called: name, org/name or org/name@revision.
var hubName = regexp.MustCompile(`^\w[\w.-]*(/\w[\w.-]*)?(@[\w./-]+)?$`)

// locate finds the folder of a model on the disk, and its weights file where name is the path of one.
func locate(name string) (folder, file string, err error) {
	if name == "" {
		return "", "", withHint(fmt.Errorf("%w: it is empty", ErrName), nameHint)
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !isWeightsFile(name) && hubName.MatchString(name):
		return "", "", withHint(fmt.Errorf("%s: no such folder, and the hub is not asked here", name), nameHint)
	case errors.Is(err, fs.ErrNotExist):
		return "", "", withHint(err, nameHint)
	case err != nil:
		return "", "", err
	case info.IsDir():
		return name, "", nil
	case !isWeightsFile(name):
		return "", "", withHint(fmt.Errorf("%s: no file of weights: none of .safetensors, .gguf, .bin", name), formatHint)
	}
	return filepath.Dir(name), name, nil
}

// hinted is an error that knows the next step.
type hinted struct {
	error
	hint string
}

func (e *hinted) Hint() string  { return e.hint }
func (e *hinted) Unwrap() error { return e.error }

func withHint(err error, hint string) error { return &hinted{err, hint} }
