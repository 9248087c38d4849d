"""gptmeter, measured by its own commands."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np

import model
from settings import BATCH, BATCH_STEPS, CHECKED, DEPTH, DEPTH_STEPS, GENERATE, PROMPT, SHAPES, THREADS
from worker import ids

DTYPES = ["f32", "bf16", "int8", "int4"]


class Gptmeter:
    def __init__(self, binary: str, dtype: str, folder: Path, peak_seconds: float, repetitions: int) -> None:
        self.binary, self.dtype, self.model = binary, dtype, str(folder / "model")
        self.peak_seconds, self.repetitions = peak_seconds, repetitions
        self.version = run("git", "describe", "--always", "--dirty").strip()  # it is built just before
        self.logprobs()  # fails here where there is no such format

    def logprobs(self) -> np.ndarray:
        """Of the likeliest tokens; NaN for the others."""
        prompt = ",".join(str(i) for i in ids(CHECKED))
        flags = ["--dtype", self.dtype, "--prompt-ids", prompt, "--max-tokens", 1, "--logprobs", 1024, "--temperature", 0, "--json"]
        answer = json.loads(run(self.binary, "generate", "--model", self.model, "--threads", THREADS, *flags))
        log = np.full(model.VOCABULARY, np.nan)
        for name, value in answer["choices"][0]["logprobs"]["top_logprobs"][0].items():
            log[int(name.removeprefix("token_id:"))] = value
        return log

    def bench(self, *flags: object, of: str | None = None) -> dict:
        common = ["--dtype", self.dtype, "--threads", THREADS, "--peak-seconds", self.peak_seconds, "--repetitions", self.repetitions]
        return json.loads(run(self.binary, "bench", "--model", of or self.model, "-o", "json", *common, *flags))

    def test(self, name: str) -> dict:
        """Tokens a second of a test, and the machine's peaks beside it."""
        report = self.bench(*{
            "prefill": ["--prompt", PROMPT, "--generate", "none", "--batch", 1],
            "decode": ["--prompt", "none", "--generate", GENERATE, "--batch", 1],
            "batch": ["--prompt", "none", "--generate", BATCH_STEPS, "--batch", BATCH],
        }[name])
        return sample(report, report["results"][0])

    def depth(self) -> list[dict]:
        """Decode from an empty context, and after DEPTH tokens."""
        report = self.bench("--prompt", "none", "--generate", DEPTH_STEPS, "--batch", 1, "--depth", f"0,{DEPTH}")
        return [sample(report, r) for r in report["results"]]

    def shape(self, name: str) -> dict:
        report = self.bench("--prompt", "none", "--generate", SHAPES[name], "--batch", 1, of=f"synthetic:{name}")
        return sample(report, report["results"][0])

    def exact(self) -> dict:
        """Products of a prompt of PROMPT tokens with logits for the last, in closed form, without pruning."""
        flags = ["--model", self.model, "--prompt", PROMPT, "--generate", 1, "--json"]
        return json.loads(run(self.binary, "flops", *flags))["exact"]["prefill"]


def sample(report: dict, result: dict) -> dict:
    return {
        "tokens_per_second": result["tokens_per_second"]["median"],
        "bytes_read_per_token": result["bytes_read"] / result["tokens"],
        "peaks": report["machine"]["peaks"],
        "kernel": report["machine"]["kernel"],
    }


def run(*command: object) -> str:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip().splitlines()[0])
    return done.stdout
