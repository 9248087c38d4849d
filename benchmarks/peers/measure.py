"""Measures gptmeter and its peers on this machine, in turn, round by round.

    make peers

Samples are appended to FOLDER/samples-COMMIT.jsonl as they come, so a run that was stopped goes on where it was. What
cannot be installed or run is left out, with the reason. LOCK=FILE takes that lock for each two minutes, for a
machine that others measure on too.
"""

import argparse
import datetime
import fcntl
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import quiet
import report
from gptmeter import Gptmeter
from settings import GPTMETER, LIMITS, MODELS, PATIENCE, PEAK_SECONDS, PEERS, QUICK, ROUNDS, TESTS, THREADS, TRIES

OURS = "gptmeter"


class Worker:
    """A peer in a process of its own, see worker.py."""

    def __init__(self, name: str, dtype: str, folder: Path) -> None:
        env = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
        env |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": str(THREADS)}
        self.log = folder / f"worker-{name}-{dtype.replace(' ', '-')}.log"
        self.process = subprocess.Popen([sys.executable, Path(__file__).parent / "worker.py", name, dtype, folder], env=env,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(self.log, "w"), text=True)
        self.version = self.answer()

    def answer(self) -> object:
        line = self.process.stdout.readline()
        if not line:
            lines = [text for text in self.log.read_text().splitlines() if text.strip()]
            raise RuntimeError(f"{lines[-1] if lines else 'it ended'} (see {self.log})")
        return json.loads(line)

    def ask(self, what: str) -> object:
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        return self.answer()

    def logprobs(self) -> np.ndarray:
        return np.load(self.ask("logprobs"))

    def test(self, name: str) -> dict:
        return {"tokens_per_second": self.ask(name)}


class Samples:
    """What was measured so far. Each sample says what share of the processors others had meanwhile."""

    def __init__(self, file: Path, pids: list[int]) -> None:
        self.file, self.pids, self.lock = file, pids, Lock()
        self.list = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def take(self, measure, **key) -> None:
        """Measures what is not there yet, again where others disturb it. What fails is left out, with the reason."""
        if any(all(s[k] == v for k, v in key.items()) for s in self.list):
            return
        name = " ".join(str(v) for v in key.values())
        tries = []
        while len(tries) < TRIES:
            self.lock.hold()
            quiet.wait(self.pids, PATIENCE)
            watch = quiet.Watch(self.pids)
            try:
                found = measure()
            except Exception as e:
                say(f"{name}: skipped: {e}")
                return
            tries.append((watch.others(), found if isinstance(found, list) else [found]))
            if tries[-1][0] < quiet.BUSY:
                break
        others, found = min(tries, key=lambda t: t[0])
        for f in found:
            s = {**key, "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"), "others": round(others, 4), **f}
            self.list.append(s)
            with self.file.open("a") as file:
                file.write(json.dumps(s) + "\n")
            say(f"{name}: {s['tokens_per_second']:.1f} tokens/s; others had {others:.0%}")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Lock:
    """The lock that LOCK names, given back for a moment every two minutes."""

    def __init__(self) -> None:
        name = os.environ.get("LOCK")
        self.file, self.since = open(name, "a") if name else None, None

    def hold(self) -> None:
        if self.file is None:
            return
        if self.since and time.monotonic() - self.since > 120:
            fcntl.flock(self.file, fcntl.LOCK_UN)
            self.since = None
            time.sleep(0.1)
        if self.since is None:
            fcntl.flock(self.file, fcntl.LOCK_EX)
            self.since = time.monotonic()


def start(folder: Path, binary: str) -> dict:
    """Every peer and format that runs here."""
    runners = {}
    for dtype in GPTMETER:
        runners[OURS, dtype] = lambda d=dtype: Gptmeter(binary, d, folder, PEAK_SECONDS, 2)
    for name, dtypes in PEERS.items():
        for dtype in dtypes:
            runners[name, dtype] = lambda n=name, d=dtype: Worker(n, d, folder)
    started = {}
    for key, make in runners.items():
        try:
            started[key] = make()
        except Exception as e:
            say(f"{' '.join(key)}: skipped: {e}")
    return started


def check(started: dict) -> list[dict]:
    """Holds every peer's log-probabilities to gptmeter's in float32, at the tokens that it finds likeliest."""
    ours = started[OURS, "f32"].logprobs()
    at = ~np.isnan(ours)
    checks = []
    for (name, dtype), runner in list(started.items()):
        bits = (GPTMETER if name == OURS else PEERS[name])[dtype]
        try:
            log = runner.logprobs()
        except RuntimeError as e:
            say(f"{name} {dtype}: skipped: {e}")
            del started[name, dtype]
            continue
        both = at & ~np.isnan(log)
        off = float(np.abs(log[both] - ours[both]).max())
        checks.append({"peer": name, "dtype": dtype, "largest_difference": off, "limit": LIMITS[bits]})
        say(f"{name} {dtype}: log-probabilities within {off:.2g} of gptmeter's in float32 (limit {LIMITS[bits]:g})")
        if off > LIMITS[bits]:
            raise SystemExit(f"{name} {dtype}: computes something else")
    return checks


def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument("--folder", type=Path, default=Path("build/peers"), help="for models and samples")
    p.add_argument("--gptmeter", default="bin/gptmeter")
    p.add_argument("--shares", type=Path, required=True, help="the tests of package benchmarks, compiled")
    p.add_argument("--results", type=Path, default=Path("benchmarks/results"))
    a = p.parse_args()
    from model import synthetic

    synthetic(a.folder / "model")
    started = start(a.folder, a.gptmeter)
    pids = [runner.process.pid for runner in started.values() if isinstance(runner, Worker)]
    commit = started[OURS, "f32"].version
    samples = Samples(a.folder / f"samples-{commit}{'-quick' if QUICK else ''}.jsonl", pids)
    checks = check(started)
    ours = [(dtype, runner) for (name, dtype), runner in started.items() if name == OURS]
    for round in range(ROUNDS):
        for test in TESTS:
            for (name, dtype), runner in started.items():
                samples.take(lambda: runner.test(test), round=round, test=test, peer=name, dtype=dtype)
        for model in MODELS:
            for dtype, runner in ours:
                samples.take(lambda: runner.shares(a.shares, model), round=round, test="share", model=model, peer=OURS, dtype=dtype)
    versions = {name: runner.version for (name, _), runner in started.items()}
    report.write(a.results, [s for s in samples.list if s["round"] < ROUNDS], checks, versions)
    samples.file.rename(samples.file.with_name("done-" + samples.file.name))


if __name__ == "__main__":
    main()
