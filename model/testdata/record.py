"""Records what Hugging Face transformers computes for small random GPT-2 checkpoints.

    HF_HUB_OFFLINE=1 python model/testdata/record.py

writes reference/<variant>/ beside this file, the same bytes for the same versions (reference/versions.json) and CPU:

    config.json, model*.safetensors  the checkpoint, as save_pretrained writes it
    expected.json                    prompt ids; the ids that greedy decoding adds (eos is no stop);
                                     margin: the smallest gap between the two largest logits over those steps
    expected.safetensors             F32, for the T prompt positions: logits (T, V), block.<i> (T, C) the output of
                                     block i, ln_f (T, C)

Everything is computed in float32 from the stored values, on the CPU, with eager attention. Parameters are drawn so that
each one matters: a fresh model has zero biases, unit gains and attention that is flat.
"""

import copy
import json
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import GPT2Config, GPT2LMHeadModel

REFERENCE = Path(__file__).parent / "reference"
BASE = dict(vocab_size=61, n_positions=40, n_embd=18, n_layer=2, n_head=3, bos_token_id=0, eos_token_id=0)
GREEDY = 16


@dataclass
class Variant:
    config: dict = field(default_factory=dict)  # over BASE
    prompt: int = 24  # tokens
    seed: int = 1
    dtype: torch.dtype = torch.float32  # of the file
    shard: str | None = None  # largest shard
    base_model: bool = False  # saved from GPT2Model: no "transformer." before the names
    finish: Callable[[Path], None] = lambda folder: None  # edits the saved files
    outliers: bool = False


def edit_config(edit: Callable[[dict], dict]) -> Callable[[Path], None]:
    def finish(folder: Path):
        file = folder / "config.json"
        file.write_text(json.dumps(edit(json.loads(file.read_text())), indent=2) + "\n")

    return finish


ALIASES = dict(n_embd="hidden_size", n_positions="max_position_embeddings", n_head="num_attention_heads",
               n_layer="num_hidden_layers")  # fmt: skip
SHAPE = ("model_type", "vocab_size", "n_positions", "n_embd", "n_layer", "n_head")


def add_old_buffers(folder: Path):
    """Adds the causal mask and its fill value, which older releases stored in various dtypes."""
    file = folder / "model.safetensors"
    tensors = load_file(file)
    n = BASE["n_positions"]
    for layer, dtype in enumerate((torch.uint8, torch.float32)):
        tensors[f"transformer.h.{layer}.attn.bias"] = torch.ones(n, n).tril().view(1, 1, n, n).to(dtype)
        tensors[f"transformer.h.{layer}.attn.masked_bias"] = torch.tensor(-1e4)
    save_file(tensors, file, metadata={"format": "pt"})


