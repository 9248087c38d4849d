package main

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// A tensorEntry is one of a safetensors header.
type tensorEntry struct {
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"`
}

// writeCheckpoint writes a model of one layer, width 8, vocabulary 32 and zeros, with a fault:
// "key=value" is one of config.json, the others are in the switch.
func writeCheckpoint(ts *testscript.TestScript, _ bool, args []string) {
	folder, fault := ts.MkAbs(args[0]), ""
	if len(args) > 1 {
		fault = args[1]
	}
	config := map[string]any{
		"model_type": "gpt2", "n_layer": 1, "n_head": 2, "n_embd": 8, "n_positions": 16, "vocab_size": 32,
		"bos_token_id": 0, "eos_token_id": 0,
	}
	if key, value, found := strings.Cut(fault, "="); found {
		config[key] = value
		if n, err := strconv.Atoi(value); err == nil {
			config[key] = n
		}
	}
	header, size := map[string]*tensorEntry{}, 0
	add := func(name string, shape ...int) {
		n := 4
		for _, s := range shape {
			n *= s
		}
		header[name] = &tensorEntry{"F32", shape, [2]int{size, size + n}}
		size += n
	}
	add("wte.weight", config["vocab_size"].(int), 8)
	add("wpe.weight", 16, 8)
	for _, ln := range []string{"h.0.ln_1", "h.0.ln_2", "ln_f"} {
		add(ln+".weight", 8)
		add(ln+".bias", 8)
	}
	for name, width := range map[string][2]int{"attn.c_attn": {8, 24}, "attn.c_proj": {8, 8}, "mlp.c_fc": {8, 32}, "mlp.c_proj": {32, 8}} {
		add("h.0."+name+".weight", width[0], width[1])
		add("h.0."+name+".bias", width[1])
	}
	wte := header["wte.weight"]
	switch fault {
	case "shape":
		wte.Shape = []int{8, 32}
	case "dtype":
		wte.DType, wte.Shape = "I32", []int{32, 8}
	case "missing":
		header["other"] = wte
		delete(header, "wte.weight")
	case "overlap":
		header["wpe.weight"].Offsets = [2]int{0, 16 * 8 * 4}
	}
	text, err := json.Marshal(header)
	ts.Check(err)
	length := uint64(len(text))
	if fault == "header" {
		length = 1 << 60
	}
	file := append(binary.LittleEndian.AppendUint64(nil, length), text...)
	file = append(file, make([]byte, size)...)
	if fault == "nan" {
		for i := range file[len(file)-size:] {
			file[len(file)-size+i] = 0xff
		}
	}
	if fault == "truncated" {
		file = file[:len(file)-size/2]
	}
	configText, err := json.Marshal(config)
	ts.Check(err)
	ts.Check(os.MkdirAll(folder, 0o777))
	ts.Check(os.WriteFile(filepath.Join(folder, "config.json"), configText, 0o666))
	if fault != "absent" {
		ts.Check(os.WriteFile(filepath.Join(folder, "model.safetensors"), file, 0o666))
	}
}
