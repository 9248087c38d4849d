package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The keys that the contract fixes, with "demonstration" added, as "parent.key"; lists are looked
// into and told by [].
const answerKeys = `
choices choices[].finish_reason choices[].index choices[].logprobs choices[].logprobs.text_offset
choices[].logprobs.token_logprobs choices[].logprobs.tokens choices[].logprobs.top_logprobs
choices[].text choices[].token_ids created demonstration id model object seed
usage usage.completion_tokens usage.prompt_tokens usage.prompt_tokens_details
usage.prompt_tokens_details.cached_tokens usage.total_tokens`

const meterKeys = `
meter meter.kernel meter.dtype meter.threads meter.prefill meter.decode meter.other_seconds
meter.load_seconds meter.machine_seconds meter.wall_seconds meter.time_to_first_token_seconds
meter.time_per_output_token_seconds meter.inter_token_seconds meter.inter_token_seconds.count
meter.inter_token_seconds.p50 meter.inter_token_seconds.p90 meter.inter_token_seconds.p99
meter.energy meter.energy.joules meter.energy.source
meter.cost meter.cost.currency meter.cost.total meter.cost.prompt meter.cost.completion
meter.cost.price meter.cost.source`

const legKeys = `
tokens wall_seconds machine_seconds product_flops elementwise_flops flops padding_flops
special_ops bytes_read bytes_written flops_per_second bytes_per_second share_of_peak
share_of_bandwidth bound operators operators[].operator operators[].calls operators[].product_flops
operators[].elementwise_flops operators[].flops operators[].padding_flops operators[].special_ops
operators[].bytes_read operators[].bytes_written operators[].wall_seconds operators[].busy_seconds
operators[].fused_into`

func TestAnswerKeys(t *testing.T) {
	withMeter := strings.Fields(answerKeys + meterKeys)
	for _, leg := range []string{"prefill", "decode"} {
		for _, key := range strings.Fields(legKeys) {
			withMeter = append(withMeter, "meter."+leg+"."+key)
		}
	}
	for _, c := range []struct {
		flags string
		want  []string
	}{
		{"--json --logprobs 1", withMeter},
		{"--json --logprobs 1 --no-meter", strings.Fields(answerKeys)},
	} {
		got := map[string]bool{}
		collectKeys(got, "", generateJSON(t, c.flags))
		for key := range got {
			if strings.HasPrefix(key, "choices[].logprobs.top_logprobs[].") { // a token
				delete(got, key)
			}
		}
		slices.Sort(c.want)
		if diff := cmp.Diff(c.want, slices.Sorted(maps.Keys(got))); diff != "" {
			t.Errorf("%s: %s", c.flags, diff)
		}
	}
}

// generateJSON returns the document that generate prints.
func generateJSON(t *testing.T, flags string) (document map[string]any) {
	t.Helper()
	args := append([]string{"generate", "--max-tokens", "5", "--seed", "9007199254740991"}, strings.Fields(flags)...)
	text, err := exec.Command("gptmeter", append(args, "The cat")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	if err := d.Decode(&document); err != nil {
		t.Fatal(err)
	}
	if d.More() {
		t.Fatalf("more than one document: %s", text)
	}
	return document
}

// collectKeys adds the paths of all keys in value.
func collectKeys(to map[string]bool, path string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			at := strings.TrimPrefix(path+"."+key, ".")
			to[at] = true
			collectKeys(to, at, inner)
		}
	case []any:
		for _, inner := range v {
			collectKeys(to, path+"[]", inner)
		}
	}
}

func TestAnswerValues(t *testing.T) {
	a := generateJSON(t, "--json")
	for key, want := range map[string]string{"object": "text_completion", "model": "tiny", "seed": "9007199254740991", "demonstration": "true"} {
		if got := fmt.Sprint(a[key]); got != want {
			t.Errorf("%s is %s, want %s", key, got, want)
		}
	}
	if id, _ := a["id"].(string); !strings.HasPrefix(id, "cmpl-") {
		t.Errorf("id is %v", a["id"])
	}
	other := generateJSON(t, "--json")
	if diff := cmp.Diff(a["choices"], other["choices"]); diff != "" || a["id"] == other["id"] {
		t.Errorf("the same seed makes another answer, or the same id: %s", diff)
	}
}

func TestRandomSeed(t *testing.T) {
	seen := map[uint64]bool{}
	for range 100 {
		seed := randomSeed()
		if seed >= 1<<53 || seen[seed] {
			t.Fatalf("seed %d is too large, or was there before", seed)
		}
		seen[seed] = true
	}
}
