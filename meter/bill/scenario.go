package bill

import (
	"math/big"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/gptmeter/gptmeter/meter/price"
)

// A Scenario rebuilds an estimate that others have published, line by line.
type Scenario struct {
	Name  string         `json:"name"`
	Title string         `json:"title"`
	Of    string         `json:"of"` // who published it and where, and where it was read
	Steps []ScenarioStep `json:"steps"`
}

// A ScenarioStep is one line of it.
type ScenarioStep struct {
	Name    string       `json:"name"`
	Value   *Amount      `json:"value"`
	Unit    string       `json:"unit"`
	Formula string       `json:"formula"` // "" for what was assumed
	Source  meter.Source `json:"source"`  // configured: as published; estimated: worked out here
	Remark  string       `json:"remark"`
}

// Scenarios lists those that there are.
func Scenarios() []Scenario { return []Scenario{semiAnalysis(), epoch()} }

// FindScenario is the one of that name; its error is a *price.UnknownError.
func FindScenario(name string) (Scenario, error) {
	var names []string
	for _, s := range Scenarios() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Scenario{}, &price.UnknownError{What: "scenario", Word: name, Known: names}
}

// published adds a figure as it was published.
func (s *Scenario) published(name, value, unit, remark string) *big.Rat {
	x, err := price.ParseNumber(value)
	if err != nil {
		panic(err)
	}
	s.Steps = append(s.Steps, ScenarioStep{Name: name, Value: NewAmount(x), Unit: unit, Source: meter.Configured, Remark: remark})
	return x
}

// worked adds a figure that follows from others.
func (s *Scenario) worked(name string, x *big.Rat, unit, formula, remark string) *big.Rat {
	s.Steps = append(s.Steps, ScenarioStep{Name: name, Value: NewAmount(x), Unit: unit, Formula: formula, Source: meter.Estimated, Remark: remark})
	return x
}

// assumed adds a figure that is neither in the publication nor follows from it.
func (s *Scenario) assumed(name, value, unit, remark string) *big.Rat {
	x := s.published(name, value, unit, remark)
	s.Steps[len(s.Steps)-1].Source = meter.Estimated
	return x
}

