package engine

import (
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
	"github.com/gptmeter/gptmeter/tokenizer"
	"github.com/gptmeter/gptmeter/weights"
)

// fataler is what testing.TB and rapid.T have in common.
type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// newExec returns an Exec of so many workers that ends with the test.
func newExec(t testing.TB, threads int) *tensor.Exec {
	t.Helper()
	pool := tensor.NewPool(threads)
	t.Cleanup(pool.Close)
	x, err := tensor.NewExec(pool, "auto")
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// load reads a model once for all tests.
func load(source model.Source, d tensor.DType) (*model.Model, error) {
	pool := tensor.NewPool(1)
	defer pool.Close()
	x, err := tensor.NewExec(pool, "auto")
	if err != nil {
		return nil, err
	}
	return model.Load(x, source, d, nil)
}

var tiny = sync.OnceValues(func() (*model.Model, error) {
	checkpoint, err := weights.Open("tiny")
	if err != nil {
		return nil, err
	}
	defer checkpoint.Close()
	return load(checkpoint, tensor.F32)
})

// tinyEngine runs the model inside the binary, with its tokenizer.
func tinyEngine(t testing.TB, o Options, threads int) *Engine {
	t.Helper()
	m, err := tiny()
	if err != nil {
		t.Fatal(err)
	}
	files, err := weights.Tokenizer("tiny")
	if err != nil {
		t.Fatal(err)
	}
	text, err := tokenizer.Open(files)
	if err != nil {
		t.Fatal(err)
	}
	return New(m, newExec(t, threads), text, o, 0)
}

// smallConfig is a model small enough for thousands of steps, whose context is still longer than
// two of the cache's blocks of 32 positions.
const smallConfig = `{"model_type":"gpt2","n_layer":2,"n_head":2,"n_embd":8,"n_positions":70,"vocab_size":61,
	"eos_token_id":60,"tie_word_embeddings":false}`

// smallWeights are random, so that the likeliest tokens differ from one position to the next.
type smallWeights struct{}

func (smallWeights) Config() []byte { return []byte(smallConfig) }

func (smallWeights) Tensor(name string, shape ...int) (tensor.Elements, error) {
	seed := fnv.New64a()
	seed.Write([]byte(name))
	random := rand.New(rand.NewPCG(seed.Sum64(), 0))
	n := 1
	for _, size := range shape {
		n *= size
	}
	e := make(elements, n)
	for i := range e {
		e[i] = float32(random.NormFloat64())
	}
	return e, nil
}

// elements are a tensor that lies in memory.
type elements []float32

func (e elements) Read(dst []float32, at int) { copy(dst, e[at:]) }
func (e elements) Release()                   {}

var small = sync.OnceValues(func() (*model.Model, error) { return load(smallWeights{}, tensor.F32) })

// smallEngine runs the small model, which has no tokenizer.
func smallEngine(t testing.TB, o Options, threads int) *Engine {
	t.Helper()
	m, err := small()
	if err != nil {
		t.Fatal(err)
	}
	return New(m, newExec(t, threads), nil, o, 0)
}

// tick replaces the clock of e by one that goes on by a second whenever it is looked at.
func tick(e *Engine) {
	var now time.Duration
	e.now = func() time.Duration {
		now += time.Second
		return now
	}
}

func submit(t fataler, e *Engine, r Request) *Task {
	t.Helper()
	task, err := e.Submit(r)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// A stream is where an event belongs.
type stream struct {
	task   *Task
	choice int
}

// streams are the texts that events brought.
type streams map[stream]string

func (s streams) add(events []Event) {
	for _, v := range events {
		s[stream{v.Task, v.Choice}] += v.Text
	}
}

// step runs one step, which must bring something forward, and no more of the prompts than there
// is room for.
func (s streams) step(t fataler, e *Engine) {
	t.Helper()
	events, err := e.Step()
	if err != nil {
		t.Fatal(err)
	}
	if len(e.spans) == 0 {
		t.Fatal("a step computed nothing while a task was pending")
	}
	rows, prompts := 0, 0
	for i, o := range e.owners {
		rows += len(e.spans[i].Tokens)
		if o.phase == meter.Prefill {
			prompts++
		}
	}
	if prompts > 0 && rows > e.options.StepTokens {
		t.Fatalf("a step has %d tokens, of prompts too, with room for %d", rows, e.options.StepTokens)
	}
	s.add(events)
}

// check holds what came in events against the result of a task that is done.
func (s streams) check(t fataler, task *Task) {
	t.Helper()
	if !task.Done() {
		t.Fatal("a task is not done")
	}
	for _, c := range task.Result().Choices {
		if got := s[stream{task, c.Index}]; got != c.Text {
			t.Fatalf("choice %d was delivered as %q, its text is %q", c.Index, got, c.Text)
		}
	}
}

// run steps until nothing is pending.
func run(t fataler, e *Engine) streams {
	t.Helper()
	s := streams{}
	for e.Pending() {
		s.step(t, e)
	}
	return s
}

// complete serves one request and checks what it delivers.
func complete(t fataler, e *Engine, r Request) Result {
	t.Helper()
	task := submit(t, e, r)
	run(t, e).check(t, task)
	return task.Result()
}

// request is one for a greedy text of so many tokens.
func request(prompt []int, tokens int) Request {
	r := Default()
	r.Prompt, r.MaxTokens, r.Sampling.Temperature = prompt, tokens, 0
	return r
}

// ids writes a prompt for the small model as letters: a is 0.
func ids(text string) (tokens []int) {
	for _, c := range text {
		tokens = append(tokens, int(c-'a'))
	}
	return tokens
}
