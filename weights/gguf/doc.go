// Package gguf reads and writes files in GGUF, the format of llama.cpp
// (https://github.com/ggml-org/ggml, docs/gguf.md): metadata, named tensors, and their numbers in
// blocks. It knows no model.
//
// # Files are not trusted
//
// [Parse] checks a file whole before anything of it is believed, and is as strict as llama.cpp or
// stricter: versions 2 and 3, little-endian; no key and no tensor name twice; strings of at most
// 16 MiB and arrays of at most 2^26 elements, none of them nested; at most four dimensions, none of
// them 0, whose product is checked; an alignment that is a power of two; tensors that lie one after
// the other in the order in which they are listed, inside the file, with nothing behind them.
//
// The file is in memory, as a mapping is. Arrays and strings stay where they lie until somebody
// asks for them, so that beyond the file a hostile one costs less than 32 MiB.
//
// There are libraries for this. github.com/gpustack/gguf-parser-go copies every array of the
// metadata and panics where sizes overflow; none of those in Go that are maintained refuses what
// stands twice, or decodes blocks to numbers, which is the larger part of this package.
package gguf
