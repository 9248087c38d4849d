package theory

// An Estimate is what a published formula gives for a plan, and its ratio to the exact form.
type Estimate struct {
	Name         string   `json:"name"`
	Source       string   `json:"source"`     // a paper and section, or repository:path and the commit read
	LeavesOut    string   `json:"leaves_out"` // and what it adds
	Prefill      int64    `json:"prefill_flops"`
	Decode       *int64   `json:"decode_flops"` // nil where the source has no form for it
	PrefillRatio *float64 `json:"prefill_ratio"`
	DecodeRatio  *float64 `json:"decode_ratio"` // nil also where nothing is decoded
}

// Literature is what the published formulas give for the request. They know neither a cached
// prefix nor pruned rows, nor for how many tokens logits are wanted.
func (p Plan) Literature() []Estimate {
	exact := p.Exact()
	estimates := make([]Estimate, len(formulas))
	for i, f := range formulas {
		e := Estimate{Name: f.name, Source: f.source, LeavesOut: f.leavesOut, Prefill: f.prefill(p.Shape, p.Prompt)}
		e.PrefillRatio = ratio(e.Prefill, exact.Prefill.Total())
		if f.token != nil {
			var decode int64
			for t := p.Prompt + 1; t <= p.Prompt+p.steps(); t++ {
				decode += f.token(p.Shape, t)
			}
			e.Decode, e.DecodeRatio = &decode, ratio(decode, exact.Decode.Total())
		}
		estimates[i] = e
	}
	return estimates
}

func ratio(estimate, exact int64) *float64 {
	if exact == 0 {
		return nil
	}
	r := float64(estimate) / float64(exact)
	return &r
}

// A formula is one that others published, in their terms: most take f = 4d for granted.
type formula struct {
	name, source, leavesOut string
	prefill                 func(s Shape, T int64) int64 // a forward pass over T tokens
	token                   func(s Shape, t int64) int64 // one more token, the t-th; nil where the source has whole sequences alone
}

// perToken is a formula's prefill where it prices each of the T tokens as the last.
func perToken(token func(s Shape, t int64) int64) func(s Shape, T int64) int64 {
	return func(s Shape, T int64) int64 { return T * token(s, T) }
}

// head is 2·d·V, the logits of one token.
func head(s Shape) int64 { return 2 * s.Width * s.Vocabulary }

var formulas = []formula{
	{
		name:      "2N",
		source:    "kipply 2022, Transformer Inference Arithmetic (kipp.ly), \"latency calculations\": 2·P, P all parameters",
		leavesOut: "attention; counts position embeddings, and the head for every token",
		prefill:   perToken(twoN), token: twoN,
	}, {
		name:      "kipply",
		source:    "kipply 2022, Transformer Inference Arithmetic (kipp.ly), \"flops counting\": 2·12·n_layers·d_model² a token",
		leavesOut: "attention, head; inner width taken as 4·width",
		prefill:   perToken(kipply), token: kipply,
	}, {
		name:      "Kaplan",
		source:    "Kaplan et al. 2020, arXiv:2001.08361, table 1: 2N + 2·n_layer·n_ctx·d_attn a token, N without embeddings",
		leavesOut: "head; half of what the last token attends to, which is the average over a causal prompt",
		prefill:   perToken(kaplan), token: kaplan,
	}, {
		name:      "PaLM",
		source:    "Chowdhery et al. 2022, arXiv:2204.02311, appendix B: (6N + 12LHQT)/3 a token, as karpathy/nanoGPT:transformer_sizing.ipynb (3adf61e) has it",
		leavesOut: "causality; counts position embeddings, and the head for every token",
		prefill:   perToken(palm), token: palm,
	}, {
		name:      "Chinchilla",
		source:    "Hoffmann et al. 2022, arXiv:2203.15556, appendix F",
		leavesOut: "causality; counts the embedding look-up as a matrix product, softmax as 3 a score, and the head for every token",
		prefill: func(s Shape, T int64) int64 {
			softmax := 3 * s.Heads * T * T
			return s.FullSquare(T, 0, T).Total() + s.Layers*softmax + T*head(s)
		},
	}, {
		name:      "Megatron",
		source:    "Narayanan et al. 2021, arXiv:2104.04473, appendix: 24Bsh² + 4Bs²h a layer and 2BshV forward",
		leavesOut: "causality; counts the head for every token; inner width taken as 4·width",
		prefill:   megatron,
	}, {
		name:      "nanoGPT",
		source:    "karpathy/nanoGPT:transformer_sizing.ipynb (3adf61e), flops() with block_size = T",
		leavesOut: "causality; counts the head for every token; inner width taken as 4·width",
		prefill:   megatron,
	}, {
		name:      "EleutherAI cookbook",
		source:    "EleutherAI/cookbook:calc/calc_transformer_flops.py (827ee3b), --infer with tokens = sequence length = T",
		leavesOut: "causality; counts 4·width for embeddings, and the head for every token; inner width taken as 4·width",
		prefill:   func(s Shape, T int64) int64 { return megatron(s, T) + 4*T*s.Width },
	}, {
		name:      "EleutherAI cookbook before #54",
		source:    "EleutherAI/cookbook:calc/calc_transformer_flops.py (05c4066), --infer with tokens = sequence length = T",
		leavesOut: "causality; counts the head for every token, and thrice, as in training; inner width taken as 4·width",
		prefill:   func(s Shape, T int64) int64 { return megatron(s, T) + 2*T*head(s) },
	}, {
		name:      "vLLM",
		source:    "vllm-project/vllm:vllm/v1/metrics/perf.py (00cee63), --enable-mfu-metrics on one GPU",
		leavesOut: "causality; counts an MLP of three matrices, where GPT-2 has two; inner width taken as 4·width",
		prefill:   func(s Shape, T int64) int64 { return vLLM(s, T, T) },
		token:     func(s Shape, t int64) int64 { return vLLM(s, 1, t) },
	},
}

func twoN(s Shape, _ int64) int64 { return 2 * s.Parameters() }

func kipply(s Shape, _ int64) int64 { return 2 * 12 * s.Layers * s.Width * s.Width }

func kaplan(s Shape, t int64) int64 { return 2*s.blockWeights() + 2*s.Layers*t*s.Width }

func palm(s Shape, t int64) int64 { return (6*s.Parameters() + 12*s.Layers*s.Width*t) / 3 }

func megatron(s Shape, T int64) int64 {
	s.Inner = 4 * s.Width
	return s.FullSquare(T, 0, T).Total()
}

// vLLM is of so many tokens that end a context. GPT-2's config has no intermediate_size, so vLLM
// takes 4·width, and its dense MLP is SwiGLU's: up, gate and down.
func vLLM(s Shape, tokens, context int64) int64 {
	d := s.Width
	linear := 2 * tokens * s.Layers * (4*d*d + 3*d*(4*d))
	return linear + 4*s.Layers*d*tokens*context + head(s)
}
