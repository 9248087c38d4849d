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
	model    string
	requests int
	seed     uint64 // of the last request
	usage    engine.TokenUsage
	sum      meter.Report // what adds up is the sum, the rest the last request's
}

// add enters an answer.
func (r *receipt) add(j *job, result engine.Result) {
	sum, m, u := r.sum, result.Meter, result.Usage
	m.Prefill, m.Decode = addLegs(sum.Prefill, m.Prefill), addLegs(sum.Decode, m.Decode)
	m.OtherSeconds += sum.OtherSeconds
	m.MachineSeconds += sum.MachineSeconds
	r.sum = m
	r.usage.PromptTokens += u.PromptTokens
	r.usage.CompletionTokens += u.CompletionTokens
	r.usage.PromptTokensDetails.CachedTokens += u.PromptTokensDetails.CachedTokens
	r.requests++
	r.seed = j.seed
}

// addLegs adds what the receipt shows of two legs.
func addLegs(a, b meter.Leg) meter.Leg {
	b.Tokens += a.Tokens
	b.MachineSeconds += a.MachineSeconds
	b.Flops += a.Flops
	b.BytesRead += a.BytesRead
	b.BytesWritten += a.BytesWritten
	return b
}

func (r *receipt) print(w io.Writer) {
	m, alone := r.sum, r.requests == 1
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\ttokens\ttime\ttokens/s\tcounted\tspeed\ttraffic\t")
	printLeg(table, "prompt", m.Prefill)
	printLeg(table, "decode", m.Decode)
	table.Flush()

	fmt.Fprintf(w, "%d prompt and %d generated tokens, %d cached",
		r.usage.PromptTokens, r.usage.CompletionTokens, r.usage.PromptTokensDetails.CachedTokens)
	if first := m.TimeToFirstTokenSeconds; first != nil && alone {
		fmt.Fprintf(w, "; the first after %s", secondsText(*first))
	}
	if each := m.TimePerOutputTokenSeconds; each != nil && alone {
		fmt.Fprintf(w, ", then one every %s", secondsText(*each))
	}
	fmt.Fprintln(w)
	operators := round(m.Prefill.MachineSeconds + m.Decode.MachineSeconds)
	machine := round(m.MachineSeconds)
	// Other is the difference, so that the line adds up as it stands.
	fmt.Fprintf(w, "machine %.4f s = operators %.4f s + other %.4f s; loading %s, not part of it\n",
		machine, operators, machine-operators, secondsText(m.LoadSeconds))
	fmt.Fprintf(w, "energy %s, cost %s\n", m.Energy.Source, m.Cost.Source)
	fmt.Fprintf(w, "%s, %s, %s kernels, %d threads", r.model, m.DType, m.Kernel, m.Threads)
	if alone {
		fmt.Fprintf(w, ", seed %d", r.seed)
	} else {
		fmt.Fprintf(w, ", %d requests", r.requests)
	}
	fmt.Fprintln(w)
}

func printLeg(w io.Writer, name string, l meter.Leg) {
	if l.Tokens == 0 {
		return
	}
	bytes, seconds := float64(l.BytesRead+l.BytesWritten), l.MachineSeconds
	fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t\n", name, l.Tokens, secondsText(seconds),
		threeDigits(float64(l.Tokens)/seconds), siText(float64(l.Flops), "FLOP"),
		siText(float64(l.Flops)/seconds, "FLOP/s"), siText(bytes/seconds, "B/s"))
}

// round rounds to what the receipt shows of machine seconds.
func round(seconds float64) float64 { return math.Round(seconds*1e4) / 1e4 }
