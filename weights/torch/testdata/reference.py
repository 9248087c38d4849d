"""Record what PyTorch says about odd files: torch.load with weights_only.

    go test ./weights/torch -run TestOddFiles -odd-files DIR
    python weights/torch/testdata/reference.py DIR > weights/torch/testdata/reference.tsv

One line a file: its name, the first 16 hex digits of its SHA-256 (so that a record of another file
is noticed), accept or reject, and PyTorch's words. Needs torch.
"""
import hashlib, pathlib, sys, warnings
import torch

warnings.simplefilter("ignore")
print(f"# torch {torch.__version__}")
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    try:
        torch.load(path, map_location="cpu", weights_only=True)
        verdict, words = "accept", ""
    except Exception as error:
        lines = str(error).replace(str(path.parent), "DIR").splitlines()
        verdict, words = "reject", f"{type(error).__name__}: {ascii(lines[0] if lines else '')[:100]}"
    print(path.name, digest, verdict, words, sep="\t")
