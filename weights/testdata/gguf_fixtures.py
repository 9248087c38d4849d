"""Write the fixtures of GGUF with llama.cpp's own converter and quantiser.

    python gguf_fixtures.py LLAMA_CPP LLAMA_QUANTIZE

gguf/hf/         a small GPT2LMHeadModel with a byte-level tokenizer, as transformers writes it
gguf/*.gguf      the same as convert_hf_to_gguf.py writes it (f32, f16), and as llama-quantize does (q8_0)
gguf/ids.json    texts, and the ids that transformers gives them
LLAMA_CPP is a checkout of llama.cpp (of the version in llama-cpp-python 0.3.36). Needs torch, transformers.
"""
import importlib, json, pathlib, shutil, subprocess, sys
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

llama, quantize = map(pathlib.Path, sys.argv[1:])
here = pathlib.Path(__file__).resolve().parent
to = here / "gguf"
shutil.rmtree(to, ignore_errors=True)

TEXTS = ["Once upon a time, there was a little girl.", "  it's   1234 – größer\n\n", "<|endoftext|>Hi<|endoftext|>", "don't <user> stop", "日本 🦀"]
t = Tokenizer(models.BPE())
t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
t.decoder = decoders.ByteLevel()
t.post_processor = processors.ByteLevel(trim_offsets=False)
t.train_from_iterator(TEXTS * 9, trainers.BpeTrainer(vocab_size=280, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
t.add_tokens([AddedToken("<user>", normalized=False)])
tokenizer = PreTrainedTokenizerFast(tokenizer_object=t, bos_token="<|endoftext|>", eos_token="<|endoftext|>")

torch.manual_seed(5)
config = GPT2Config(vocab_size=288, n_positions=24, n_embd=32, n_layer=1, n_head=2, layer_norm_epsilon=2e-5, bos_token_id=0, eos_token_id=0)
config.n_ctx = 24
model = GPT2LMHeadModel(config)
for name, p in model.named_parameters():  # no weight as it is initialised, so that none can be left out
    torch.nn.init.normal_(p, 1.0 if "ln_" in name and "weight" in name else 0.0, 0.3 if "wte" in name else 0.2)
model.save_pretrained(to / "hf")
tokenizer.save_pretrained(to / "hf")
(to / "hf" / "generation_config.json").unlink()
saved = json.loads((to / "hf" / "config.json").read_text())
(to / "hf" / "config.json").write_text(json.dumps(saved | {"n_ctx": 24}, indent=2) + "\n")
(to / "ids.json").write_text(json.dumps({x: tokenizer.encode(x) for x in TEXTS}, ensure_ascii=False) + "\n")

sys.path[:0] = [str(llama), str(llama / "gguf-py")]
# The converter knows tokenizers by a hash of what they make of a text, and so none but published ones.
importlib.import_module("conversion.base").TextModel.get_vocab_base_pre = lambda self, tokenizer: "gpt-2"
convert = importlib.import_module("convert_hf_to_gguf")
for kind in "f32", "f16":
    sys.argv = ["convert_hf_to_gguf.py", str(to / "hf"), "--outtype", kind, "--outfile", str(to / f"{kind}.gguf")]
    convert.main()
subprocess.run([quantize, "--output-tensor-type", "q8_0", "--token-embedding-type", "q8_0", to / "f32.gguf", to / "q8_0.gguf", "Q8_0"], check=True)
