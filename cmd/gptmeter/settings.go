package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const maxConfigBytes = 1 << 20

// configFlag adds the flag that names a file with settings.
func configFlag(c *cobra.Command) {
	c.Flags().String("config", "", "read settings from this TOML `FILE`")
}

// settle gives the flags that the command line has not set what the environment says, or else
// what the --config file says.
func settle(c *cobra.Command, _ []string) error {
	config := c.Flags().Lookup("config")
	if err := fromEnvironment(config); err != nil {
		return err
	}
	file, err := readConfig(config.Value.String(), c.Root())
	if err != nil {
		return err
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if err == nil {
			err = fromEnvironment(f)
		}
		value, set := file[f.Name]
		if err != nil || f.Changed || !set {
			return
		}
		if why := setFrom(f, value); why != nil {
			err = usageError("%s: %s = %v: %w", config.Value, flagKey(f.Name), value, why)
		}
	})
	return err
}

// fromEnvironment sets f, unless the command line did. An empty variable is none.
func fromEnvironment(f *pflag.Flag) error {
	name := "GPTMETER_" + strings.ToUpper(flagKey(f.Name))
	text := os.Getenv(name)
	if f.Changed || text == "" || f.Name == "help" {
		return nil
	}
	if err := f.Value.Set(text); err != nil {
		return usageError("%s=%s: %w", name, text, plain(err))
	}
	f.Changed = true
	return nil
}

// readConfig reads the settings in a TOML file by flags' names. They may be of any command.
func readConfig(path string, root *cobra.Command) (map[string]any, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, usageError("%w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxConfigBytes+1))
	if err != nil {
		return nil, usageError("%w", err)
	}
	if len(text) > maxConfigBytes {
		return nil, usageError("%s: larger than %d bytes", path, maxConfigBytes)
	}
	var keys map[string]any
	if err := toml.Unmarshal(text, &keys); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			row, _ := at.Position()
			return nil, usageError("%s:%d: %w", path, row, err)
		}
		return nil, usageError("%s: %w", path, err)
	}
	var known []string
	for _, c := range root.Commands() {
		known = append(known, flagNames(c.Flags())...)
	}
	settings := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		name := dashed(key)
		if !slices.Contains(known, name) || name == "config" {
			return nil, unknownKey(path, key, known)
		}
		if _, twice := settings[name]; twice {
			return nil, usageError("%s: %s is there twice, with - and with _", path, key)
		}
		if _, table := keys[key].(map[string]any); table && !takesTable(root, name) {
			return nil, usageError("%s: %s is a table, where settings stand without", path, key)
		}
		settings[name] = keys[key]
	}
	return settings, nil
}

// takesTable tells whether a command has a flag of that name whose value can be a TOML table.
func takesTable(root *cobra.Command, name string) bool {
	return slices.ContainsFunc(root.Commands(), func(c *cobra.Command) bool {
		f := c.Flags().Lookup(name)
		return f != nil && f.Value.Type() == biasType
	})
}

// flagNames are those that can be set.
func flagNames(flags *pflag.FlagSet) (names []string) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" {
			names = append(names, f.Name)
		}
	})
	return names
}

// flagKey is what a flag is called where a dash cannot stand; dashed is its inverse.
func flagKey(name string) string { return strings.ReplaceAll(name, "-", "_") }

func dashed(key string) string { return strings.ReplaceAll(key, "_", "-") }

// unknownKey is the error for a key, at some place, that is none of those names.
func unknownKey(place, key string, names []string) error {
	err := usageError("%s: unknown key %q", place, key)
	if name := near(dashed(key), names); name != "" {
		return errorWithHint(err, "did you mean %s?", flagKey(name))
	}
	return err
}

// setFrom sets f from a value that TOML or JSON has decoded. It must be of the flag's own kind: a
// list only where the flag can be repeated, a number as a number.
func setFrom(f *pflag.Flag, value any) error {
	repeated, isRepeated := f.Value.(pflag.SliceValue)
	list, isList := value.([]any)
	if isList && !isRepeated {
		return errors.New("not to be a list")
	}
	if !isList {
		list = []any{value}
	}
	if table, ok := value.(map[string]any); ok && f.Value.Type() == biasType {
		list = pairs(table)
	}
	var texts []string
	for _, v := range list {
		text, kind := scalar(v)
		if want := kinds[f.Value.Type()]; kind != want {
			return fmt.Errorf("not a %s", want)
		}
		texts = append(texts, text)
	}
	f.Changed = true
	if isRepeated {
		return repeated.Replace(texts)
	}
	return plain(f.Value.Set(texts[0]))
}

// pairs is a table such as {"50256": -100} in the words of the flag: "50256=-100".
func pairs(table map[string]any) (list []any) {
	for _, key := range slices.Sorted(maps.Keys(table)) {
		text, _ := scalar(table[key])
		list = append(list, key+"="+text)
	}
	return list
}

// kinds is the kind of scalar that suits the flags of a type.
var kinds = map[string]string{
	"bool": "boolean", numberType: "number", idsType: "number", biasType: "string",
	"string": "string", "stringArray": "string",
}

// scalar is the text of a decoded value as a flag would have it, and its kind.
func scalar(value any) (text, kind string) {
	switch v := value.(type) {
	case string:
		return v, "string"
	case bool:
		return strconv.FormatBool(v), "boolean"
	case json.Number:
		return v.String(), "number"
	case int64:
		return strconv.FormatInt(v, 10), "number"
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), "number"
	}
	return "", "table"
}

// flagError says in this program's words what pflag found wrong on the command line.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var value *pflag.InvalidValueError
	var missing *pflag.ValueRequiredError
	switch {
	case errors.As(err, &unknown):
		short, long := unknown.GetSpecifiedShortnames(), unknown.GetSpecifiedName()
		if short != "" {
			return errorWithHint(usageError("unknown flag -%s", short), "see %s --help", c.CommandPath())
		}
		err = usageError("unknown flag --%s", long)
		if name := near(long, flagNames(c.Flags())); name != "" {
			return errorWithHint(err, "did you mean --%s?", name)
		}
		return errorWithHint(err, "see %s --help", c.CommandPath())
	case errors.As(err, &value):
		return usageError("--%s %s: %w", value.GetFlag().Name, value.GetValue(), plain(value.Unwrap()))
	case errors.As(err, &missing):
		return usageError("--%s: it needs a value", missing.GetSpecifiedName())
	}
	return usageError("%w", err)
}

// plain says in this program's words what pflag says of a boolean; other flags check themselves.
func plain(err error) error {
	var boolean *strconv.NumError
	if errors.As(err, &boolean) {
		return errors.New("not true or false")
	}
	return err
}
