"""Records what PyTorch's FlopCounterMode counts of GPT-2's forward passes.

    HF_HUB_OFFLINE=1 python meter/theory/testdata/record.py

writes flopcounter.json beside this file: for each shape and kind of attention, passes over `tokens` new tokens with
`past` cached that return the last `logits` rows of logits, with the FLOPs by operator. Weights are random: they do not
matter, but every pass is run.
"""

import json
from pathlib import Path

import torch
import transformers
from torch.utils.flop_counter import FlopCounterMode
from transformers import GPT2Config, GPT2LMHeadModel

SHAPES = [
    dict(layers=3, heads=5, width=35, inner=71, vocabulary=61, positions=160),
    dict(layers=2, heads=16, width=64, inner=256, vocabulary=97, positions=160),
    dict(layers=12, heads=12, width=768, inner=3072, vocabulary=50257, positions=1024),
]
PROMPTS = [1, 2, 127, 128, 129]
# Conv1D is an addmm, the head a Linear without bias.
OPERATORS = {
    "aten.addmm": "linear",
    "aten.mm": "unembed",
    "aten.bmm": "attention",
    "aten._scaled_dot_product_flash_attention_for_cpu": "attention",
}


def count(model: GPT2LMHeadModel, tokens: int, past: int, logits: int) -> dict:
    ids = torch.arange(past + tokens).unsqueeze(0) % model.config.vocab_size
    cache = model(ids[:, :past], use_cache=True, logits_to_keep=1).past_key_values if past else None
    with FlopCounterMode(display=False) as counter:
        out = model(ids[:, past:], past_key_values=cache, use_cache=True, logits_to_keep=logits)
    assert out.logits.shape[1] == logits
    flops = dict(linear=0, attention=0, unembed=0)
    for operator, n in counter.get_flop_counts()["Global"].items():
        flops[OPERATORS[str(operator)]] += n
    assert sum(flops.values()) == counter.get_total_flops()
    return dict(tokens=tokens, past=past, logits=logits, **flops)


@torch.no_grad()
def main():
    runs = []
    for shape in SHAPES:
        for attention in ("eager", "sdpa"):
            config = GPT2Config(
                n_layer=shape["layers"], n_head=shape["heads"], n_embd=shape["width"], n_inner=shape["inner"],
                vocab_size=shape["vocabulary"], n_positions=shape["positions"], attn_implementation=attention,
                bos_token_id=0, eos_token_id=0,
            )  # fmt: skip
            model = GPT2LMHeadModel(config).eval()
            passes = [(prompt, 0, logits) for prompt in PROMPTS for logits in sorted({1, prompt})]
            passes += [(1, prompt, 1) for prompt in PROMPTS]  # decode steps
            passes += [(7, 120, 1), (7, 120, 7)]  # a later part of a prompt
            runs.append(dict(shape=shape, parameters=sum(p.numel() for p in model.parameters()), attention=attention,
                             passes=[count(model, *p) for p in passes]))  # fmt: skip
    versions = dict(torch=torch.__version__.split("+")[0], transformers=transformers.__version__)
    text = json.dumps(dict(versions=versions, runs=runs))
    for start in ('{"shape"', '{"tokens"'):
        text = text.replace(" " + start, "\n" + start).replace("[" + start, "[\n" + start)
    Path(__file__).with_name("flopcounter.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
