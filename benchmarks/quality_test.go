package benchmarks_test

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/gptmeter/gptmeter/engine"
	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
	"github.com/gptmeter/gptmeter/tokenizer"
	"github.com/gptmeter/gptmeter/weights"
)

// data has what models are judged with; it is not part of the repository.
const data = "../../shared/data/"

// perplexityRise is what a format may cost: by how much the perplexity of held-out text may rise.
var perplexityRise = map[string]float64{"f32": 0, "bf16": 0.003, "int8": 0.003, "int4": 0.03}

// TestQuality prints what each format costs in quality (make quality), and holds it to a limit:
//   - the perplexity of the model inside the binary on the stories that were held out when it was
//     trained, windows of 256 tokens that do not overlap;
//   - on a model of manufacturing plans, the mean Kullback-Leibler divergence of the distributions
//     of the next token, in nats: how far a format's are from float32's.
func TestQuality(t *testing.T) {
	if testing.Short() {
		t.Skip("short: held-out stories take seconds")
	}
	if _, err := os.Stat(data); err != nil {
		t.Skipf("the folder of shared data is not there: %v", err)
	}
	pool := tensor.NewPool(2)
	defer pool.Close()
	x, err := tensor.NewExec(pool, "auto")
	if err != nil {
		t.Fatal(err)
	}
	text, plans := heldOut(t), samplePlans(t, x)
	want, exact := recordedNLL(t), 0.0
	var distributions [][]float64
	t.Logf("%-5s %-28s %s", "", "tiny: perplexity, held out", "capp-gpt-v2: mean KL to f32")
	for _, d := range tensor.DTypes() {
		score := perplexity(t, x, text, d)
		found := foretell(t, x, plans, d)
		if d == tensor.F32 {
			exact, distributions = score.Perplexity(), found
			if math.Abs(score.NLL/want-1) > 1e-6 {
				t.Errorf("%v nats, and transformers finds %v", score.NLL, want)
			}
		}
		rise, kl := score.Perplexity()/exact-1, meanKL(distributions, found)
		t.Logf("%-5v %8.4f (%+.3f %%) %25.3g nats a token, %d tokens", d, score.Perplexity(), 100*rise, kl, len(found))
		if limit, known := perplexityRise[d.String()]; !known || rise > limit {
			t.Errorf("%v: perplexity rises by %.3f %%, the limit is %.3g %%", d, 100*rise, 100*limit)
		}
		if kl > 0.1 || d != tensor.F32 && kl == 0 {
			t.Errorf("%v: the mean divergence is %v nats", d, kl)
		}
	}
}

// heldOut is the last 5 % of the stories, as weights/tiny/train.py divides them, each between two
// <|endoftext|>.
func heldOut(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(data + "tinystories/sample.txt")
	if err != nil {
		t.Fatal(err)
	}
	const end = "<|endoftext|>"
	var stories []string
	for _, s := range strings.Split(string(text), end) {
		if s = strings.TrimSpace(s); len([]rune(s)) > 100 {
			stories = append(stories, s)
		}
	}
	return end + strings.Join(stories[len(stories)*95/100:], end) + end
}

// recordedNLL is what transformers finds of the same text, see perplexity.py beside the file.
func recordedNLL(t *testing.T) float64 {
	t.Helper()
	var reference struct {
		Texts []struct {
			Name   string
			Scores []struct{ NLL float64 }
		}
	}
	recorded, err := os.ReadFile("../engine/testdata/perplexity.json")
	if err == nil {
		err = json.Unmarshal(recorded, &reference)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range reference.Texts {
		if text.Name == "held out" {
			return text.Scores[0].NLL
		}
	}
	t.Fatal("perplexity.json has nothing of the held-out stories")
	return 0
}

func loadAs(t *testing.T, x *tensor.Exec, name string, d tensor.DType) *model.Model {
	t.Helper()
	checkpoint, err := weights.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer checkpoint.Close()
	m, err := model.Load(x, checkpoint, d, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func perplexity(t *testing.T, x *tensor.Exec, text string, d tensor.DType) engine.Score {
	t.Helper()
	files, err := weights.Tokenizer("tiny")
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Open(files)
	if err != nil {
		t.Fatal(err)
	}
	m := loadAs(t, x, "tiny", d)
	v, err := engine.New(m, x, tok, engine.DefaultOptions, 0).Evaluate(tok.Encode(text), m.Config.Positions)
	for err == nil && v.Pending() {
		err = v.Step()
	}
	if err != nil {
		t.Fatal(err)
	}
	return v.Score()
}

// samplePlans has the model of plans, in float32, write one for every 53rd of the 7840 parts that
// its words can describe.
func samplePlans(t *testing.T, x *tensor.Exec) (plans [][]int) {
	t.Helper()
	m := loadAs(t, x, data+"capp-gpt-v2", tensor.F32)
	e := engine.New(m, x, nil, engine.DefaultOptions, 0)
	var tasks []*engine.Task
	for part := 0; part < 7840; part += 53 {
		r := engine.Request{Prompt: describe(part), MaxTokens: 40, N: 1, Seed: uint64(part), Echo: true, Logprobs: -1,
			Sampling: engine.Sampling{Temperature: 1, TopP: 1, RepeatPenalty: 1}}
		task, err := e.Submit(r)
		if err != nil {
			t.Fatal(err)
		}
		tasks = append(tasks, task)
	}
	for e.Pending() {
		if _, err := e.Step(); err != nil {
			t.Fatal(err)
		}
	}
	for _, task := range tasks {
		plans = append(plans, task.Result().Choices[0].TokenIDs)
	}
	return plans
}

// describe is the prompt for a part: a word for each property, whose ids follow each other, and
// <SOS>.
func describe(part int) (prompt []int) {
	first := 0
	for _, words := range []int{7, 7, 2, 4, 4, 5} { // geometry, holes, threads, surface, tolerance, batch
		prompt = append(prompt, first+part%words)
		first, part = first+words, part/words
	}
	return append(prompt, 49)
}

// foretell is the distribution of each token of the plans after <SOS>, as log-probabilities.
func foretell(t *testing.T, x *tensor.Exec, plans [][]int, d tensor.DType) (distributions [][]float64) {
	t.Helper()
	m := loadAs(t, x, data+"capp-gpt-v2", d)
	for _, plan := range plans {
		span := model.Span{Tokens: plan[:len(plan)-1], Cache: m.NewCache(), Logits: len(plan) - len(describe(0))}
		err := m.Forward(x, []model.Span{span}, func(_, _ int, logits []float32) {
			distributions = append(distributions, logSoftmax(logits))
		})
		if err != nil {
			t.Fatal(err)
		}
		x.Settle(nil)
	}
	return distributions
}

func logSoftmax(logits []float32) []float64 {
	sum, log := 0.0, make([]float64, len(logits))
	for _, l := range logits { // of a small model: nothing overflows
		sum += math.Exp(float64(l))
	}
	for i, l := range logits {
		log[i] = float64(l) - math.Log(sum)
	}
	return log
}

// meanKL is the mean over tokens of Σ p ln(p/q).
func meanKL(p, q [][]float64) (mean float64) {
	for i := range p {
		for j := range p[i] {
			mean += math.Exp(p[i][j]) * (p[i][j] - q[i][j]) / float64(len(p))
		}
	}
	return mean
}
