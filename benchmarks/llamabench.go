package benchmarks

import (
	"fmt"
	"io"
	"runtime/debug"

	"golang.org/x/perf/benchunit"

	"github.com/gptmeter/gptmeter/engine"
	"github.com/gptmeter/gptmeter/meter"
)

// timeLayout is RFC 3339's, as llama-bench writes it.
const timeLayout = "2006-01-02T15:04:05Z"

// A llamaBenchTest is an element of the array that `llama-bench -o json` prints, by its field
// names and types (llama.cpp, tools/llama-bench), with some of ours behind them. What this engine
// has not is as llama-bench has it on a machine without a GPU. Rates are of the whole batch, which
// llama-bench does not know: its tests are those of batch 1.
type llamaBenchTest struct {
	BuildCommit        string    `json:"build_commit"`
	BuildNumber        int       `json:"build_number"`
	CPUInfo            string    `json:"cpu_info"`
	GPUInfo            string    `json:"gpu_info"`
	Backends           string    `json:"backends"`
	ModelFilename      string    `json:"model_filename"`
	ModelType          string    `json:"model_type"`
	ModelSize          int64     `json:"model_size"` // bytes of the weights
	ModelParameters    int64     `json:"model_n_params"`
	Batch              int       `json:"n_batch"`  // most tokens in a step
	Microbatch         int       `json:"n_ubatch"` // tokens in a step of this test
	Threads            int       `json:"n_threads"`
	CPUMask            string    `json:"cpu_mask"`
	CPUStrict          bool      `json:"cpu_strict"`
	Poll               int       `json:"poll"`
	TypeK              string    `json:"type_k"`
	TypeV              string    `json:"type_v"`
	GPULayers          int       `json:"n_gpu_layers"`
	CPUExperts         int       `json:"n_cpu_moe"`
	SplitMode          string    `json:"split_mode"`
	MainGPU            int       `json:"main_gpu"`
	NoKVOffload        bool      `json:"no_kv_offload"`
	FlashAttention     int       `json:"flash_attn"`
	Devices            string    `json:"devices"`
	TensorSplit        string    `json:"tensor_split"`
	TensorBufferTypes  string    `json:"tensor_buft_overrides"`
	UseMmap            bool      `json:"use_mmap"` // of older versions
	LoadMode           string    `json:"load_mode"`
	Embeddings         bool      `json:"embeddings"`
	NoOperatorOffload  int       `json:"no_op_offload"`
	NoHost             bool      `json:"no_host"`
	FitTarget          int       `json:"fit_target"`
	FitMinimumContext  int       `json:"fit_min_ctx"`
	Prompt             int       `json:"n_prompt"`
	Generate           int       `json:"n_gen"`
	Depth              int       `json:"n_depth"`
	TestTime           string    `json:"test_time"`
	AverageNanoseconds int64     `json:"avg_ns"`
	DeviationNs        int64     `json:"stddev_ns"`
	AverageTokens      float64   `json:"avg_ts"`
	DeviationTokens    float64   `json:"stddev_ts"`
	SamplesNanoseconds []int64   `json:"samples_ns"`
	SamplesTokens      []float64 `json:"samples_ts"`

	Ours Result `json:"gptmeter"`
}

func (r *Report) writeLlamaBench(w io.Writer) error {
	tests := []llamaBenchTest{}
	for _, x := range r.Results {
		tests = append(tests, r.llamaBench(x))
	}
	return writeJSON(w, tests)
}

func (r *Report) llamaBench(x Result) llamaBenchTest {
	most := max(x.Batch, engine.DefaultOptions.StepTokens)
	t := llamaBenchTest{
		BuildCommit: revision(), CPUInfo: word(r.Machine.CPU), Backends: "gptmeter-" + r.Machine.Kernel,
		ModelFilename: r.Model.Name, ModelType: fmt.Sprintf("gpt2 %s %s", benchunit.Scale(float64(r.Model.Parameters), benchunit.Decimal), x.DType),
		ModelSize: x.WeightBytes, ModelParameters: r.Model.Parameters,
		Batch: most, Microbatch: min(most, x.Tokens), Threads: x.Threads, CPUMask: "0x0",
		TypeK: "f32", TypeV: "f32", SplitMode: "none", Devices: "none", TensorSplit: "0.00", TensorBufferTypes: "none", LoadMode: "none",
		Depth: x.Depth, TestTime: x.Date.UTC().Format(timeLayout),
		SamplesTokens: x.TokensPerSecond.Samples, Ours: x,
	}
	perSequence := x.Tokens / x.Batch
	if x.Phase == meter.Prefill.String() {
		t.Prompt = perSequence
	} else {
		t.Generate, t.Microbatch = perSequence, x.Batch
	}
	var times []float64
	for _, rate := range t.SamplesTokens {
		times = append(times, 1e9*float64(x.Tokens)/rate)
		t.SamplesNanoseconds = append(t.SamplesNanoseconds, int64(times[len(times)-1]))
	}
	ns := statistics(times)
	t.AverageNanoseconds, t.AverageTokens = int64(ns.Mean), x.TokensPerSecond.Mean
	if ns.StdDev != nil { // of one sample llama-bench says 0
		t.DeviationNs, t.DeviationTokens = int64(*ns.StdDev), *x.TokensPerSecond.StdDev
	}
	return t
}

// revision is the commit that the program was built from, shortened as llama-bench does.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value[:min(len(s.Value), 9)]
			}
		}
	}
	return "unknown"
}
