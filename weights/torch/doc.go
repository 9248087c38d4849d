// Package torch finds the tensors in files that torch.save has written: pytorch_model.bin. It knows
// no model.
//
// Such a file is a pickle, a program for a machine that can call any function of Python, with the
// numbers beside it: in the members of a zip archive since PyTorch 1.6, one after the other before
// (the "legacy" form). The machine here has no functions to call. It knows the 32 instructions that
// a dictionary of tensors takes, and, as things that a pickle may name, OrderedDict, the types of
// storages, and three of torch's functions that put a tensor together; whatever else a file asks
// for is refused by name. Those are a part of what torch.load allows with weights_only.
//
// # Files are not trusted
//
// Numbers are never copied: a [Tensor] says where they lie in the file, which is in memory, as a
// mapping is. Members of an archive must therefore be stored, as torch does, and not compressed.
// Their names lead nowhere but into the archive's own directory. Sizes, offsets and strides are
// checked against the storage with arithmetic that cannot overflow. A tensor must not have more
// elements than its storage, which an expanded one has. Pickles and directories have at most 8 and
// 2 MiB, and a pickle makes at most 2^18 things, so that beyond the file a hostile one costs less
// than 64 MiB.
//
// github.com/nlpodyssey/gopickle reads such files too: it copies every storage to the heap, builds
// whatever class a pickle names, and bounds nothing.
package torch