func semiAnalysis() Scenario {
	s := Scenario{Name: "semianalysis-2023", Title: "What ChatGPT costs a day",
		Of: "SemiAnalysis, The Inference Cost Of Search Disruption, February 2023, semianalysis.substack.com/p/the-inference-cost-of-search-disruption; its assumptions as github.com/kevbuh/jarvis, notes/financial/costs.md, quotes them; read 2026-11-27"}
	users := s.published("daily active users", "13e6", "users", "")
	responses := s.published("responses of each", "15", "1/day", "")
	tokens := s.published("tokens of a response", "2000", "tokens", "")
	parameters := s.published("parameters", "175e9", "1", "GPT-3, dense; int8")
	busy := s.published("utilization", "0.5", "1", "assumed there: idle half of the time")
	hourly := s.published("a GPU hour", "1", "USD/h", "all costs are in it")
	servers := s.published("HGX A100 servers", "3617", "servers", "")
	stated := s.published("a day, as stated", "694444", "USD/day", "")

	gpus := s.worked("GPUs", mul(servers, whole(8)), "GPUs", "servers × 8", "28,936 as stated")
	perDay := s.worked("a day, recomputed", mul(gpus, whole(24), hourly), "USD/day", "GPUs × 24 h × GPU hour", "20 more than stated")
	queries := s.worked("queries", mul(users, responses), "1/day", "users × responses", "")
	s.worked("a query, as stated", quo(mul(stated, whole(100)), queries), "¢", "a day, as stated / queries", "0.36 as stated")
	s.worked("a query, recomputed", quo(mul(perDay, whole(100)), queries), "¢", "a day, recomputed / queries", "")
	flops := s.worked("operations of a query", mul(whole(2), parameters, tokens), "FLOP", "2 × parameters × tokens", "without prompt and attention")
	peak := s.assumed("peak of a GPU", "624e12", "op/s", "A100, int8, dense: glennklockwood.com/garden/processors/A100, of its data sheet, read 2026-11-27")
	s.worked("share of the peak while busy", quo(mul(flops, queries), mul(gpus, busy, whole(day), peak)), "1",
		"operations × queries / (GPUs × utilization × 86400 s × peak)", "implied, not stated: it says twice FasterTransformer's")

	server := s.assumed("a server of 8 GPUs", "199000", "USD", "DGX A100 at its launch: gadgetmix.com/nvidia-a100-gpu-with-ampere-architecture/2470, read 2026-11-27")
	life := s.assumed("its life", "4", "years", "no residual value")
	watts := s.assumed("its power, at most", "6500", "W", "DGX A100: pcnews.ru/news/vycislitelnaa_sistema_nvidia_dgx_a100_ampere_osnasaetsa_sestu_blokami_pitania_po_3_kvt-985106.html, read 2026-11-27")
	drawn := s.assumed("of which it draws", "0.7", "1", "in the mean, as in Epoch AI's estimate")
	kWh := s.assumed("a kWh", "0.1282", "USD/kWh", "EIA Electric Power Monthly, table 5.6.A, commercial, East North Central, April 2025")
	pue := s.assumed("PUE", "1.2", "1", "as in Epoch AI's estimate")
	hours := mul(whole(8), whole(daysAYear), whole(24))
	hardware := s.worked("of the GPU hour: hardware", quo(server, mul(life, hours)), "USD/h", "server / (life × 8 × 8760 h)", "")
	electricity := s.worked("of the GPU hour: electricity", quo(mul(watts, drawn, kWh, pue), whole(8*1000)), "USD/h", "power × share × kWh × PUE / 8000", "")
	licences := s.assumed("of the GPU hour: licences", "0", "USD/h", "none is named")
	operations := s.worked("of the GPU hour: operations", sub(hourly, add(hardware, electricity, licences)), "USD/h", "what is left of it", "space, network, staff, margin")
	for _, part := range []struct {
		name string
		rate *big.Rat
	}{{"hardware", hardware}, {"electricity", electricity}, {"licences", licences}, {"operations", operations}} {
		s.worked("a day: "+part.name, mul(perDay, quo(part.rate, hourly)), "USD/day", "a day, recomputed × its part of the hour", "")
	}
	return s
}

func epoch() Scenario {
	s := Scenario{Name: "epoch-2025", Title: "The energy of a ChatGPT query",
		Of: "Epoch AI, How much energy does ChatGPT use?, February 2025, epoch.ai/gradient-updates/how-much-energy-does-chatgpt-use, and its spreadsheet docs.google.com/spreadsheets/d/1Xe1WXNaZ0IZuuRAJP62xf_ufmwUhgRhtp446bTHnUOM; read 2026-11-27"}
	parameters := s.published("active parameters", "100e9", "1", "GPT-4o, a guess there")
	tokens := s.published("tokens of an answer", "500", "tokens", "")
	peak := s.published("peak of a GPU", "989e12", "FLOP/s", "H100, bf16, dense")
	share := s.published("share of the peak", "0.1", "1", "assumed there")
	watts := s.published("power of a GPU", "1275", "W", "its eighth of a DGX H100's 10.2 kW")
	drawn := s.published("of which it draws", "0.7", "1", "")
	pue := s.published("PUE", "1.2", "1", "")
	flops := s.worked("operations of a query", mul(whole(2), parameters, tokens), "FLOP", "2 × parameters × tokens", "without prompt and attention")
	seconds := s.worked("time on a GPU", quo(flops, mul(peak, share)), "s", "operations / (peak × share)", "")
	power := s.worked("power, PUE included", mul(watts, drawn, pue), "W", "power × share × PUE", "")
	s.worked("energy of a query", quo(mul(power, seconds), whole(hour)), "Wh", "power × time / 3600", "0.30 as stated")
	return s
}
