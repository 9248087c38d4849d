"""Write the fixtures of package weights with the reference libraries.

    python fixtures.py

dtypes.safetensors   the four number formats of weights, at the edges of their ranges
dtypes.json          the float32 bits that each element stands for, converted by numpy and torch
sharded/             a GPT2LMHeadModel (names begin with "transformer."), in shards
single/              the GPT2Model inside it (names do not), in one file
Needs torch, transformers, safetensors, numpy.
"""
import json, pathlib, shutil
import numpy as np
import torch
from safetensors.torch import save_file
from transformers import GPT2Config, GPT2LMHeadModel

here = pathlib.Path(__file__).parent

F16 = [0x0000, 0x8000, 0x0001, 0x8001, 0x03FF, 0x0400, 0x3C00, 0xBC00, 0x3555, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E00, 0xFE01, 0x7C01]
BF16 = [0x0000, 0x8000, 0x0001, 0x8001, 0x007F, 0x0080, 0x3F80, 0xBF80, 0x3EAB, 0x7F7F, 0xFF7F, 0x7F80, 0xFF80, 0x7FC0, 0xFFC1, 0x7F81]
F32 = [0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007FFFFF, 0x00800000, 0x3F800000, 0x3EAAAAAB, 0x7F7FFFFF, 0xFF7FFFFF,
       0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00001, 0x7F800001]
F64 = [0.0, -0.0, 1.0, 1 / 3, -1 / 3, 1 + 2**-24, 1 + 2**-24 + 2**-50, 1 + 3 * 2**-24, 2**-126, 2**-127, 2**-149, 2**-150, 2**-150 * 1.0001,
       -(2**-150), 3 * 2**-150, 5e-324, (2 - 2**-23) * 2.0**127, (2 - 2**-24) * 2.0**127, (2 - 2**-24) * 2.0**127 * (1 - 2**-53), 1e39, -1e39, float("inf"), float("-inf"), float("nan")]

tensors = {
    "F16": torch.from_numpy(np.array(F16, np.uint16).view(np.float16)).reshape(2, 8),
    "BF16": torch.from_numpy(np.array(BF16, np.uint16).view(np.int16)).view(torch.bfloat16).reshape(4, 4),
    "F32": torch.from_numpy(np.array(F32, np.uint32).view(np.float32)).reshape(3, 5),
    "F64": torch.from_numpy(np.array(F64)).reshape(2, 3, 4),
    "scalar": torch.tensor(2.5),
    "nothing": torch.zeros(0, 3, dtype=torch.float16),
    "integers": torch.arange(6).reshape(2, 3),
    "mask": torch.tensor([True, False, True]),
}
save_file(tensors, here / "dtypes.safetensors", metadata={"format": "pt", "größe \"∞\"": "\\ \n \U0001f600"})

def bits(t):
    values = t.to(torch.float32) if t.dtype == torch.bfloat16 else torch.from_numpy(np.asarray(t.numpy()).astype(np.float32))
    return values.reshape(-1).numpy().view(np.uint32).tolist()

with np.errstate(over="ignore", invalid="ignore"):
    expected = {k: bits(t) for k, t in tensors.items() if t.is_floating_point()}
(here / "dtypes.json").write_text(json.dumps(expected) + "\n")

torch.manual_seed(3)
model = GPT2LMHeadModel(GPT2Config(vocab_size=19, n_positions=8, n_embd=12, n_layer=2, n_head=3, bos_token_id=0, eos_token_id=0))
for name, m, size in ("sharded", model, "4KB"), ("single", model.transformer, "1MB"):
    shutil.rmtree(here / name, ignore_errors=True)
    m.save_pretrained(here / name, max_shard_size=size)
    (here / name / "generation_config.json").unlink(missing_ok=True)
