"""Write the fixtures of torch.save with PyTorch itself, from testdata/single (fixtures.py).

torch/zip.bin      a GPT2LMHeadModel's state_dict, in the form of PyTorch 1.6 and later
torch/legacy.bin   the same in the form before that
torch/views.bin    the same, its linear layers transposed, its vectors views of one storage, parameters among them,
                   in float64, float16 and bfloat16 where that loses nothing
torch/sharded/     the same in two files and their index
torch/config.json
Needs torch, transformers, safetensors.
"""
import json, pathlib, shutil
from collections import OrderedDict
import torch
from safetensors.torch import load_file
from transformers import GPT2Config, GPT2LMHeadModel

here = pathlib.Path(__file__).resolve().parent
to = here / "torch"
shutil.rmtree(to, ignore_errors=True)
(to / "sharded").mkdir(parents=True)
for folder in to, to / "sharded":
    shutil.copy(here / "single" / "config.json", folder)
model = GPT2LMHeadModel(GPT2Config.from_pretrained(here / "single"))
model.transformer.load_state_dict(load_file(here / "single" / "model.safetensors"))
state = model.state_dict()
torch.save(state, to / "zip.bin")
torch.save(state, to / "legacy.bin", _use_new_zipfile_serialization=False)

views = OrderedDict()
vectors = [name for name in state if state[name].dim() == 1]
flat = torch.cat([state[name] for name in vectors] + [torch.zeros(5)])
at = 0
for name in state:
    x = state[name]
    if name in vectors:
        x = flat[at : at + len(x)]
        at += len(x)
        if "ln_1" in name:
            x = torch.nn.Parameter(x, requires_grad=False)
    elif ".c_attn" in name:
        x = x.t().contiguous().t()
    elif ".c_proj" in name:
        x = x.double()
    elif "wte" in name:
        wide = torch.zeros(x.shape[0], x.shape[1] + 3)
        wide[:, 1:-2] = x
        x = wide[:, 1:-2]
    elif "wpe" in name:
        sparse = torch.zeros(x.shape[0], 2 * x.shape[1])
        sparse[:, ::2] = x
        x = sparse[:, ::2]
    views[name] = x
views["lm_head.weight"] = views["transformer.wte.weight"]
views["h.0.attn.bias"] = torch.tril(torch.ones(3, 3, dtype=torch.uint8)).bool()
views["half"] = torch.tensor([1.5, -2.0, 65504.0], dtype=torch.float16)
views["bfloat16"] = torch.tensor([1.5, -2.0, 3e38], dtype=torch.bfloat16)
views["integers"] = torch.arange(6).reshape(2, 3)
views["nothing"] = torch.zeros(0, 3)
views["epoch"] = 3
torch.save(views, to / "views.bin")

names = list(state)
weight_map = {name: f"pytorch_model-0000{1 + (i >= 15)}-of-00002.bin" for i, name in enumerate(names)}
for shard in sorted(set(weight_map.values())):
    torch.save({name: state[name].clone() for name in names if weight_map[name] == shard}, to / "sharded" / shard)
(to / "sharded" / "pytorch_model.bin.index.json").write_text(json.dumps({"metadata": {"total_size": 0}, "weight_map": weight_map}, indent=1) + "\n")
