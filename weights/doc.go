// Package weights finds a model by its name and hands out its weights.
//
// [Open] knows where models come from: a folder laid out as on the Hugging Face hub or one
// .safetensors file, pytorch_model.bin of the same, a .gguf file of llama.cpp, the small model
// embedded in the binary ("tiny"), and random weights of a given shape ("synthetic:"). A [Source]
// also knows the models of the hub, in its cache or fetched into it (package hub). Whatever the
// source, a [Checkpoint] is the same three things:
//
//   - the bytes of a config.json,
//   - tensors under the names that transformers' GPT2Model gives them ("wte.weight",
//     "h.0.attn.c_attn.weight", …, and "lm_head.weight"), each read as float32,
//   - the folder in which tokenizer files lie, of which one for GPT-2's own is in the binary, for
//     weights in one file that come without.
//
// # Files are not trusted
//
// A safetensors file is memory-mapped and its header checked, whole, before anything else is
// believed (https://github.com/huggingface/safetensors, "Format"), more strictly than the reference
// reader where that lets two readers see different things in one file: no name stands twice, keys
// are matched by case, the header begins with a brace and is padded with spaces alone, offsets
// cover the data exactly. Beyond the mapping, a hostile header costs less than 64 MiB of memory:
// it is scanned in place, and its names, nesting and ranks are limited.
//
// Files of torch.save are read by package torch, which runs no code of theirs, and GGUF files by
// package gguf, as strictly. What their metadata say is turned into the
// config.json and tokenizer.json that GPT-2 has on the hub; what these could not express is refused.
//
// Tensors that nobody asks for are ignored, but their entries are checked like all others.
//
// # Memory
//
// Elements are converted as they are read, straight from the mapping. The pages behind a tensor
// are given back when it is released, and while a large one is read, so that loading a model
// needs little more memory than the weights that its reader keeps. A file that is cut while it is
// mapped faults where it is read: readers make that an error, and [Checkpoint.Check] tells of the
// cuts that do not.
package weights
