// Package model is GPT-2 as transformers' GPT2LMHeadModel computes it: the configuration, the
// names in a checkpoint, the forward pass, the cache. It sees no file and no meter; weights come
// from a Source, and the work is counted by the tensor.Exec that does it.
//
// Fields carry the names of the checkpoint (wte, h.0.attn.c_attn), so that no table is needed
// between the two. Shapes stand at the end of the line where they matter:
//
//	R  rows: the new tokens of all spans of a step
//	C  width of the model, n_embd
//	H  heads, n_head, each C/H wide
//	F  width of the feed-forward layer, n_inner or 4·C
//	V  vocabulary, vocab_size
//	P  longest sequence, n_positions
//
// Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.3.
package model
