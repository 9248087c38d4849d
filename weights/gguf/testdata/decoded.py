"""Write types.gguf and types.f32: random blocks of each type that can be decoded, and the float32 bits
that gguf-py decodes them to, one tensor after the other. Needs gguf and numpy."""
import pathlib
import numpy as np
import gguf
from gguf.constants import GGML_QUANT_SIZES
from gguf.quants import dequantize

here = pathlib.Path(__file__).parent
random = np.random.default_rng(7)
HALVES = {"Q8_0": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q4_K": [0, 2], "Q6_K": [208]}
writer = gguf.GGUFWriter(here / "types.gguf", "none")
numbers = b""
for name in "F32", "F16", "BF16", *HALVES:
    kind = gguf.GGMLQuantizationType[name]
    elements, size = GGML_QUANT_SIZES[kind]
    rows = 2
    blocks = random.integers(0, 256, (rows * 512 // elements, size), np.uint8)
    for at in HALVES.get(name, []):  # finite scales, some of them denormal
        scales = random.normal(0, 1, len(blocks)).astype(np.float16)
        scales[::3] *= np.float16(2**-16)
        blocks[:, at : at + 2] = scales.view(np.uint8).reshape(-1, 2)
    if name == "F32":
        blocks = random.normal(0, 1, (len(blocks), 1)).astype(np.float32).view(np.uint8)
    elif name in ("F16", "BF16"):
        blocks[:, 1] &= 0xBB  # no infinity, no NaN
    data = blocks.reshape(rows, -1)
    writer.add_tensor(name, data.view(np.float32) if name == "F32" else data.view(np.float16) if name == "F16" else data, raw_dtype=kind)
    numbers += dequantize(data.view(np.float32) if name == "F32" else data.view(np.float16) if name == "F16" else data, kind).astype(np.float32).tobytes()
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
(here / "types.f32").write_bytes(numbers)