VARIANTS = {
    "gelu_new": Variant(),
    "gelu": Variant(dict(activation_function="gelu")),
    "relu": Variant(dict(activation_function="relu")),
    "gelu_pytorch_tanh": Variant(dict(activation_function="gelu_pytorch_tanh")),
    "gelu_fast": Variant(dict(activation_function="gelu_fast")),
    "silu": Variant(dict(activation_function="silu")),
    "tanh": Variant(dict(activation_function="tanh")),
    "n_inner": Variant(dict(n_inner=37)),
    "layer_norm_epsilon": Variant(dict(layer_norm_epsilon=1e-3)),
    "scale_attn_weights": Variant(dict(scale_attn_weights=False)),
    "scale_attn_by_inverse_layer_idx": Variant(dict(scale_attn_by_inverse_layer_idx=True, n_layer=3)),
    "reorder_and_upcast_attn": Variant(dict(reorder_and_upcast_attn=True)),
    "inverse_layer_idx_unscaled": Variant(
        dict(scale_attn_by_inverse_layer_idx=True, scale_attn_weights=False, n_layer=3)
    ),
    "inverse_layer_idx_reordered": Variant(
        dict(scale_attn_by_inverse_layer_idx=True, reorder_and_upcast_attn=True, n_layer=3)
    ),
    "untied": Variant(dict(tie_word_embeddings=False)),
    # lm_head.weight differs from wte.weight though the config ties them: transformers 5 takes the file's word.
    "tied_with_head": Variant(
        dict(tie_word_embeddings=False), finish=edit_config(lambda c: c | dict(tie_word_embeddings=True))
    ),
    "base_model": Variant(base_model=True),
    "old_buffers": Variant(finish=add_old_buffers),
    "config_defaults": Variant(finish=edit_config(lambda c: {key: c[key] for key in SHAPE})),
    "config_aliases": Variant(finish=edit_config(lambda c: {ALIASES.get(k, k): v for k, v in c.items()})),
    "head_size_7": Variant(dict(n_embd=35, n_head=5, vocab_size=97), seed=4),
    "head_size_5": Variant(dict(n_embd=15, n_head=3, vocab_size=73)),
    "head_size_1": Variant(dict(n_embd=7, n_head=7, vocab_size=67)),
    "one_head": Variant(dict(n_embd=33, n_head=1, n_layer=1)),
    "long": Variant(dict(n_embd=10, n_head=2, n_positions=150), prompt=135, seed=6),
    "full_context": Variant(prompt=BASE["n_positions"]),
    "f16": Variant(dtype=torch.float16),
    "bf16": Variant(dtype=torch.bfloat16),
    "f64": Variant(dtype=torch.float64),
    "sharded": Variant(shard="16KB"),
    "outliers": Variant(outliers=True, seed=7),
}


def randomise(model: GPT2LMHeadModel, variant: Variant):
    """Draws every parameter; scores, activations and logits then have a spread of a few units."""
    generator = torch.Generator().manual_seed(variant.seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype)
            if name.endswith("bias"):
                parameter.copy_(0.3 * noise)
            elif ".ln_" in name:
                parameter.copy_(1 + 0.3 * noise)
            elif name.endswith("wpe.weight"):  # over wte, or greedy decoding would repeat the last token
                parameter.copy_(2 * noise)
            elif name.endswith(("wte.weight", "lm_head.weight")):
                parameter.copy_(noise)
            else:  # Conv1D, (in, out)
                parameter.copy_(noise * 1.5 / math.sqrt(parameter.shape[0]))
        if variant.outliers:  # two residual channels 50 times the rest, as trained GPT-2 has them
            transformer = model.transformer
            transformer.wpe.weight[:, 3] *= 50
            for block in transformer.h:
                block.mlp.c_proj.weight[:, 11] *= 50
                block.ln_2.weight[5] *= 50


def save(variant: Variant, folder: Path):
    model = GPT2LMHeadModel(GPT2Config(**BASE | variant.config)).double()
    randomise(model, variant)
    saved = model.transformer if variant.base_model else model
    saved.to(variant.dtype).save_pretrained(folder, max_shard_size=variant.shard or "5GB")
    (folder / "generation_config.json").unlink(missing_ok=True)
    variant.finish(folder)


def forward(model: GPT2LMHeadModel, ids: list[int]) -> dict[str, torch.Tensor]:
    """Returns logits (T, V), and block.<i> and ln_f (T, C)."""
    outputs = {}

    def keep(name):
        return lambda module, args, output: outputs.update({name: output[0].clone()})

    hooks = [block.register_forward_hook(keep(f"block.{i}")) for i, block in enumerate(model.transformer.h)]
    hooks.append(model.transformer.ln_f.register_forward_hook(keep("ln_f")))
    with torch.no_grad():
        outputs["logits"] = model(torch.tensor([ids]), use_cache=False).logits[0]
    for hook in hooks:
        hook.remove()
    return outputs


