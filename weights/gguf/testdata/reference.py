"""Record what llama.cpp's reader (gguf_init_from_file of libggml-base) says about odd files.

    go test ./weights/gguf -run TestOddFiles -odd-files DIR
    python weights/gguf/testdata/reference.py LIBGGML_BASE DIR > weights/gguf/testdata/reference.tsv

One line a file: its name, the first 16 hex digits of its SHA-256 (so that a record of another file
is noticed), accept or reject, and the library's words. That a tensor lies inside the file is checked
by llama_model_loader, which is written down here again: the library alone does not look at the data.
Each file is read by a process of its own: some end it.
"""
import ctypes, hashlib, pathlib, subprocess, sys

def read(library, path):
    ggml = ctypes.CDLL(library)

    class Parameters(ctypes.Structure):
        _fields_ = [("no_alloc", ctypes.c_bool), ("ctx", ctypes.c_void_p)]

    ggml.gguf_init_from_file.restype = ctypes.c_void_p
    ggml.gguf_init_from_file.argtypes = [ctypes.c_char_p, Parameters]
    for name, result in ("n_tensors", ctypes.c_int64), ("data_offset", ctypes.c_size_t):
        f = getattr(ggml, "gguf_get_" + name)
        f.restype, f.argtypes = result, [ctypes.c_void_p]
    for name in "tensor_offset", "tensor_size":
        f = getattr(ggml, "gguf_get_" + name)
        f.restype, f.argtypes = ctypes.c_size_t, [ctypes.c_void_p, ctypes.c_int64]
    gguf = ggml.gguf_init_from_file(path.encode(), Parameters(True, None))
    if not gguf:
        return 1
    size = pathlib.Path(path).stat().st_size
    for i in range(ggml.gguf_get_n_tensors(gguf)):
        offset = ggml.gguf_get_data_offset(gguf) + ggml.gguf_get_tensor_offset(gguf, i)
        if offset + ggml.gguf_get_tensor_size(gguf, i) > size:
            print(f"tensor {i} ends beyond the file", file=sys.stderr)
            return 1
    return 0

if len(sys.argv) == 4:
    sys.exit(read(sys.argv[2], sys.argv[3]))
library, folder = sys.argv[1:]
version = ctypes.CDLL(library)
version.ggml_version.restype = ctypes.c_char_p
print(f"# ggml {version.ggml_version().decode()}")
for path in sorted(pathlib.Path(folder).iterdir()):
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    run = subprocess.run([sys.executable, __file__, "read", library, path], capture_output=True, text=True, errors="replace")
    words = [line for line in run.stderr.splitlines() if line.strip()]
    verdict = "accept" if run.returncode == 0 else "reject"
    print(path.name, digest, verdict, ascii(words[0])[:120] if words and run.returncode else "", sep="\t")
