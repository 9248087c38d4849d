package model_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/gptmeter/gptmeter/tensor"
	"github.com/gptmeter/gptmeter/weights"
)

// reference is what transformers computed for a checkpoint.
type reference struct {
	Prompt []int
	Greedy []int   // what greedy decoding adds
	Margin float64 // the smallest gap between the two largest logits over those steps

	logits tensor.Tensor            // (T, V), of the prompt
	hidden map[string]tensor.Tensor // by name as Observe has it, (T, C), of the prompt
}

// readReference reads expected.json and expected.safetensors, which testdata/record.py wrote.
func readReference(t *testing.T, folder string) reference {
	t.Helper()
	ref := reference{hidden: map[string]tensor.Tensor{}}
	readJSON(t, filepath.Join(folder, "expected.json"), &ref)
	recorded := open(t, filepath.Join(folder, "expected.safetensors"))
	for _, info := range recorded.Tensors() {
		elements, err := recorded.Tensor(info.Name, info.Shape...)
		if err != nil {
			t.Fatal(err)
		}
		matrix := tensor.New(info.Shape[0], info.Shape[1])
		elements.Read(matrix.Data, 0)
		ref.hidden[info.Name] = matrix
	}
	ref.logits = ref.hidden["logits"]
	delete(ref.hidden, "logits")
	return ref
}

// readNPY reads a matrix of float32 that numpy saved, in format version 1.0:
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
func readNPY(t *testing.T, path string) tensor.Tensor {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const magic = "\x93NUMPY\x01\x00"
	rest, ok := bytes.CutPrefix(file, []byte(magic))
	if !ok {
		t.Fatalf("%s: not a numpy file of version 1.0", path)
	}
	header, data := rest[2:], rest[2+binary.LittleEndian.Uint16(rest):]
	var rows, cols int
	const format = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }"
	if _, err := fmt.Sscanf(string(header), format, &rows, &cols); err != nil {
		t.Fatalf("%s: not a matrix of float32: %v", path, err)
	}
	matrix := tensor.New(rows, cols)
	if err := binary.Read(bytes.NewReader(data), binary.LittleEndian, matrix.Data); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return matrix
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func open(t *testing.T, path string) *weights.Checkpoint {
	t.Helper()
	checkpoint, err := weights.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { checkpoint.Close() })
	return checkpoint
}
