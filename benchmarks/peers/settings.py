"""What is measured."""

import os

QUICK = bool(os.environ.get("QUICK"))  # a try: too short to quote
ROUNDS = int(os.environ.get("ROUNDS", 4))

THREADS = 2
PROMPT = 512  # tokens that are read, with logits for the last
GENERATE = 32 if QUICK else 128  # tokens that are made one after the other, from an empty context
BATCH, BATCH_STEPS = 32, 4 if QUICK else 32  # sequences side by side, and tokens that each of them gets
CHECKED = 64  # tokens of the prompt after which peers' log-probabilities are compared
MODELS = ["gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl"]  # whose shares of the peaks are measured
SHARE_SECONDS = 0.2 if QUICK else 2  # of steps of each kind, and of the probes beside them
PEAK_SECONDS = 0.1 if QUICK else 0.3  # of each peak, beside each of gptmeter's samples

TRIES = int(os.environ.get("TRIES", 1 if QUICK else 5))  # of a sample that others disturb: the least disturbed counts
PATIENCE = float(os.environ.get("PATIENCE", 0 if QUICK else 10))  # seconds to wait for others to leave the processors before each

TESTS = ["prefill", "decode", "batch"]

# How far log-probabilities may be from gptmeter's in float32: another order of sums, keys and values in float16
# (llama.cpp), weights rounded to 16, 8 and 4 bits.
LIMITS = {32: 2e-3, 16: 0.1, 8: 0.25, 4: 1.5}

# A peer, the formats in which it is measured, and the bits of a weight in each.
PEERS = {
    "pytorch": {"f32": 32, "bf16": 16},
    "llama.cpp": {"F32": 32, "F16": 16, "BF16": 16, "Q8_0": 8, "Q4_0": 4, "Q4_0 pure": 4},
    "ctranslate2": {"f32": 32, "int8": 8},
    "openvino": {"f32": 32, "int8": 8},
}
GPTMETER = {"f32": 32, "bf16": 16, "int8": 8, "int4": 4}
