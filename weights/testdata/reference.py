"""Record what the safetensors library says about odd files.

    go test ./weights -run TestOddFiles -odd-files DIR
    python weights/testdata/reference.py DIR > weights/testdata/reference.tsv

One line a file: its name, the first 16 hex digits of its SHA-256 (so that a record of another
file is noticed), accept or reject, and the library's words. Needs safetensors and numpy.
"""
import hashlib, pathlib, sys
import safetensors

print(f"# safetensors {safetensors.__version__}")
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    try:
        with safetensors.safe_open(path, "numpy") as f:
            verdict, words = "accept", f"{len(f.keys())} tensors"
    except safetensors.SafetensorError as error:
        verdict, words = "reject", ascii(str(error).splitlines()[0])
    print(path.name, digest, verdict, words, sep="\t")
