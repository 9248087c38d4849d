package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"time"

	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
	"github.com/gptmeter/gptmeter/tokenizer"
	"github.com/gptmeter/gptmeter/weights"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
)

// A choice of model, and of how to hold and run it.
type modelFlags struct {
	model   string
	dtype   string
	threads int
	kernel  string
}

// auto is the value of flags that leave the choice to the program.
const auto = "auto"

func modelFlag(c *cobra.Command, to *string, standard string) {
	c.Flags().StringVar(to, "model", standard, "`MODEL`: tiny, ./folder, file.safetensors, .gguf or .bin, one of the hub such as gpt2 or org/name@revision, synthetic:gpt2 or synthetic:LAYERSxHEADSxWIDTH")
}

func (m *modelFlags) add(c *cobra.Command) {
	modelFlag(c, &m.model, "tiny")
	dtypes := []string{auto}
	for _, d := range tensor.DTypes() {
		dtypes = append(dtypes, d.String())
	}
	choice(c, &m.dtype, "dtype", dtypes, "how weights are held")
	choice(c, &m.kernel, "kernel", append([]string{auto}, tensor.Kernels()...), "which code computes")
	whole(c.Flags(), &m.threads, "threads", 1, maxThreads, "threads that compute (default: the physical cores this process may use)")
	c.Flags().Lookup("threads").DefValue = ""
}

// heldAs is the format that --dtype asks for. A quantised model is held as it is and in no other.
func heldAs(dtype string, c *weights.Checkpoint) (tensor.DType, error) {
	own, packed := c.Packed()
	for _, d := range tensor.DTypes() {
		switch {
		case dtype != d.String():
		case packed && d != own:
			return d, errorWithHint(usageError("--dtype %v: %s is quantised to %v", d, c.Name(), own), "the model that it was made of can be held as %v", d)
		default:
			return d, nil
		}
	}
	return own, nil // auto: f32 where nothing is packed
}

// formatsOf are those that c can be held in.
func formatsOf(c *weights.Checkpoint) []tensor.DType {
	if own, packed := c.Packed(); packed {
		return []tensor.DType{own}
	}
	return tensor.DTypes()
}

// loaded is a model that is ready to run.
type loaded struct {
	name             string
	demonstration    bool
	builtInTokenizer bool // GPT-2's own, for weights that come without
	model            *model.Model
	tokenizer        tokenizer.Tokenizer // nil where the model has none
	exec             *tensor.Exec
	took             time.Duration
}

// openTokenizer opens the tokenizer in folder; it is nil where there is none.
func openTokenizer(name string, folder fs.FS) (tokenizer.Tokenizer, error) {
	if folder == nil {
		return nil, nil
	}
	t, err := tokenizer.Open(folder)
	if errors.Is(err, tokenizer.ErrNeedsDaulet) {
		if other, errOther := tokenizer.OpenWith("daulet", folder); errOther == nil {
			t, err = other, nil
		}
	}
	switch {
	case errors.Is(err, tokenizer.ErrNone):
		return nil, nil
	case err != nil:
		return nil, unusable(fmt.Errorf("%s: %w", name, err))
	}
	return t, nil
}

// load loads the model that m chooses, with its tokenizer. Random weights are refused unless
// synthetic.
func (p *program) load(ctx context.Context, m modelFlags, synthetic bool) (*loaded, error) {
	checkpoint, config, err := p.openModel(ctx, m.model)
	if err != nil {
		return nil, err
	}
	defer checkpoint.Close()
	if checkpoint.Synthetic() && !synthetic {
		return nil, errorWithHint(usageError("%s: random weights make random text", m.model), "--allow-synthetic does it all the same")
	}
	t, err := openTokenizer(m.model, checkpoint.Tokenizer())
	if err != nil {
		return nil, err
	}
	if t != nil && t.Size() > config.Vocabulary {
		return nil, unusable(fmt.Errorf("%s: the tokenizer has ids up to %d and the model a vocabulary of %d", m.model, t.Size()-1, config.Vocabulary))
	}
	l, err := p.loadWeights(m, checkpoint, config)
	if err != nil {
		return nil, err
	}
	l.tokenizer, l.builtInTokenizer = t, checkpoint.BuiltInTokenizer()
	return l, nil
}

