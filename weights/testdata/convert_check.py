"""Check what `gptmeter convert` writes with the libraries of others.

    python convert_check.py GPTMETER [MODEL …]

Each MODEL, a folder with safetensors (testdata/gguf/hf, testdata/single), is written as GGUF and read with
the gguf package, and written as safetensors again and read with transformers: tensors must have the
same bits, linear layers being transposed in GGUF, and transformers the same logits and ids.
Needs gguf, torch, transformers, safetensors.
"""
import pathlib, subprocess, sys, tempfile
import gguf
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

NAMES = {"wte": "token_embd", "wpe": "position_embd", "ln_f": "output_norm", "lm_head": "output", "ln_1": "attn_norm", "ln_2": "ffn_norm",
         "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output", "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down"}

def gguf_name(name):
    name = name.removeprefix("transformer.")
    block = ""
    if name.startswith("h."):
        _, number, name = name.split(".", 2)
        block = f"blk.{number}."
    base, _, kind = name.rpartition(".")
    return f"{block}{NAMES[base]}.{kind}"

here = pathlib.Path(__file__).resolve().parent
gptmeter, *models = sys.argv[1:]
for model in map(pathlib.Path, models or [here / "gguf" / "hf", here / "single"]):
    with tempfile.TemporaryDirectory() as folder:
        to = pathlib.Path(folder)
        run = lambda *args: subprocess.run([gptmeter, "convert", *map(str, args)], check=True, stdout=subprocess.DEVNULL)
        run(model, to / "a.gguf")
        run(to / "a.gguf", to / "again")
        run("--dtype", "f16", model, to / "half.gguf")
        want = load_file(model / "model.safetensors")
        reader = gguf.GGUFReader(to / "a.gguf")
        got = {t.name: t for t in reader.tensors}
        assert len(got) == len(want)
        for name, x in want.items():
            if ".c_" in name and x.dim() == 2:
                x = x.T
            t = got[gguf_name(name)]
            assert torch.equal(torch.from_numpy(t.data.copy()).view(x.shape), x.float()), name
            assert t.data_offset % 32 == 0
        half = {t.name: t.tensor_type.name for t in gguf.GGUFReader(to / "half.gguf").tensors}
        assert {kind for name, kind in half.items() if name.endswith("_embd.weight") or "_qkv.w" in name} == {"F16", "F32"}
        ids = torch.tensor([[1, 2, 3, 5, 8, 13]])
        logits = [AutoModelForCausalLM.from_pretrained(m).eval()(ids).logits for m in (model, to / "again")]
        assert torch.equal(*logits)
        if (model / "tokenizer.json").exists():
            a, b = [PreTrainedTokenizerFast(tokenizer_file=str(m / "tokenizer.json")) for m in (model, to / "again")]
            for text in "Once upon a time", "  it's   1234 – größer\n\n", "<|endoftext|>Hi <user>", "日本 🦀":
                assert a.encode(text) == b.encode(text), text
        print(model.name, "ok:", len(want), "tensors")
