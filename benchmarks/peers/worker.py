"""A peer with weights in one format, as a process of its own: it measures what its standard input asks for.

    python worker.py PEER DTYPE FOLDER

Answers are lines of JSON: first the version, then for "logprobs" the log-probabilities of what comes after the prompt
(a .npy file's name), for "prefill", "decode" and "batch" tokens a second.
"""

import json
import os
import re
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

import model
from settings import BATCH, BATCH_STEPS, CHECKED, GENERATE, PROMPT, THREADS


def ids(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, model.VOCABULARY - 1, n)


def log_softmax(logits: np.ndarray) -> np.ndarray:
    x = logits.astype(np.float64)
    return x - x.max() - np.log(np.exp(x - x.max()).sum())


class Peer:
    """What a peer that runs in this process has to do: forward."""

    def __init__(self, dtype: str, folder: Path) -> None:
        raise NotImplementedError

    def begin(self) -> None:
        """Forgets what was read."""

    def forward(self, tokens: np.ndarray) -> np.ndarray:
        """Reads (B, T) tokens after those before; the last position's logits (B, V)."""
        raise NotImplementedError

    def logprobs(self) -> np.ndarray:
        self.begin()
        return log_softmax(self.forward(ids(CHECKED)[None])[0])

    def prefill(self) -> float:
        self.begin()
        tokens = ids(PROMPT, 1)[None]
        start = time.perf_counter()
        self.forward(tokens)
        return PROMPT / (time.perf_counter() - start)

    def steps(self, batch: int, n: int) -> float:
        self.begin()
        tokens = ids(batch * n, 2).reshape(n, batch, 1)
        start = time.perf_counter()
        for t in tokens:
            self.forward(t)
        return batch * n / (time.perf_counter() - start)

    def decode(self) -> float:
        return self.steps(1, GENERATE)

    def batch(self) -> float:
        return self.steps(BATCH, BATCH_STEPS)


class PyTorch(Peer):
    def __init__(self, dtype: str, folder: Path) -> None:
        import torch
        from transformers import GPT2LMHeadModel

        torch.set_num_threads(THREADS)
        torch.set_grad_enabled(False)
        self.torch = torch
        self.version = f"{version('torch')}, transformers {version('transformers')}"
        kind = {"f32": torch.float32, "bf16": torch.bfloat16}[dtype]
        self.model = GPT2LMHeadModel.from_pretrained(folder / "model", dtype=kind, attn_implementation="sdpa").eval()

    def begin(self) -> None:
        self.past = None

    def forward(self, tokens: np.ndarray) -> np.ndarray:
        out = self.model(self.torch.from_numpy(tokens), past_key_values=self.past, use_cache=True, logits_to_keep=1)
        self.past = out.past_key_values
        return out.logits[:, -1].float().numpy()


class OpenVINO(Peer):
    def __init__(self, dtype: str, folder: Path) -> None:
        import openvino as ov

        self.version = version("openvino")
        path = model.openvino(folder / f"openvino-{dtype}", folder / "model", dtype)
        hints = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": THREADS, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
        self.request = ov.Core().compile_model(path / "model.xml", "CPU", hints).create_infer_request()

    def begin(self) -> None:
        self.request.reset_state()
        self.past = 0

    def forward(self, tokens: np.ndarray) -> np.ndarray:
        batch, n = tokens.shape
        positions = np.tile(np.arange(self.past, self.past + n), (batch, 1))
        self.past += n
        self.request.infer({"ids": tokens, "positions": positions, "beams": np.arange(batch, dtype=np.int32)}, share_inputs=True)
        return self.request.get_tensor("logits").data[:, -1]


