"""Single operations in PyTorch, as operations.ts does them on an engine.

    python operations.py DEVICE CASES.json

The last line on stdout is one JSON document. float32 without TF32, eager.
"""

import json
import statistics
import sys
import time

import torch

torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
DEVICE = sys.argv[1]


def work_of(case):
    def uniform(*shape):
        return torch.rand(*shape, device=DEVICE) * 2 - 1

    if "product" in case:
        batch, m, k, n = case["product"]
        lead = [] if batch == 1 else [batch]
        a = uniform(*lead, m, k)
        if case.get("transposed"):
            b = uniform(*lead, n, k)
            return lambda: torch.matmul(a, b.transpose(-1, -2))
        b = uniform(*lead, k, n)
        return lambda: torch.matmul(a, b)
    size = case.get("add") or case["read"]
    a, b = uniform(size), uniform(size)
    return lambda: a + b


def time_of(work, count):
    """Seconds for `count` operations, including reading one number back to the host."""
    started = time.perf_counter()
    for _ in range(count):
        out = work()
    out.reshape(-1)[0].item()
    return time.perf_counter() - started


def measure(case, samples, target):
    work = work_of(case)
    time_of(work, 1)
    once = statistics.median(time_of(work, 4) for _ in range(3)) / 4
    count = 1 if "read" in case else max(1, min(2000, round(target / once)))
    seconds = [time_of(work, count) / count for _ in range(samples + 2)]
    return {"name": case["name"], "count": count, "seconds": seconds[2:]}


with open(sys.argv[2]) as file:
    spec = json.load(file)
device = torch.cuda.get_device_name(0) if DEVICE == "cuda" else "cpu"
with torch.inference_mode():
    operations = [measure(case, spec["samples"], spec["targetSeconds"]) for case in spec["cases"]]
print(json.dumps({"device": f"{device}, PyTorch {torch.__version__}", "operations": operations}))