// loadWeights loads the weights of an open model as m asks for them, and no tokenizer.
func (p *program) loadWeights(m modelFlags, checkpoint *weights.Checkpoint, config model.Config) (*loaded, error) {
	start := time.Now()
	if err := checkMemory(os.DirFS("/"), checkpoint, config); err != nil {
		return nil, err
	}
	dtype, err := heldAs(m.dtype, checkpoint)
	if err != nil {
		return nil, err
	}
	if m.threads == 0 {
		m.threads = defaultThreads()
	}
	exec, err := tensor.NewExec(tensor.NewPool(m.threads), m.kernel)
	if err != nil {
		return nil, usageError("--kernel %s: %w", m.kernel, err)
	}
	progress, finish := p.progress("loading " + m.model)
	loadedModel, err := model.Load(exec, checkpoint, dtype, progress)
	finish()
	if changed := checkpoint.Check(); changed != nil {
		err = changed
	}
	if err != nil {
		return nil, unusable(err)
	}
	// Nearly all of the heap is weights, which stay. At Go's default of 100 % garbage could grow
	// as large as they are before it is collected.
	debug.SetGCPercent(10)
	return &loaded{
		name: m.model, demonstration: checkpoint.Demonstration(),
		model: loadedModel, exec: exec, took: time.Since(start),
	}, nil
}

// checkMemory refuses a model whose weights do not fit: Go cannot recover from running out of
// memory, and the system would kill the process without a word. What a file claims counts only as
// far as the file is that large.
func checkMemory(root fs.FS, checkpoint *weights.Checkpoint, c model.Config) error {
	available, known := memoryAvailable(root)
	if _, packed := checkpoint.Packed(); packed || !known {
		return nil // what is packed stays in its file, and the system reads it again if it has to
	}
	var stored int64
	for _, t := range checkpoint.Tensors() {
		elements := int64(1)
		for _, n := range t.Shape {
			elements *= int64(n)
		}
		stored += elements
	}
	const bytesEach = 4 // tensor.F32
	if need := bytesEach * min(stored, c.Parameters()); need > available {
		return errorWithHint(&failure{
			error: fmt.Errorf("%s: its weights need %s of memory and %s are available", checkpoint.Name(), bytesText(need), bytesText(available)),
			code:  exitExhausted,
		}, "a smaller model fits")
	}
	return nil
}

// progress returns what to call with how much is done of how much, and what to call at the end.
// It shows a bar once the work has taken half a second.
func (p *program) progress(what string) (report func(done, all int64), finish func()) {
	if p.plainly() {
		return nil, func() {}
	}
	start := time.Now()
	var bar *progressbar.ProgressBar
	report = func(done, all int64) {
		if bar == nil && time.Since(start) < time.Second/2 {
			return
		}
		if bar == nil {
			bar = progressbar.NewOptions64(all, progressbar.OptionSetWriter(p.stderr), progressbar.OptionSetDescription(what),
				progressbar.OptionSetWidth(30), progressbar.OptionSetPredictTime(false), progressbar.OptionClearOnFinish())
		}
		bar.Set64(done)
	}
	return report, func() {
		if bar != nil {
			bar.Finish()
		}
	}
}

// endOfText is the id of <|endoftext|>, from which an empty prompt runs.
func (m *loaded) endOfText() (id int, ok bool) {
	if m.tokenizer != nil {
		if id, ok = m.tokenizer.ID("<|endoftext|>"); ok {
			return id, true
		}
	}
	return m.model.Config.Begin, m.model.Config.Begin >= 0
}
