"""Writes draws.json: the first draws of some (seed, choice) pairs, as the documentation of package
engine defines them. An implementation of https://c2sp.org/chacha8rand apart from Go's.

    python draws.py > draws.json
"""

import json
import struct

CONSTANTS = struct.unpack("<4I", b"expand 32-byte k")
WORD = 0xFFFFFFFF


def quarter(x, a, b, c, d):
    for into, other, by, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        x[into] = (x[into] + x[other]) & WORD
        t = x[by] ^ x[into]
        x[by] = (t << turn | t >> (32 - turn)) & WORD


def block(key, counter):
    x = [*CONSTANTS, *key, counter, 0, 0, 0]
    for _ in range(4):
        for i in range(4):
            quarter(x, i, i + 4, i + 8, i + 12)
        for i in range(4):
            quarter(x, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return x[:4] + [(x[i] + key[i - 4]) & WORD for i in range(4, 12)] + x[12:]


def words(key):
    """The generator's 64-bit words: of sixteen blocks, four of them interleaved; the last 32 bytes are the next key."""
    while True:
        out = []
        for group in range(0, 16, 4):
            blocks = [block(key, group + i) for i in range(4)]
            out += [blocks[i][word] for word in range(16) for i in range(4)]
        data = struct.pack("<256I", *out)
        yield from struct.unpack("<124Q", data[:-32])
        key = struct.unpack("<8I", data[-32:])


def draws(seed, choice, skip, count):
    source = words(struct.unpack("<8I", struct.pack("<4Q", seed, choice, 0, 0)))
    for _ in range(skip):
        next(source)
    return [(next(source) >> 11) / 2**53 for _ in range(count)]


PAIRS = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (42, 127, 0), (2**64 - 1, 3, 0), (42, 0, 122), (7, 1, 1000)]

print("[")
print(",\n".join(json.dumps({"seed": s, "choice": c, "skip": k, "draws": draws(s, c, k, 4)}) for s, c, k in PAIRS))
print("]")