class CTranslate2(Peer):
    """Its generator chooses tokens too, greedily: it has no step to call."""

    def __init__(self, dtype: str, folder: Path) -> None:
        import ctranslate2

        self.version = version("ctranslate2")
        tokenizer = model.with_tokenizer(folder / "tokenizer", folder / "model")
        path = model.ctranslate2(folder / f"ctranslate2-{dtype}", tokenizer, dtype)
        kind = {"f32": "float32"}.get(dtype, dtype)
        self.tokens, _ = model.vocabulary()
        self.generator = ctranslate2.Generator(str(path), "cpu", compute_type=kind, inter_threads=1, intra_threads=THREADS)

    def words(self, n: int, seed: int) -> list[str]:
        return [self.tokens[i] for i in ids(n, seed)]

    def logprobs(self) -> np.ndarray:
        out = self.generator.forward_batch([self.words(CHECKED, 0)])
        return log_softmax(np.array(out)[0, -1])

    def generate(self, prompts: list[list[str]], n: int) -> float:
        start = time.perf_counter()
        out = self.generator.generate_batch(prompts, max_length=n, min_length=n, include_prompt_in_result=False, sampling_topk=1)
        took = time.perf_counter() - start
        assert all(len(o.sequences_ids[0]) == n for o in out)
        return took

    def prefill(self) -> float:
        return PROMPT / self.generate([self.words(PROMPT, 1)], 1)

    def decode(self) -> float:
        return GENERATE / self.generate([[model.END]], GENERATE)

    def batch(self) -> float:
        return BATCH * BATCH_STEPS / self.generate([[w] for w in self.words(BATCH, 2)], BATCH_STEPS)


class LlamaCpp(Peer):
    """Measured by its own tools, llama-bench and llama-batched-bench."""

    def __init__(self, dtype: str, folder: Path) -> None:
        source = folder.absolute() / "llama.cpp"  # see setup.sh
        self.tools = source / "build/bin"
        os.environ["LLAMA_CPP_LIB_PATH"] = str(self.tools)
        sys.path[:0] = [str(source), str(source / "vendor/llama.cpp/gguf-py")]
        if not self.tools.exists():
            raise FileNotFoundError(f"{source} is not there")
        ggml = re.findall(r"set\(GGML_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)\)", (source / "vendor/llama.cpp/ggml/CMakeLists.txt").read_text())
        bindings = re.search(r'__version__ = "(.*)"', (source / "llama_cpp/__init__.py").read_text())
        self.version = f"ggml {'.'.join(ggml)}, llama-cpp-python {bindings[1]}"
        f32 = model.gguf_f32(folder / "F32.gguf", folder / "model")
        self.file = f32 if dtype == "F32" else model.gguf(folder / f"{dtype.replace(' ', '-')}.gguf", f32, dtype, self.tools)

    def logprobs(self) -> np.ndarray:
        import llama_cpp

        m = llama_cpp.Llama(str(self.file), n_ctx=CHECKED, n_threads=THREADS, n_threads_batch=THREADS, verbose=False)
        m.eval([int(i) for i in ids(CHECKED)])
        logits = np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(m.ctx, -1), (model.VOCABULARY,))
        return log_softmax(logits.copy())

    def run(self, tool: str, *flags: object) -> str:
        command = [self.tools / tool, "-m", self.file, "-t", THREADS, *flags]
        return subprocess.run([str(c) for c in command], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout

    def prefill(self) -> float:
        return json.loads(self.run("llama-bench", "-p", PROMPT, "-n", 0, "-r", 1, "-o", "json"))[0]["avg_ts"]

    def decode(self) -> float:
        return json.loads(self.run("llama-bench", "-p", 0, "-n", GENERATE, "-r", 1, "-o", "json"))[0]["avg_ts"]

    def batch(self) -> float:
        lines = self.run("llama-batched-bench", "-c", BATCH * (BATCH_STEPS + 1), "-npp", 1, "-ntg", BATCH_STEPS, "-npl", BATCH, "--output-format", "jsonl")
        return next(json.loads(line)["speed_tg"] for line in lines.splitlines() if line.startswith("{"))


PEERS = {"pytorch": PyTorch, "openvino": OpenVINO, "ctranslate2": CTranslate2, "llama.cpp": LlamaCpp}


def main() -> None:
    name, dtype, folder = sys.argv[1:4]
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries print what they like
    peer = PEERS[name](dtype, Path(folder))

    def say(value: object) -> None:
        print(json.dumps(value), file=out, flush=True)

    say(peer.version)
    for line in sys.stdin:
        wanted = line.strip()
        if wanted == "logprobs":
            file = Path(folder) / f"logprobs-{name}-{dtype.replace(' ', '-')}.npy"
            np.save(file, peer.logprobs())
            say(str(file))
        else:
            say(getattr(peer, wanted)())


if __name__ == "__main__":
    main()
