package tokenizer_test

import (
	"fmt"
	"log"
	"os"

	"github.com/gptmeter/gptmeter/tokenizer"
)

func ExampleOpen() {
	t, err := tokenizer.Open(os.DirFS("testdata/tiny"))
	if err != nil {
		log.Fatal(err)
	}
	ids := t.Encode("Once upon a time<|endoftext|>")
	for _, id := range ids {
		fmt.Printf("%d %q\n", id, t.Token(id))
	}
	fmt.Println(t.Decode(ids))
	// Output:
	// 425 "Once"
	// 450 "Ġupon"
	// 259 "Ġa"
	// 402 "Ġtime"
	// 0 "<|endoftext|>"
	// Once upon a time<|endoftext|>
}

// A character may be spread over tokens; the decoder waits for the last of them.
func ExampleDecoder() {
	t, err := tokenizer.Open(os.DirFS("testdata/tiny"))
	if err != nil {
		log.Fatal(err)
	}
	d := tokenizer.NewDecoder(t)
	for _, id := range t.Encode("un café 🙂") {
		fmt.Printf("%q ", d.Add(id))
	}
	fmt.Printf("%q\n", d.Flush())
	// Output:
	// "un" " ca" "f" "" "é" " " "" "" "" "🙂" ""
}
