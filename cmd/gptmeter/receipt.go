package main

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"github.com/gptmeter/gptmeter/engine"
	"github.com/gptmeter/gptmeter/meter"
)

// A receipt says in a terminal what one request or a batch has caused. JSON has it in full.
type receipt struct {
	model      string
	by         string // how finely it is divided: a value of --by
	unmeasured error  // why energy could not be, nil where there are no counters
	requests   int
	seed       uint64 // of the last request
	usage      engine.TokenUsage
	sum        meter.Report // what adds up is the sum, the rest the last request's
	prompt     []part       // of sum.Prefill
	decode     []part
	spent      engine.Usage // how the engine has spent the machine, in the end
}

// add enters an answer.
func (r *receipt) add(j *job, result engine.Result) {
	sum, m, u := r.sum, result.Meter, result.Usage
	r.prompt = addParts(r.prompt, parts(m.Prefill, r.by))
	r.decode = addParts(r.decode, parts(m.Decode, r.by))
	m.Prefill, m.Decode = addLegs(sum.Prefill, m.Prefill), addLegs(sum.Decode, m.Decode)
	m.OtherSeconds += sum.OtherSeconds
	m.MachineSeconds += sum.MachineSeconds
	if r.requests > 0 {
		m.Energy = addEnergy(sum.Energy, m.Energy)
		m.Cost = addCosts(sum.Cost, m.Cost)
	}
	r.sum = m
	r.usage.PromptTokens += u.PromptTokens
	r.usage.CompletionTokens += u.CompletionTokens
	r.usage.PromptTokensDetails.CachedTokens += u.PromptTokensDetails.CachedTokens
	r.requests++
	r.seed = j.seed
}

// addLegs adds what the receipt shows of two legs.
func addLegs(a, b meter.Leg) meter.Leg {
	b.Shares = addShares(a, b)
	b.Tokens += a.Tokens
	b.MachineSeconds += a.MachineSeconds
	b.Flops += a.Flops
	b.BytesRead += a.BytesRead
	b.BytesWritten += a.BytesWritten
	return b
}

// addEnergy adds what two requests drew. What is known of one alone is not known of both.
func addEnergy(a, b meter.Energy) meter.Energy {
	if a.Joules == nil || b.Joules == nil || a.Source != b.Source {
		return meter.Energy{Source: meter.Unmeasured}
	}
	joules := *a.Joules + *b.Joules
	return meter.Energy{Joules: &joules, Source: a.Source}
}

func (r *receipt) print(w io.Writer) {
	m, alone := r.sum, r.requests == 1
	r.printLegs(w)
	fmt.Fprintf(w, "%d prompt and %d generated tokens, %d cached\n",
		r.usage.PromptTokens, r.usage.CompletionTokens, r.usage.PromptTokensDetails.CachedTokens)
	if alone {
		printTokenTimes(w, m)
	}
	r.printMachine(w)
	if alone {
		fmt.Fprintf(w, ", seed %d", r.seed)
	} else {
		fmt.Fprintf(w, ", %d requests", r.requests)
	}
	fmt.Fprintln(w)
}

// printLegs prints what the phases took and did, and their shares of the machine's limits.
func (r *receipt) printLegs(w io.Writer) {
	m := r.sum
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\ttokens\ttime\ttokens/s\tcounted\tspeed\ttraffic\t")
	width := max(widest(r.prompt), widest(r.decode))
	printLeg(table, "prompt", m.Prefill, r.prompt, width)
	printLeg(table, "decode", m.Decode, r.decode, width)
	table.Flush()
	printShares(w, "prompt", m.Prefill.Shares)
	printShares(w, "decode", m.Decode.Shares)
}

// printMachine prints machine time, energy, cost, and what all ran on: a line that is left open.
func (r *receipt) printMachine(w io.Writer) {
	m := r.sum
	operators := round(m.Prefill.MachineSeconds + m.Decode.MachineSeconds)
	machine := round(m.MachineSeconds)
	// Other is the difference, so that the line adds up as it stands.
	fmt.Fprintf(w, "machine %.4f s = operators %.4f s + other %.4f s; loading %s apart\n",
		machine, operators, machine-operators, secondsText(m.LoadSeconds))
	r.printEnergy(w)
	r.printCost(w)
	fmt.Fprintf(w, "%s, %s, %s kernels, %d threads", r.model, m.DType, m.Kernel, m.Threads)
}

// printLeg prints a row for a leg and one for each of its parts, with names of that width.
func printLeg(w io.Writer, name string, l meter.Leg, parts []part, width int) {
	if l.Tokens == 0 {
		return
	}
	printRow(w, part{name, &l.MachineSeconds, l.Flops, l.BytesRead + l.BytesWritten},
		fmt.Sprint(l.Tokens), threeDigits(float64(l.Tokens)/l.MachineSeconds), width)
	for _, p := range parts {
		p.name = "  " + p.name
		printRow(w, p, "", "", width)
	}
}

// printRow prints what a part took and did.
func printRow(w io.Writer, p part, tokens, perSecond string, width int) {
	time, speed, traffic := "fused", "–", "–"
	if p.seconds != nil {
		time = secondsText(*p.seconds)
	}
	if p.seconds != nil && *p.seconds > 0 {
		speed = siText(float64(p.flops) / *p.seconds, "FLOP/s")
		traffic = siText(float64(p.bytes) / *p.seconds, "B/s")
	}
	fmt.Fprintf(w, "%-*s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", width, p.name, tokens, time, perSecond,
		siText(float64(p.flops), "FLOP"), speed, traffic)
}

// printTokenTimes says when tokens came. A percentile is left out where it is the longest gap.
func printTokenTimes(w io.Writer, m meter.Report) {
	if m.TimeToFirstTokenSeconds == nil {
		return
	}
	fmt.Fprintf(w, "time to first token %s", secondsText(*m.TimeToFirstTokenSeconds))
	if each := m.TimePerOutputTokenSeconds; each != nil {
		fmt.Fprintf(w, "; per output token %s = (last − first)/(n − 1)", secondsText(*each))
	}
	fmt.Fprintln(w)
	gaps := m.InterTokenSeconds
	if gaps == nil || gaps.Count < 10 {
		return
	}
	fmt.Fprintf(w, "between tokens p50 %s, p90 %s", secondsText(gaps.P50), secondsText(gaps.P90))
	if gaps.Count >= 100 {
		fmt.Fprintf(w, ", p99 %s", secondsText(gaps.P99))
	}
	fmt.Fprintln(w)
}

func (r *receipt) printEnergy(w io.Writer) {
	e := r.sum.Energy
	switch {
	case e.Joules == nil && r.unmeasured != nil:
		fmt.Fprintf(w, "energy %s (%v)\n", e.Source, r.unmeasured)
		return
	case e.Joules == nil:
		fmt.Fprintf(w, "energy %s\n", e.Source)
		return
	}
	fmt.Fprintf(w, "energy %s %s", joulesText(*e.Joules), e.Source)
	if n := r.usage.CompletionTokens; n > 0 {
		fmt.Fprintf(w, ", %s per generated token", joulesText(*e.Joules/float64(n)))
	}
	fmt.Fprintln(w)
}

// round rounds to what the receipt shows of machine seconds.
func round(seconds float64) float64 { return math.Round(seconds*1e4) / 1e4 }
