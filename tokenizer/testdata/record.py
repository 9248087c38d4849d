"""Records what the tokenizers library (0.23.3) computes, for tests that run without it: reference.json.

    python record.py

It reads tiny/tokenizer.json here and, beside the checkout, ../shared/data: GPT-2's own vocabulary and
the Universal Declaration of Human Rights in 20 languages.
"""

import hashlib
import json
import random
from pathlib import Path

import tokenizers

here = Path(__file__).parent
shared = here / "../../../shared/data"
rng = random.Random(20261123)

# --- texts ---------------------------------------------------------------------------------------------

SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000"
plain = [
    "", " ", "  ", "a", " a", "  a", "a ", "a  ", "\n", "\n\n", "\r\n", "a\r\n\r\nb", " \n a", "\ta", "a\n b",
    "Hello, world!", "it's we'll they've I'm you'd he're don't 'S 'LL 's's '", "''s '' s' 'sa 'a", " 's  't\n're",
    "x=1234567890+3.14e-5;", "1st 2nd ½ ² Ⅷ 四 ٣٤", "a1b2 3c", "snake_case camelCase --flag a/b\\c",
    "<|endoftext|>", "a<|endoftext|>b", "a <|endoftext|> b", "<|endoftext|><|endoftext|>", "<|endoftext|", "<|<|endoftext|>|>",
    "naïve café, e\u0301te\u0301, ß ﬁ Ǆ", "Здравствуй, мир! 你好，世界。こんにちは 안녕하세요", "हिन्दी क्षत्रिय ไทยภาษา العَرَبِيَّة עִבְרִית",
    "😀 👍🏽 👩‍👩‍👧‍👦 🇩🇪 ❤️", "\u200b\u200d\ufeff\ufffd", "\x00", "a\x00 b", "\x01\x7f\x80\xad", "\U0010ffff\U000e0041",
    "\U00010d40\U00010d4a \U00016d40 \U0002ebf0 \u1c89", "\u0378 \ue000", "l'été d'un ’s", "a" * 70, " " * 70 + "x", "!" * 33 + "a" + "\n" * 9,
]
plain += [a + b for a in ("x", "1", "!", " ") for b in (SPACES, SPACES[::-1])]
alphabet = "aeinst 's!1 \n\t\u00a0é中😀\u0301٣" + SPACES
plain += ["".join(rng.choice(alphabet) for _ in range(rng.randint(1, 24))) for _ in range(40)]
plain += [p.read_text("utf-8")[40:140] for p in sorted((shared / "udhr").glob("*.txt"))]

marked = plain[:30] + [
    "a <s> b", "<s>  a", "  <mask>  b", "x<mask><mask> <mask>y", "<s> <mask>", "<s>\u3000\n<mask>",
    "<a><b><ab", "<a<a>", "<a> <b>", "東京 東 京", "é è", "a x y", " x  x x", "xx xxx xxxx xxxxx", "Ġhello hello  hello", "abcabcaabbcc bca cab",
    "東京都", "東", "lalx xlexl", "<ab><a", "r r  r\n r", "zebra zoo é", "l é l", "a\x01b",
]

# --- tokenizers ----------------------------------------------------------------------------------------


def letters():
    """GPT-2's letter for each byte."""
    whole = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in whole]
    return {b: chr(b) for b in whole} | {b: chr(256 + i) for i, b in enumerate(others)}


def small(drop="", extra=(), merges=(), added=(), pre=None, post=None, **model):
    """A tokenizer.json of the 256 letters less drop, the extra tokens, and merges with their products."""
    tokens = [letter for letter in letters().values() if letter not in drop] + list(extra)
    for left, right in merges:
        if left + right not in tokens:
            tokens.append(left + right)
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    vocab = {token: i for i, token in enumerate(tokens)}
    added_tokens, next_id = [], len(tokens)
    for content, changes in added:
        added_tokens.append({"id": vocab.get(content, next_id), "content": content, **flags, **changes})
        next_id += content not in vocab
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added_tokens, "normalizer": None,
        "pre_tokenizer": byte_level | (pre or {}), "post_processor": post, "decoder": byte_level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                  "vocab": vocab, "merges": [list(m) for m in merges]} | model,
    }


def ambiguous():
    """Merges over a, b and c in random order, many with the same product."""
    words = ["".join(rng.choice("abc") for _ in range(n)) for n in (2, 2, 2, 2, 3, 3, 3, 4, 4, 5) for _ in range(3)]
    pairs = {(w[:i], w[i:]) for w in words for i in range(1, len(w))}
    made = {"a", "b", "c"} | {a + b for a, b in pairs}
    pairs = sorted(p for p in pairs if p[0] in made and p[1] in made)
    rng.shuffle(pairs)
    return pairs


