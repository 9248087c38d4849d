package weights_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tensor"
	"github.com/gptmeter/gptmeter/weights"
)

// TestPackedOddFiles: packed files that contradict themselves are refused.
func TestPackedOddFiles(t *testing.T) {
	x := newExec(t, 2, "")
	whole := pack(t, x, "tiny", tensor.Int8)
	const wte = `"gptmeter.packed.wte.weight":"panels/2 int8 2048 192 output-major"`
	for _, c := range []struct{ name, old, new, want, hint string }{
		{"another version", "panels/2 int8 2048", "panels/1 int8 2048", "packed in a layout that is not known here: panels/1 of int8, which is panels/2 here", "quantize the model again"},
		{"another layout", "panels/2 int8 2048", "blocks/1 int8 2048", "not known here", "quantize the model again"},
		{"another format", "panels/2 int8 2048", "panels/2 int3 2048", "not known here", "quantize the model again"},
		{"another shape", "int8 2048 192 output", "int8 2016 192 output", "where \"panels/2 int8 2016 192 output-major\" is", ""},
		{"the same size, turned", "int8 768 192 input", "int8 192 768 input", "where \"panels/2 int8 192 768 input-major\" is", ""},
		{"not as it lay", "2048 192 output-major", "2048 192 outputmajor", "no shape", ""},
		{"a number with a sign", "int8 2048 192", "int8 +048 192", "no shape", ""},
		{"no packing", wte, strings.Replace(wte, "packed", "PACKED", 1), `tensor "wte.weight" has shape [401408] where`, ""},
		{"no tensor", "packed.wte.weight", "packed.wtf.weight", `"wtf.weight", which is said to be packed, is missing`, ""},
		{"packed numbers", wte, `"gptmeter.packed.ln_f.bias":"panels/2 int8 2048 192 output-major" `, "packed, and yet F32 of shape [192]", ""},
		{"a packing twice", `packed.h.0.attn.c_attn.weight`, `packed.h.0.attn.c_proj.weight`, "stands twice", ""},
		{"a long packing", wte, `"gptmeter.packed.x":"` + strings.Repeat("x", 81) + `"`, "a string longer than 80", ""},
		{"a packing that is no string", wte, `"gptmeter.packed.x":1`, `'1' where '"' is expected`, ""},
		{"two formats", "panels/2 int8 192 192 input-major", "panels/1 f32 32 294 input-major", "packed as f32 in a model that is packed as int8", ""},
		{"a file of no model", "gptmeter.file.tokenizer_config.json", "gptmeter.file.../../etc/passwd_____", "no file of a model", ""},
		{"no configuration", "gptmeter.file.config.json", "gptmeter.FILE.config.json", "no config.json", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "odd.safetensors")
			if err := os.WriteFile(path, edit(t, whole, c.old, c.new), 0o666); err != nil {
				t.Fatal(err)
			}
			checkpoint, err := weights.Open(path)
			if err == nil {
				_, err = model.Load(x, checkpoint, tensor.Int8, nil)
				checkpoint.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error is %v, want %q", err, c.want)
			}
			var hinted interface{ Hint() string }
			if c.hint != "" && (!errors.As(err, &hinted) || !strings.Contains(hinted.Hint(), c.hint)) {
				t.Errorf("the hint of %v is not %q", err, c.hint)
			}
		})
	}
}

// edit changes the header of a file, and keeps where the data begin.
func edit(t *testing.T, file []byte, from, to string) []byte {
	t.Helper()
	length := binary.LittleEndian.Uint64(file)
	header := file[8:][:length]
	if !bytes.Contains(header, []byte(from)) {
		t.Fatalf("the header has no %q", from)
	}
	changed := bytes.TrimRight(bytes.Replace(header, []byte(from), []byte(to), 1), " ")
	if len(changed) > len(header) {
		t.Fatalf("%d bytes of header where %d fit", len(changed), len(header))
	}
	changed = append(changed, bytes.Repeat([]byte(" "), len(header)-len(changed))...)
	return bytes.Join([][]byte{file[:8], changed, file[8+length:]}, nil)
}

// TestPackedElsewhere: panels that do not begin on a cache line are refused, as a hostile file has them.
func TestPackedElsewhere(t *testing.T) {
	p := tensor.Packing{DType: tensor.Int8, Outputs: 3, Inputs: 5}
	header := fmt.Sprintf(`{"__metadata__":{"gptmeter.packed.a":"%v"},"a":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}`, p, p.Bytes(), p.Bytes())
	for spaces := range tensor.PackedAlignment {
		text := header + strings.Repeat(" ", spaces)
		file := append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
		file = append(file, make([]byte, p.Bytes())...)
		dir := t.TempDir()
		for name, content := range map[string][]byte{"model.safetensors": file, "config.json": []byte("{}")} {
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		c, err := weights.Open(dir)
		if err == nil {
			c.Close()
		}
		if aligned := (8+len(text))%tensor.PackedAlignment == 0; aligned != (err == nil) || !aligned && !strings.Contains(err.Error(), "no multiple of 64") {
			t.Errorf("data at %d: %v", 8+len(text), err)
		}
	}
}