def greedy(model: GPT2LMHeadModel, ids: list[int]) -> tuple[list[int], float]:
    """Returns the added ids, the last of which needs no position of its own, and the smallest margin."""
    added, margin = [], math.inf
    for _ in range(min(GREEDY, model.config.n_positions - len(ids) + 1)):
        top = forward(model, ids + added)["logits"][-1].topk(2)
        added.append(top.indices[0].item())
        margin = min(margin, (top.values[0] - top.values[1]).item())
    return added, margin


def tolerance(logits: torch.Tensor) -> float:
    """Returns the difference of log-probabilities that the Go test allows."""
    return 1e-4 + 1e-6 * logits.abs().max().item()


def log_prob_error(got: torch.Tensor, want: torch.Tensor) -> float:
    """Returns the largest difference of log-probabilities in tolerances."""
    difference = got.double().log_softmax(-1) - want.double().log_softmax(-1)
    return difference.abs().max().item() / tolerance(want)


def rounding(model: GPT2LMHeadModel, ids: list[int], outputs: dict[str, torch.Tensor]) -> float:
    """Returns the largest error of outputs against the same computation in float64, in tolerances."""
    double = copy.deepcopy(model).double()
    for block in double.transformer.h:
        block.attn.reorder_and_upcast_attn = False  # would go back to float32
    exact = forward(double, ids)
    errors = [log_prob_error(outputs["logits"], exact["logits"])]
    for name in outputs.keys() - {"logits"}:
        errors.append(((outputs[name] - exact[name]).abs().max() / exact[name].abs().max()).item() / 1e-5)
    return max(errors)


# Keys whose loss must show; reorder_and_upcast_attn is not one, as in float32 it changes rounding alone.
KNOBS = {"activation_function", "layer_norm_epsilon", "scale_attn_weights", "scale_attn_by_inverse_layer_idx"}
AS_GELU_NEW = {"gelu_fast", "gelu_pytorch_tanh"}  # the default's function, up to rounding


def neglect(variant: Variant, model: GPT2LMHeadModel, ids: list[int], outputs: dict[str, torch.Tensor]) -> float:
    """Returns the smallest error, in tolerances, of an engine that ignores one of the variant's knobs."""
    errors = []
    for knob in KNOBS & variant.config.keys():
        if variant.config[knob] in AS_GELU_NEW:
            continue
        config = {key: value for key, value in variant.config.items() if key != knob}
        other = GPT2LMHeadModel._from_config(GPT2Config(**BASE | config), attn_implementation="eager").eval()
        other.load_state_dict(model.state_dict())
        errors.append(log_prob_error(forward(other, ids)["logits"], outputs["logits"]))
    return min(errors, default=math.inf)


def record(name: str, variant: Variant):
    folder = REFERENCE / name
    save(variant, folder)
    model = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    generator = torch.Generator().manual_seed(variant.seed)
    vocab = model.config.vocab_size
    ids = [0, vocab - 1] + torch.randint(vocab, (variant.prompt - 2,), generator=generator).tolist()

    outputs = forward(model, ids)
    added, margin = greedy(model, ids)
    checks = {
        "rounding alone fails it": rounding(model, ids, outputs) < 0.25,
        "an engine that ignores a knob passes it": neglect(variant, model, ids, outputs) > 10,
        "rounding alone changes its greedy ids": margin > 10 * tolerance(outputs["logits"]),
        "its greedy ids hardly vary": len(set(added)) > 2 or variant.prompt == model.config.n_positions,
    }
    for fault in (fault for fault, passed in checks.items() if not passed):
        raise SystemExit(f"{name}: choose another seed: {fault}")
    save_file(outputs, folder / "expected.safetensors")
    (folder / "expected.json").write_text(json.dumps(dict(prompt=ids, greedy=added, margin=margin)) + "\n")


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    shutil.rmtree(REFERENCE, ignore_errors=True)
    for name, variant in VARIANTS.items():
        record(name, variant)
    versions = dict(torch=torch.__version__, transformers=transformers.__version__)
    (REFERENCE / "versions.json").write_text(json.dumps(versions) + "\n")


if __name__ == "__main__":
    main()
