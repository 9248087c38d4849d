// Package tokenizer turns text into a GPT-2 model's token ids and back.
//
// It is byte-level BPE as the Hugging Face tokenizers library computes it, id for id: GPT-2's
// regular expression cuts the text into words, a word's bytes become letters of a 256-letter
// alphabet, and the merges of the vocabulary join them, lowest rank first (Radford et al. 2019,
// section 2.2; Sennrich et al. 2016).
//
// # Files
//
// [Open] reads tokenizer.json; where that is missing, vocab.json with merges.txt, or the same two
// under OpenAI's names, encoder.json with vocab.bpe. The pair is read as GPT-2's own, with
// "<|endoftext|>", where the vocabulary has it, for the one special token; an added_tokens.json
// beside it that has more is refused. A folder with none of them gives [ErrNone].
//
// # What is honoured
//
// From tokenizer.json: a BPE model with ignore_merges, unk_token and fuse_unk; a ByteLevel
// pre_tokenizer with add_prefix_space and use_regex; a ByteLevel decoder; added tokens with lstrip,
// rstrip, normalized and special. A post_processor is only let through where it leaves the ids
// alone: Encode adds no tokens, so ByteLevel, BertProcessing, RobertaProcessing and a
// TemplateProcessing that has the text once are harmless.
//
// What would change a result and is not here is refused, never ignored: normalizers, other
// pre-tokenizers, decoders and models, dropout, continuing_subword_prefix, end_of_word_suffix,
// byte_fallback that could happen, and single_word. Such an error is [ErrNeedsDaulet]. Truncation
// and padding are left out by either implementation, as transformers does where nobody asks for
// them: Encode gives the whole text and nothing else.
//
// # Unicode
//
// Which characters are letters, numbers and spaces is Unicode 16.0, as in Oniguruma, whose tables
// tokenizers uses, whatever version Go's package unicode has.
//
// # Limits
//
// A file has at most 64 MiB, and ids, merges and the bytes of all added tokens stay below 2^20.
// Encode takes time in n log n of the text's length, whatever the text.
//
// # daulet
//
// With the build tag daulet, [OpenWith] also offers github.com/daulet/tokenizers, which is the Rust
// library itself behind cgo. The two are fuzzed against each other.
package tokenizer
