"""Writes what was measured: a table, what the run is held to, a plot, and all of it as JSON."""

import datetime
import json
import os
import platform
import statistics
from pathlib import Path

import quiet
from settings import BATCH, BATCH_STEPS, GENERATE, GPTMETER, MODELS, PEERS, PROMPT, QUICK, TESTS, THREADS

OURS = "gptmeter"
SHARES = {"prefill": "test=pp512/batch=1/depth=0", "decode": "test=tg64/batch=1/depth=0", "deep": "test=tg64/batch=1/depth=900"}
HEADINGS = {"prefill": f"prefill {PROMPT}", "decode": f"decode {GENERATE}, batch 1", "batch": f"decode {BATCH_STEPS}, batch {BATCH}"}


class Run:
    """Samples by test, peer and format, round by round."""

    def __init__(self, samples: list[dict]) -> None:
        self.samples = samples
        self.found = {}
        for s in samples:
            self.found.setdefault((s["test"], s["peer"], s["dtype"]), []).append(s)

    def rates(self, test: str, peer: str, dtype: str) -> dict[int, float]:
        return {s["round"]: s["tokens_per_second"] for s in self.found.get((test, peer, dtype), [])}

    def median(self, test: str, peer: str, dtype: str) -> float:
        return statistics.median(self.rates(test, peer, dtype).values())

    def shares(self, model: str, dtype: str, of: str) -> dict[int, float]:
        """What gptmeter's steps of that kind reached of the machine's peak, in each round."""
        return {s["round"]: s["share"] for s in self.found.get(("share", OURS, dtype), []) if s["model"] == model and s["of"] == of}

    def best(self, test: str, bits: set[int]) -> tuple[str, str] | None:
        """The fastest of the peers whose weights have so many bits."""
        of = [(p, d) for p, dtypes in PEERS.items() for d, b in dtypes.items() if b in bits and self.rates(test, p, d)]
        return max(of, key=lambda key: self.median(test, *key), default=None)

    def ratios(self, test: str, ours: str, peer: tuple[str, str] | None) -> list[float]:
        """gptmeter's speed by the peer's, in each round."""
        if peer is None:
            return []
        theirs = self.rates(test, *peer)
        return [rate / theirs[r] for r, rate in self.rates(test, OURS, ours).items() if r in theirs]


