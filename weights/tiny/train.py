"""Train the small GPT-2 that ships as the offline default ("tiny").

A plain GPT2LMHeadModel (learned positions, pre-LayerNorm, gelu_new, tied head) and a
byte-level BPE of its own, both from one text file. Needs torch, transformers, tokenizers.

    python train.py --text sample.txt --out OUT --minutes 60

Stories are separated by <|endoftext|>; the last 5 % are held out. The checkpoint with the
lowest held-out loss is kept and written as the Hugging Face hub lays a model out:
config.json, generation_config.json, model.safetensors (bfloat16), tokenizer.json,
vocab.json, merges.txt, tokenizer_config.json, and training.json (what was run, and the loss).
"""
import argparse, json, math, os, time
import torch
from tokenizers import Tokenizer, AddedToken, decoders, models, pre_tokenizers, processors, trainers
from transformers import GPT2Config, GPT2LMHeadModel

END = "<|endoftext|>"
p = argparse.ArgumentParser()
p.add_argument("--text", required=True)
p.add_argument("--out", required=True)
p.add_argument("--minutes", type=float, default=60)
p.add_argument("--vocab", type=int, default=2048)
p.add_argument("--layers", type=int, default=4)
p.add_argument("--heads", type=int, default=6)
p.add_argument("--width", type=int, default=192)
p.add_argument("--context", type=int, default=256)
p.add_argument("--batch", type=int, default=12)
p.add_argument("--rate", type=float, default=2e-3)
p.add_argument("--dropout", type=float, default=0.15)
p.add_argument("--bfloat16", action="store_true", help="autocast the products: half as long again in speed on a CPU with AVX-512 BF16")
p.add_argument("--seed", type=int, default=1)
a = p.parse_args()
torch.manual_seed(a.seed)
os.makedirs(a.out, exist_ok=True)

stories = [s.strip() for s in open(a.text, encoding="utf-8").read().split(END)]
stories = [s for s in stories if len(s) > 100]
cut = int(len(stories) * 0.95)
train_text, held_text = stories[:cut], stories[cut:]

tok = Tokenizer(models.BPE())
tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tok.decoder = decoders.ByteLevel()
tok.post_processor = processors.ByteLevel(trim_offsets=False)
tok.train_from_iterator(train_text, trainers.BpeTrainer(
    vocab_size=a.vocab, special_tokens=[END], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
tok.save(os.path.join(a.out, "tokenizer.json"))
tok.model.save(a.out)
end = tok.token_to_id(END)

def ids(part):
    out = [end]
    for s in part:
        out += tok.encode(s).ids + [end]
    return torch.tensor(out)

train, held = ids(train_text), ids(held_text)
cfg = GPT2Config(vocab_size=tok.get_vocab_size(), n_positions=a.context, n_embd=a.width, n_layer=a.layers, n_head=a.heads,
                 resid_pdrop=a.dropout, embd_pdrop=a.dropout, attn_pdrop=a.dropout, bos_token_id=end, eos_token_id=end)
net = GPT2LMHeadModel(cfg)
size = sum(q.numel() for q in net.parameters())
print(f"{len(train)} training tokens, {len(held)} held out, {size} parameters", flush=True)
decay = [q for q in net.parameters() if q.dim() > 1]
plain = [q for q in net.parameters() if q.dim() <= 1]
opt = torch.optim.AdamW([{"params": decay, "weight_decay": 0.1}, {"params": plain, "weight_decay": 0.0}], lr=a.rate, betas=(0.9, 0.98))

def windows(data, n):
    at = torch.randint(0, len(data) - a.context - 1, (n,))
    return torch.stack([data[i:i + a.context] for i in at])

@torch.no_grad()
def held_loss():
    net.eval()
    chunks = held[: len(held) // a.context * a.context].view(-1, a.context)
    loss = sum(float(net(c, labels=c).loss) * len(c) for c in chunks.split(8)) / len(chunks)
    net.train()
    return loss

start, step, best, best_step = time.time(), 0, math.inf, 0
net.train()
while True:
    done = (time.time() - start) / 60 / a.minutes
    if done >= 1:
        break
    rate = a.rate * min(1, (step + 1) / 100) * (0.5 * (1 + math.cos(math.pi * done)) * 0.98 + 0.02)
    for g in opt.param_groups:
        g["lr"] = rate
    x = windows(train, a.batch)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=a.bfloat16):
        loss = net(x, labels=x).loss
    opt.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    step += 1
    if step % 200 == 0:
        h = held_loss()
        print(f"step {step} {done:.0%} train {float(loss):.3f} held out {h:.4f}", flush=True)
        if h < best:
            best, best_step = h, step
            state = {k: v.detach().clone() for k, v in net.state_dict().items()}

net.load_state_dict(state)
net.to(torch.bfloat16).save_pretrained(a.out, safe_serialization=True)
c = json.load(open(os.path.join(a.out, "config.json")))
c["n_ctx"] = a.context
json.dump(c, open(os.path.join(a.out, "config.json"), "w"), indent=2)
json.dump({"tokenizer_class": "GPT2Tokenizer", "model_max_length": a.context, "bos_token": END, "eos_token": END, "unk_token": END},
          open(os.path.join(a.out, "tokenizer_config.json"), "w"), indent=2)
json.dump({"text": os.path.basename(a.text), "parameters": size, "training_tokens": len(train), "held_out_tokens": len(held),
           "held_out_loss_nats_per_token": round(best, 4), "best_step": best_step, "steps": step, "arguments": {k: v for k, v in vars(a).items() if k not in ("text", "out")}},
          open(os.path.join(a.out, "training.json"), "w"), indent=2)
print(f"best held-out loss {best:.4f} at step {best_step}", flush=True)
