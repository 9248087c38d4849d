"""gptmeter, measured by its own commands."""

import json
import os
import re
import subprocess
from pathlib import Path

import numpy as np

import model
from settings import BATCH, BATCH_STEPS, CHECKED, GENERATE, PROMPT, SHARE_SECONDS, THREADS
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

    def bench(self, *flags: object) -> dict:
        common = ["--dtype", self.dtype, "--threads", THREADS, "--peak-seconds", self.peak_seconds, "--repetitions", self.repetitions]
        return json.loads(run(self.binary, "bench", "--model", self.model, "-o", "json", *common, *flags))

    def test(self, name: str) -> dict:
        """Tokens a second of a test, and the machine's peaks beside it."""
        report = self.bench(*{
            "prefill": ["--prompt", PROMPT, "--generate", "none", "--batch", 1],
            "decode": ["--prompt", "none", "--generate", GENERATE, "--batch", 1],
            "batch": ["--prompt", "none", "--generate", BATCH_STEPS, "--batch", BATCH],
        }[name])
        return sample(report, report["results"][0])

    def shares(self, file: Path, model: str) -> list[dict]:
        """What steps reach of the machine's peaks, step by step beside the probes: BenchmarkShare, compiled as file."""
        flags = ["-test.run", "^$", "-test.bench", f"Share/model={model}$/dtype={self.dtype}$", "-test.benchtime", f"{SHARE_SECONDS}s"]
        found = re.findall(r"/(test=\S+)-\d+\s.*?([\d.]+) of-peak\s+([\d.]+) tokens/s", run(file.absolute(), *flags))
        if not found:
            raise RuntimeError("the benchmark said nothing")
        return [{"of": test, "share": float(share), "tokens_per_second": float(rate)} for test, share, rate in found]


def sample(report: dict, result: dict) -> dict:
    return {
        "tokens_per_second": result["tokens_per_second"]["median"],
        "peaks": report["machine"]["peaks"],
        "kernel": report["machine"]["kernel"],
    }


def run(*command: object) -> str:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip().splitlines()[0])
    return done.stdout
