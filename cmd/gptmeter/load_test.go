package main

import "testing"

// A model that does not fit is refused, with both numbers, before anything is loaded.
func TestCheckMemory(t *testing.T) {
	checkpoint, config, err := (&program{}).openModel(t.Context(), "synthetic:gpt2") // 124,439,808 parameters
	if err != nil {
		t.Fatal(err)
	}
	defer checkpoint.Close()
	err = checkMemory(files(map[string]string{"proc/meminfo": "MemAvailable: 400000 kB\n"}), checkpoint, config)
	const want = "synthetic:gpt2: its weights need 498 MB of memory and 410 MB are available"
	if err == nil || err.Error() != want || exitCode(err) != exitExhausted {
		t.Errorf("%v, want %s", err, want)
	}
	for _, meminfo := range []string{"MemAvailable: 500000 kB\n", ""} {
		if err := checkMemory(files(map[string]string{"proc/meminfo": meminfo}), checkpoint, config); err != nil {
			t.Errorf("%q: %v", meminfo, err)
		}
	}
}

// There is no progress bar where stderr is no terminal.
func TestNoProgressInFile(t *testing.T) {
	p, stderr := testProgram(t)
	report, finish := p.progress("loading")
	finish()
	if report != nil {
		t.Error("a file is to get a progress bar")
	}
	if text := stderr(); text != "" {
		t.Errorf("a file got %q", text)
	}
}
