"""The reference of the benchmark: CSULoRA's steps 1-7 written out densely with torch.linalg.svd.

  python dense.py make DIR --layers 1 --hidden 4096 --kv 1024     a synthetic pair of checkpoints and an adapter (--mlp 14336: MLP too)
  python dense.py correct DIR --threads 1                         base, aligned, adapter -> dense.safetensors, dense.json
  python dense.py compare DIR                                     csulora's adapter against dense.safetensors

The displacement has a few large singular values, then a smooth tail without a gap: 95 % of its energy needs about half of the
directions, as in real pairs.
"""
import argparse
import json
import os
import resource
import time

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

BETA, ENERGY, RANK = 0.05, 0.95, 16


def shapes(a):
    for i in range(a.layers):
        for name, rows in (("q", a.hidden), ("k", a.kv), ("v", a.kv), ("o", a.hidden)):
            yield f"model.layers.{i}.self_attn.{name}_proj", rows, a.hidden
        for name, rows, cols in (("gate", a.mlp, a.hidden), ("up", a.mlp, a.hidden), ("down", a.hidden, a.mlp)):
            if a.mlp > 0:
                yield f"model.layers.{i}.mlp.{name}_proj", rows, cols


def make(a):
    g = torch.Generator().manual_seed(0)
    n = lambda *s: torch.randn(*s, generator=g)
    os.makedirs(f"{a.dir}/adapter", exist_ok=True)
    base, aligned, adapter = {}, {}, {}
    for name, rows, cols in shapes(a):
        w = 0.02 * n(rows, cols)
        tail = n(rows, cols) * torch.linspace(1, 0.3, rows)[:, None]
        spikes = (n(rows, 24) * torch.logspace(0, -1, 24)) @ n(24, cols) * 0.3
        base[f"{name}.weight"] = w.to(torch.bfloat16)
        aligned[f"{name}.weight"] = (w + 4e-4 * (tail + spikes)).to(torch.bfloat16)
        adapter[f"base_model.model.{name}.lora_A.weight"] = n(RANK, cols) / cols**0.5
        adapter[f"base_model.model.{name}.lora_B.weight"] = 0.1 * n(rows, RANK)
    save_file(base, f"{a.dir}/base.safetensors")
    save_file(aligned, f"{a.dir}/aligned.safetensors")
    save_file(adapter, f"{a.dir}/adapter/adapter_model.safetensors")
    with open(f"{a.dir}/adapter/adapter_config.json", "w") as f:
        targets = ["q_proj", "k_proj", "v_proj", "o_proj"] + (["gate_proj", "up_proj", "down_proj"] if a.mlp > 0 else [])
        json.dump({"peft_type": "LORA", "r": RANK, "lora_alpha": 2 * RANK, "target_modules": targets}, f)


def correct(a):
    torch.set_num_threads(a.threads)
    started, cpu = time.perf_counter(), time.process_time()
    adapter = load_file(f"{a.dir}/adapter/adapter_model.safetensors")
    out, modules = {}, []
    with safe_open(f"{a.dir}/base.safetensors", "pt") as base, safe_open(f"{a.dir}/aligned.safetensors", "pt") as aligned:
        for name, rows, cols in shapes(a):
            begun = time.perf_counter()
            v = aligned.get_tensor(f"{name}.weight").float() - base.get_tensor(f"{name}.weight").float()
            u, s, vt = torch.linalg.svd(v, full_matrices=False)
            share = torch.cumsum(s.double() ** 2, 0) / torch.sum(s.double() ** 2)
            k = int(torch.searchsorted(share, ENERGY)) + 1
            u, vt = u[:, :k], vt[:k]
            d = adapter[f"base_model.model.{name}.lora_B.weight"] @ adapter[f"base_model.model.{name}.lora_A.weight"]
            ld, dr = u @ (u.T @ d), (d @ vt.T) @ vt
            lr = u @ (u.T @ dr)
            blocks = [lr, ld - lr, dr - lr, d - ld - dr + lr]
            e = [float(b.double().pow(2).sum()) for b in blocks]
            ref = e[0] + BETA * sum(e)
            star = blocks[0] + sum(b / (1 + x / ref) for b, x in zip(blocks[1:], e[1:]))
            # D* has rank 2r at most; the dense script uses that too.
            uu, ss, vv = torch.svd_lowrank(star, q=2 * RANK + 8, niter=2)
            root = ss[:RANK].sqrt()
            out[f"{name}.B"] = (uu[:, :RANK] * root).contiguous()
            out[f"{name}.A"] = (root[:, None] * vv[:, :RANK].T).contiguous()
            measured = {"rank": k, "captured": share.tolist(), "energies": [x / sum(e) for x in e]}
            modules.append({"name": name, "seconds": time.perf_counter() - begun, **measured})
    save_file(out, f"{a.dir}/dense.safetensors")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    with open(f"{a.dir}/dense.json", "w") as f:
        spent = {"seconds": time.perf_counter() - started, "cpuSeconds": time.process_time() - cpu}
        json.dump({**spent, "peakBytes": peak, "modules": modules}, f)


def compare(a):
    ours, dense = load_file(f"{a.dir}/{a.out}/adapter_model.safetensors"), load_file(f"{a.dir}/dense.safetensors")
    differences = {}
    for name, _, _ in shapes(a):
        p = f"base_model.model.{name}.lora_"
        x = ours[f"{p}B.weight"].double() @ ours[f"{p}A.weight"].double()
        y = dense[f"{name}.B"].double() @ dense[f"{name}.A"].double()
        differences[name] = float(torch.linalg.norm(x - y) / torch.linalg.norm(y))
    print(json.dumps(differences))


parser = argparse.ArgumentParser()
parser.add_argument("step", choices=["make", "correct", "compare"])
parser.add_argument("dir")
parser.add_argument("--layers", type=int, default=1)
parser.add_argument("--hidden", type=int, default=4096)
parser.add_argument("--kv", type=int, default=1024)
parser.add_argument("--mlp", type=int, default=0)
parser.add_argument("--out", default="out")
parser.add_argument("--threads", type=int, default=1)
arguments = parser.parse_args()
{"make": make, "correct": correct, "compare": compare}[arguments.step](arguments)