def spread(values: list[float], digits: int = 2) -> str:
    """The median, and the least and most."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} – {max(values):.{digits}f})"


def judge(run: Run) -> list[dict]:
    """Each line that the engine is held to: what it is, the least it may be, and what it was in each round."""
    lines = []

    def hold(what: str, least: float, reached: list[float], at_most: bool = False) -> None:
        if not reached:
            lines.append({"what": what, "target": least, "reached": None, "held": None})
            return
        m = statistics.median(reached)
        lines.append({"what": what, "target": least, "reached": m, "low": min(reached), "high": max(reached),
                      "ratio": least / m if at_most else m / least, "held": m <= least if at_most else m >= least})

    def beside(test: str, ours: str, peer: tuple[str, str] | None, least: float) -> None:
        name = " ".join(peer) if peer else "no peer"
        hold(f"{HEADINGS[test]}, {ours} ÷ {name}", least, run.ratios(test, ours, peer))

    def share(what: str, of: str, dtype: str, least: float) -> None:
        hold(f"{what}, {dtype}, share of the measured {of}", least, list(run.shares("gpt2", dtype, SHARES[what]).values()))

    beside("prefill", "f32", run.best("prefill", {32}), 1.3)
    share("prefill", "peak", "f32", 0.85)
    beside("prefill", "int8", ("ctranslate2", "int8"), 1.6)
    beside("prefill", "int8", ("llama.cpp", "Q8_0"), 4)
    share("prefill", "peak", "int8", 0.65)
    beside("decode", "f32", run.best("decode", {32}), 1)
    share("decode", "bandwidth", "f32", 0.92)
    beside("decode", "bf16", run.best("decode", {16}), 1)
    share("decode", "bandwidth", "bf16", 0.92)
    beside("decode", "int8", ("llama.cpp", "Q8_0"), 1.35)
    beside("decode", "int4", ("llama.cpp", "Q4_0"), 1.25)
    beside("batch", "int8", run.best("batch", {32, 16, 8, 4}), 2)
    hold(f"{HEADINGS['prefill']}, bf16 ÷ f32", 0.95, run.ratios("prefill", "bf16", (OURS, "f32")))
    for dtype in GPTMETER:
        near, deep = (run.shares("gpt2", dtype, SHARES[key]) for key in ("decode", "deep"))
        hold(f"decode at depth 900, {dtype}, share of depth 0 × bytes ÷ bytes", 0.95, [share / near[r] for r, share in deep.items()])
    for dtype in GPTMETER:
        sizes = [run.shares(model, dtype, SHARES["decode"]) for model in MODELS]
        each = [[size[r] for size in sizes] for r in sizes[0] if all(r in size for size in sizes)]
        hold(f"decode, 124M to 1.5B, {dtype}, largest ÷ smallest share of the bandwidth", 1.1, [max(e) / min(e) for e in each], at_most=True)
    return lines


def table(run: Run) -> str:
    rows = [f"| | | {' | '.join(HEADINGS.values())} |", "| --- | --- | ---: | ---: | ---: |"]
    for peer, dtypes in {OURS: GPTMETER, **PEERS}.items():
        for dtype in dtypes:
            cells = [list(run.rates(test, peer, dtype).values()) for test in TESTS]
            if any(cells):
                rows.append(f"| {peer} | {dtype} | {' | '.join(spread(c, 0 if min(c) >= 100 else 1) if c else '–' for c in cells)} |")
    return "\n".join(rows)


def targets(lines: list[dict]) -> str:
    rows = ["| | target | reached | reached ÷ target | |", "| --- | ---: | ---: | ---: | --- |"]
    for line in lines:
        bound = "≤" if line["what"].startswith("decode, 124M") else "≥"
        if line["reached"] is None:
            rows.append(f"| {line['what']} | {bound} {line['target']:g} | not measured | | |")
            continue
        reached = f"{line['reached']:.3f} ({line['low']:.3f} – {line['high']:.3f})"
        rows.append(f"| {line['what']} | {bound} {line['target']:g} | {reached} | {line['ratio']:.2f} | {'held' if line['held'] else '**missed**'} |")
    return "\n".join(rows)


def processor() -> str:
    try:
        return next(line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    except OSError:
        return platform.processor()


def plot(run: Run, file: Path) -> None:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "peers", "svg.fonttype": "none", "font.size": 8})
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(TESTS), figsize=(12, 4.2), layout="constrained")
    for axis, test in zip(axes, TESTS):
        bars = [(p, d) for p, dtypes in {OURS: GPTMETER, **PEERS}.items() for d in dtypes if run.rates(test, p, d)]
        bars.sort(key=lambda key: run.median(test, *key))
        middle = [run.median(test, *b) for b in bars]
        low = [m - min(run.rates(test, *b).values()) for m, b in zip(middle, bars)]
        high = [max(run.rates(test, *b).values()) - m for m, b in zip(middle, bars)]
        axis.barh([" ".join(b) for b in bars], middle, xerr=[low, high], color=["tab:blue" if b[0] == OURS else "lightgray" for b in bars], ecolor="gray", capsize=2)
        axis.set_title(HEADINGS[test])
        axis.set_xlabel("tokens/s: median of rounds, least to most")
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(file, metadata={"Date": None})


def write(folder: Path, samples: list[dict], checks: list[dict], versions: dict) -> None:
    run = Run(samples)
    lines = judge(run)
    dates = sorted(s["date"] for s in samples)
    cores = len(os.sched_getaffinity(0))
    rounds = 1 + max(s["round"] for s in samples)
    peaks = [s["peaks"] for s in samples if "peaks" in s]
    peak = {k: statistics.median(p[k] for p in peaks) for k in ("f32_flops_per_second", "int8_ops_per_second", "read_bytes_per_second")}
    machine = {"cpu": processor(), "cores": cores, "os": platform.system(), "kernel": next((s["kernel"] for s in samples if "kernel" in s), None), "median_peaks": peak}
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / f"{datetime.date.fromisoformat(dates[-1][:10])}-peers{'-quick' if QUICK else ''}"
    stem.with_suffix(".json").write_text(json.dumps(
        {"machine": machine, "versions": versions, "begin": dates[0], "end": dates[-1], "rounds": rounds, "threads": THREADS,
         "checks": checks, "targets": lines, "samples": samples}, indent=1) + "\n")
    plot(run, stem.with_suffix(".svg"))
    stem.with_suffix(".md").write_text(f"""# gptmeter and its peers, {dates[-1][:10]}

{machine['cpu']}, {cores} cores, {machine['os']}; {THREADS} threads; GPT-2 124M of random weights; {rounds} rounds from {dates[0]} to {dates[-1]}, all in turn.
Others had {spread([100 * s['others'] for s in samples], 0)} % of the processors while a sample was taken and its model loaded, more than {quiet.BUSY:.0%} in {sum(s['others'] > quiet.BUSY for s in samples)} of {len(samples)}.
Versions: {'; '.join(f'{k} {v}' for k, v in versions.items())}.
Median peaks: {peak['f32_flops_per_second'] / 1e9:.0f} GFLOP/s float32, {peak['int8_ops_per_second'] / 1e9:.0f} Gop/s int8, {peak['read_bytes_per_second'] / 1e9:.1f} GB/s read ({' – '.join(f"{f(p['read_bytes_per_second'] for p in peaks) / 1e9:.1f}" for f in (min, max))}).

Tokens/s, the median of the rounds (least – most):

{table(run)}

Ratios are of the same round, shares of peaks measured between the steps; the median of the rounds (least – most):

{targets(lines)}

Log-probabilities after a prompt, the largest difference from gptmeter's in float32:
{', '.join(f"{c['peer']} {c['dtype']} {c['largest_difference']:.1g}" for c in checks)}.

![tokens a second]({stem.name}.svg)
""")
    print(stem.with_suffix(".md").read_text())
