"""The model that all peers run: GPT-2 124M of random weights, the same in each peer's own format.

Every function writes into a folder what it is called for, unless it is there already.
"""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

LAYERS, HEADS, WIDTH, CONTEXT, VOCABULARY = 12, 12, 768, 1024, 50257
END = "<|endoftext|>"


def once(make: Callable[..., None]) -> Callable[..., Path]:
    """Has make write to a name of its own, and takes the result over when it is whole."""

    def made(to: Path, *args: object) -> Path:
        if not to.exists():
            part = to.with_name("part-" + to.name)
            subprocess.run(["rm", "-rf", part], check=True)
            part.parent.mkdir(parents=True, exist_ok=True)
            make(part, *args)
            os.rename(part, to)
        return to

    return made


@once
def synthetic(to: Path) -> None:
    """A folder as on the Hugging Face hub, without a tokenizer. Biases and gains are random too, so that each matters."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(1)
    model = GPT2LMHeadModel(GPT2Config())
    with torch.no_grad():
        for p in model.parameters():
            if p.dim() == 1:
                p.add_(0.05 * torch.randn_like(p))
    model.save_pretrained(to)


def vocabulary() -> tuple[list[str], list[str]]:
    """A byte-level BPE of GPT-2's size: the 256 bytes, pairs of them, and <|endoftext|>. For converters that want one."""
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [b for b in range(256) if b not in visible]
    letters = [chr(b) for b in visible] + [chr(256 + i) for i in range(len(hidden))]
    merges = [f"{a} {b}" for a in letters for b in letters][: VOCABULARY - 257]
    return letters + [m.replace(" ", "") for m in merges] + [END], merges


@once
def with_tokenizer(to: Path, model: Path) -> None:
    """The model's folder with tokenizer files."""
    to.mkdir()
    for file in model.iterdir():
        (to / file.name).symlink_to(file.resolve())
    tokens, merges = vocabulary()
    (to / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(tokens)}))
    (to / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    (to / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "GPT2Tokenizer", "bos_token": END, "eos_token": END, "unk_token": END}))


@once
def gguf_f32(to: Path, model: Path) -> None:
    """Names and shapes are those of llama.cpp's own converter, which wants a vocabulary that it knows."""
    import gguf
    from safetensors.numpy import load_file

    w = gguf.GGUFWriter(to, "gpt2")
    w.add_name("synthetic")
    w.add_block_count(LAYERS)
    w.add_context_length(CONTEXT)
    w.add_embedding_length(WIDTH)
    w.add_feed_forward_length(4 * WIDTH)
    w.add_head_count(HEADS)
    w.add_layer_norm_eps(1e-5)
    w.add_file_type(gguf.LlamaFileType.ALL_F32)
    tokens, merges = vocabulary()
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("gpt-2")
    w.add_token_list(tokens)
    w.add_token_merges(merges)
    w.add_token_types([gguf.TokenType.NORMAL] * (VOCABULARY - 1) + [gguf.TokenType.CONTROL])
    w.add_bos_token_id(VOCABULARY - 1)
    w.add_eos_token_id(VOCABULARY - 1)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.GPT2, LAYERS)
    for name, tensor in load_file(model / "model.safetensors").items():
        if name.endswith(("c_attn.weight", "c_fc.weight", "c_proj.weight")):
            tensor = tensor.T.copy()
        w.add_tensor(names.get_name(name, try_suffixes=(".weight", ".bias")), tensor)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


@once
def gguf(to: Path, f32: Path, kind: str, tools: Path) -> None:
    """llama.cpp's own quantisation. "pure" has every matrix in that format, else the output's is finer."""
    flags = ["--pure"] if kind.endswith(" pure") else []
    subprocess.run([tools / "llama-quantize", *flags, f32, to, kind.removesuffix(" pure"), "2"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@once
def ctranslate2(to: Path, model: Path, kind: str) -> None:
    from ctranslate2.converters import TransformersConverter

    TransformersConverter(str(model)).convert(str(to), quantization={"f32": "float32"}.get(kind, kind))


@once
def openvino(to: Path, model: Path, kind: str) -> None:
    """A stateful model (keys and values stay inside) with logits for the last position."""
    import openvino as ov
    import torch
    from openvino._offline_transformations import apply_make_stateful_transformation
    from transformers import GPT2LMHeadModel

    gpt2 = GPT2LMHeadModel.from_pretrained(model).eval()

    class Stateful(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gpt2 = gpt2

        def forward(self, ids, positions, beams, *past):
            t = self.gpt2.transformer
            x = t.wte(ids) + t.wpe(positions)
            batch, rows = ids.shape[0], ids.shape[1]
            before = past[0].shape[2]
            mask = torch.arange(before + rows)[None, :] > (before + torch.arange(rows))[:, None]
            mask = torch.zeros(rows, before + rows).masked_fill(mask, float("-inf"))[None, None]
            out = []
            for i, b in enumerate(t.h):
                q, k, v = b.attn.c_attn(b.ln_1(x)).split(WIDTH, dim=2)
                q, k, v = (a.view(batch, rows, HEADS, WIDTH // HEADS).transpose(1, 2) for a in (q, k, v))
                k = torch.cat([past[2 * i].index_select(0, beams), k], dim=2)
                v = torch.cat([past[2 * i + 1].index_select(0, beams), v], dim=2)
                out += [k, v]
                a = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
                x = x + b.attn.c_proj(a.transpose(1, 2).reshape(batch, rows, WIDTH))
                x = x + b.mlp(b.ln_2(x))
            return self.gpt2.lm_head(t.ln_f(x[:, -1:])), *out

    past = [torch.zeros(2, HEADS, 3, WIDTH // HEADS) for _ in range(2 * LAYERS)]
    ids = torch.zeros(2, 5, dtype=torch.int64)
    with torch.no_grad():
        m = ov.convert_model(Stateful(), example_input=(ids, ids + 1, torch.arange(2, dtype=torch.int32), *past))
    names = ["ids", "positions", "beams"] + [f"past.{i}" for i in range(2 * LAYERS)]
    for port, name in zip(m.inputs, names):
        port.get_tensor().set_names({name})
        shape = {"ids": [-1, -1], "positions": [-1, -1], "beams": [-1]}.get(name, [-1, HEADS, -1, WIDTH // HEADS])
        port.get_node().set_partial_shape(ov.PartialShape(shape))
    for port, name in zip(m.outputs, ["logits"] + [f"present.{i}" for i in range(2 * LAYERS)]):
        port.get_tensor().set_names({name})
    m.validate_nodes_and_infer_types()
    apply_make_stateful_transformation(m, {f"past.{i}": f"present.{i}" for i in range(2 * LAYERS)})
    start_empty(m)
    if kind == "int8":
        import nncf

        m = nncf.compress_weights(m, mode=nncf.CompressWeightsMode.INT8_ASYM)
    to.mkdir()
    ov.save_model(m, to / "model.xml", compress_to_fp16=False)


def start_empty(m: object) -> None:
    """Has keys and values begin with no positions, of as many sequences as there are ids."""
    import numpy as np
    from openvino import opset13 as op

    batch = op.gather(op.shape_of(m.input("ids"), output_type="i64"), op.constant([0]), op.constant(0))
    shape = op.concat([batch, op.constant(np.array([HEADS, 0, WIDTH // HEADS], dtype=np.int64))], axis=0)
    for node in m.get_ops():
        if node.get_type_name() == "ReadValue":
            node.set_arguments([op.broadcast(op.constant(np.float32(0)), shape)])
    m.validate_nodes_and_infer_types()
