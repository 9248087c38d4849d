"""Records how well Hugging Face transformers finds that the model inside the binary foretells texts.

    HF_HUB_OFFLINE=1 python engine/testdata/perplexity.py

writes perplexity.json beside this file: for each text and stride the tokens that are scored and their negative
log-likelihood, in nats, in float32 on the CPU. Windows are those of the guide to the perplexity of fixed-length models
(https://huggingface.co/docs/transformers/perplexity), but log-likelihoods are added up over tokens. The guide multiplies
a window's mean by one less than the tokens it is of; what it then prints stands beside it as guide_perplexity.

"held out" is the last 5 % of the stories in ../shared/data/tinystories/sample.txt, which tiny was not trained on.
"""

import json
import math
from pathlib import Path

import torch
import transformers
from transformers import AutoTokenizer, GPT2LMHeadModel

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
END = "<|endoftext|>"


def held_out() -> str:
    """The stories as train.py divides them, each between two <|endoftext|>."""
    text = (ROOT / "../shared/data/tinystories/sample.txt").read_text(encoding="utf-8")
    stories = [s for s in map(str.strip, text.split(END)) if len(s) > 100]
    return END + END.join(stories[int(len(stories) * 0.95) :]) + END


@torch.no_grad()
def score(model: GPT2LMHeadModel, ids: torch.Tensor, stride: int) -> dict:
    length, seen = model.config.n_positions, 0
    total, tokens, guide_total, guide_tokens = 0.0, 0, 0.0, 0
    for begin in range(0, len(ids), stride):
        end = min(begin + length, len(ids))
        window = ids[begin:end]
        target = window.clone()
        target[: len(window) - (end - seen)] = -100
        log = torch.log_softmax(model(window[None]).logits[0, :-1].double(), -1)
        wanted = target[1:] != -100
        nll = -log[wanted].gather(-1, window[1:][wanted][:, None]).sum().item()
        n = int(wanted.sum())
        total, tokens = total + nll, tokens + n
        weight = int((target != -100).sum()) - 1
        if n and weight:
            guide_total, guide_tokens = guide_total + nll / n * weight, guide_tokens + weight
        seen = end
        if end == len(ids):
            break
    return dict(stride=stride, tokens=tokens, nll=total, guide_perplexity=math.exp(guide_total / guide_tokens))


def main() -> None:
    model = GPT2LMHeadModel.from_pretrained(ROOT / "weights/tiny", dtype=torch.float32, attn_implementation="eager").eval()
    tokenizer = AutoTokenizer.from_pretrained(ROOT / "weights/tiny")
    texts = {"story.txt": (HERE / "story.txt").read_text(encoding="utf-8"), "held out": held_out()}
    out = dict(transformers=transformers.__version__, torch=torch.__version__, texts=[])
    for name, text in texts.items():
        ids = torch.tensor(tokenizer(text).input_ids)
        strides = [50, 128, 255, 256] if name == "story.txt" else [256]
        out["texts"].append(dict(name=name, text_tokens=len(ids), scores=[score(model, ids, s) for s in strides]))
    (HERE / "perplexity.json").write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