def legacy(file):
    """As files were before 2022: no type, merges with a space, empty affixes."""
    del file["model"]["type"], file["pre_tokenizer"]["use_regex"]
    file["model"] |= {"continuing_subword_prefix": "", "end_of_word_suffix": "", "dropout": 0.0}
    file["model"]["merges"] = ["#version: 0.2"] + [" ".join(m) for m in file["model"]["merges"]]
    return file


hello = [("Ġ", "h"), ("l", "l"), ("Ġh", "e"), ("ll", "o"), ("Ġhe", "llo"), ("Ġ", "x"), ("x", "x"), ("xx", "xx")]
template = {
    "type": "TemplateProcessing", "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}},
    "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
    "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
}
variants = {
    "prefix space": small(merges=hello, pre={"add_prefix_space": True},
                          added=[("<s>", {"rstrip": True}), ("<mask>", {"lstrip": True, "normalized": True})]),
    "no expression": small(merges=hello + [("o", "Ġhello")], pre={"use_regex": False}, post=template),
    "ignore merges": small(merges=hello, extra=["Ġzoo", "zebra", "東", "Ġab"], ignore_merges=True, added=[("Ġfoo", {})]),
    "bytes dropped": small(drop="lxÃ", merges=[("a", "b"), ("e", "o")]),
    "unknown": small(drop="lxÃ", extra=["<unk>"], merges=[("e", "<unk>"), ("<unk>", "o")], unk_token="<unk>"),
    "unknown fused": small(drop="lxÃ", extra=["<unk>"], merges=[("e", "<unk>"), ("<unk>", "o")], unk_token="<unk>", fuse_unk=True),
    "unknown unused": small(merges=hello, unk_token="<none>", byte_fallback=True, fuse_unk=True),
    "added": small(merges=hello, extra=["Ġzoo", "zebra"], added=[
        ("<a>", {}), ("<a><b>", {"special": False}), ("<ab", {"normalized": True}), (" x ", {"special": False, "normalized": True}),
        ("é", {"special": False}), ("東京", {"special": False}), ("京", {}), ("xx", {"normalized": True}), ("x", {"special": False})]),
    "stripped into": small(merges=hello, added=[("<a>", {"rstrip": True}), (" ", {}), ("<mask>", {"lstrip": True}), ("r", {"lstrip": True, "rstrip": True})]),
    "stripped away": small(added=[("<a>", {"rstrip": True}), (" ", {"lstrip": True})]),
    "ambiguous": small(merges=ambiguous()),
    "legacy": legacy(small(merges=hello, added=[("<s>", {})])),
}

# --- the record ----------------------------------------------------------------------------------------


def record(tokenizer, texts):
    size = tokenizer.get_vocab_size()
    random_ids = [[rng.randrange(min(size, limit)) for _ in range(rng.randint(1, 12))] for limit in (257, 257, 257, size) for _ in range(12)]
    return {
        "ids": [tokenizer.encode(text, add_special_tokens=False).ids for text in texts],
        "decoded": [[ids, tokenizer.decode(ids, skip_special_tokens=False)] for ids in random_ids],
    }


def long_record(tokenizer, unit, times):
    ids = tokenizer.encode(unit * times, add_special_tokens=False).ids
    digest = hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()
    return {"unit": unit, "times": times, "count": len(ids), "sha256": digest}


tiny = tokenizers.Tokenizer.from_file(str(here / "tiny/tokenizer.json"))
gpt2 = tokenizers.Tokenizer.from_file(str(shared / "gpt2-tokenizer/tokenizer.json"))
reference = {
    "made_by": f"record.py, tokenizers {tokenizers.__version__}",
    "texts": plain,
    "tiny": record(tiny, plain),
    "gpt2": record(gpt2, plain),
    "long": [long_record(tiny, unit, n) for unit, n in (("a", 1 << 19), (" ", 1 << 19), ("he", 1 << 18), ("\r\n", 1 << 18))],
    "marked": marked,
    "variants": [
        {"name": name, "file": file} | record(tokenizers.Tokenizer.from_str(json.dumps(file)), marked)
        for name, file in variants.items()
    ],
}
compact = {"separators": (",", ":")}
lines = [f"{json.dumps(key)}:{json.dumps(value, **compact)}" for key, value in reference.items()]
(here / "reference.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
