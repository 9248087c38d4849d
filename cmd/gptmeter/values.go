package main

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gptmeter/gptmeter/meter/price"
)

// What pflag calls the type of a flag, which stands in its help unless the usage names the value.
const (
	numberType = "number"
	idsType    = "ids"
	biasType   = "ID=B"
)

// A value is a flag whose text parse turns into a T or refuses.
type value[T any] struct {
	to    *T
	kind  string
	parse func(string) (T, error)
}

func (v value[T]) Set(text string) error {
	parsed, err := v.parse(text)
	if err == nil {
		*v.to = parsed
	}
	return err
}

func (v value[T]) String() string { return fmt.Sprint(*v.to) }
func (v value[T]) Type() string   { return v.kind }

// whole adds a flag for a whole number from least to most.
func whole(flags *pflag.FlagSet, to *int, name string, least, most int, usage string) {
	flags.Var(value[int]{to, numberType, parseWhole(least, most)}, name, usage)
}

func parseWhole(least, most int) func(text string) (int, error) {
	return func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		switch {
		case err != nil && !errors.Is(err, strconv.ErrRange):
			return 0, errors.New("not a whole number")
		case err == nil && n >= least && n <= most:
			return n, nil
		case most == math.MaxInt:
			return 0, fmt.Errorf("not %d or more", least)
		}
		return 0, fmt.Errorf("not in %d..%d", least, most)
	}
}

// number adds a flag for a finite number that allowed accepts; domain says in words which it does.
func number(flags *pflag.FlagSet, to *float64, name, domain string, allowed func(float64) bool, usage string) {
	flags.Var(value[float64]{to, numberType, parseNumber(domain, allowed)}, name, usage)
}

func parseNumber(domain string, allowed func(float64) bool) func(text string) (float64, error) {
	return func(text string) (float64, error) {
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return 0, errors.New("not a number")
		}
		if !allowed(x) {
			return 0, errors.New("not " + domain)
		}
		return x, nil
	}
}

// choice adds a flag for one of names, of which the first is the default.
func choice(c *cobra.Command, to *string, name string, names []string, usage string) {
	*to = names[0]
	c.Flags().Var(oneOf(to, names), name, usage+" ("+strings.Join(names, "|")+")")
	c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
}

func oneOf(to *string, names []string) pflag.Value {
	return value[string]{to, "string", func(text string) (string, error) {
		if !slices.Contains(names, text) {
			return "", errors.New("not one of " + strings.Join(names, ", ") + " here")
		}
		return text, nil
	}}
}

// A seed is a random generator's; nil until it is set.
type seed struct{ to **uint64 }

func (s seed) Set(text string) error {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return errors.New("not a whole number from 0 to 2^64 - 1")
	}
	*s.to = &n
	return nil
}

func (s seed) String() string { return "" }
func (s seed) Type() string   { return numberType }

// ids is a flag for token ids, separated by commas.
type ids struct{ to *[]int }

func (v ids) Set(text string) error {
	var texts []string
	if text != "" {
		texts = strings.Split(text, ",")
	}
	return v.Replace(texts)
}

func (v ids) Replace(texts []string) error {
	list := make([]int, 0, len(texts))
	for _, text := range texts {
		id, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			return fmt.Errorf("%q is not an id", text)
		}
		list = append(list, id)
	}
	*v.to = list
	return nil
}

func (v ids) Append(text string) error { return v.Set(strings.Join(append(v.GetSlice(), text), ",")) }

func (v ids) GetSlice() (texts []string) {
	for _, id := range *v.to {
		texts = append(texts, strconv.Itoa(id))
	}
	return texts
}

func (v ids) String() string { return strings.Join(v.GetSlice(), ",") }
func (v ids) Type() string   { return idsType }

// biases is a flag for what is added to the logits of ids: ID=B, also several with commas.
type biases struct{ to *map[int]float64 }

func (v biases) Set(text string) error {
	before := *v.to
	*v.to = maps.Clone(before)
	if err := v.add(strings.Split(text, ",")); err != nil {
		*v.to = before
		return err
	}
	return nil
}

func (v biases) Replace(texts []string) error {
	*v.to = nil
	return v.add(texts)
}

func (v biases) add(texts []string) error {
	for _, text := range texts {
		id, bias, found := strings.Cut(text, "=")
		i, errID := strconv.Atoi(id)
		b, errBias := strconv.ParseFloat(bias, 64)
		if !found || errID != nil || errBias != nil || i < 0 || math.IsNaN(b) || math.IsInf(b, 1) {
			return fmt.Errorf("%q is not ID=B, an id and a number to add to its logit", text)
		}
		if *v.to == nil {
			*v.to = map[int]float64{}
		}
		(*v.to)[i] = b
	}
	return nil
}

func (v biases) Append(text string) error { return v.add([]string{text}) }

func (v biases) GetSlice() (texts []string) {
	for _, id := range slices.Sorted(maps.Keys(*v.to)) {
		texts = append(texts, fmt.Sprintf("%d=%v", id, (*v.to)[id]))
	}
	return texts
}

func (v biases) String() string { return strings.Join(v.GetSlice(), ",") }
func (v biases) Type() string   { return biasType }

// rational adds a flag for a decimal that is 0 or more, exactly as it is written; nil until it is set.
func rational(flags *pflag.FlagSet, to **big.Rat, name, usage string) {
	flags.Var(value[*big.Rat]{to, numberType, parseAmount}, name, usage)
	flags.Lookup(name).DefValue = ""
}

func parseAmount(text string) (*big.Rat, error) {
	x, err := price.ParseNumber(strings.TrimSpace(text))
	if err == nil && x.Sign() < 0 {
		err = errors.New("less than 0")
	}
	return x, err
}
