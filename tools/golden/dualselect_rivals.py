"""
Golden files of the rivals of @safe/dualselect, each written from its paper's formula in plain torch: one row at a time, nothing shared
with the TypeScript code. Model, adapter and rows are those of tools/golden/dualselect.py; its references are the safe rows.

    python tools/golden/dualselect_rivals.py low-rank   # packages/dualselect/test/golden/rivals-low-rank.json
    python tools/golden/dualselect_rivals.py llama      # packages/dualselect/test/golden/rivals-llama.json (needs transformers and peft)

safegrad         arXiv 2508.07172
safety-after     arXiv 2312.12736, Table 2
constrained-sft  arXiv 2406.05946
lisa             arXiv 2405.18641
ema              arXiv 2508.12531
"""
import json
import sys
from itertools import cycle, islice
from pathlib import Path

import torch

torch.set_num_threads(1)
GOLDEN = Path(__file__).resolve().parents[2] / "packages" / "dualselect" / "test" / "golden"


# the methods ------------------------------------------------------------------------------------

def flat(parts):
    return torch.cat([p.reshape(-1) for p in parts])


def constrained_loss(log_probs, reference, o):
    """Mean over tokens of -w_t log pi(y_t), w_t without gradient."""
    losses = []
    for t, log_prob in enumerate(log_probs):
        beta = o["beta"]
        if t < o["prefix"]:
            beta = beta * (o["firstFactor"] if t == 0 else o["prefixFactor"])
        weight = 2 * (1 - torch.sigmoid(beta * (log_prob - reference[t])))
        losses.append(-torch.clamp(weight, min=o["floor"]).detach() * log_prob)
    return sum(losses) / len(losses)


def run(method, o, theta, log_probs_of, log_softmax_of, task, safe, plan):
    """Trains `theta` (leaf tensors) in place; returns what is deployed and each step's gradient norm before clipping."""
    optimizer = torch.optim.AdamW(theta, lr=plan["lr"], betas=(0.9, 0.999), eps=1e-8,
                                  weight_decay=plan.get("weightDecay", 0.0))
    size, steps = plan["batchSize"], plan["steps"]
    batches = [task[i:i + size] for i in range(0, len(task), size)]
    safe_rows = cycle(safe)
    with torch.no_grad():
        start_log_probs = {id(row): log_probs_of(row) for row in task}
        start_states = {id(row): log_softmax_of(row) for row in safe}

    def task_loss(rows):
        return sum(-log_probs_of(row).mean() for row in rows) / len(rows)

    def divergence(rows):
        total = 0
        for row in rows:
            start = start_states[id(row)]
            total = total + (start.exp() * (start - log_softmax_of(row))).sum(-1).mean()
        return total / len(rows)

    def gradient(loss):
        return flat(torch.autograd.grad(loss, theta))

    def copied():
        return [p.detach().clone() for p in theta]

    # Lisa: the last iterate of either phase, and a clock that starts anew with each.
    last = dict(safe=copied(), task=copied())
    status, clock = "safe", 0
    if method == "lisa":
        k1, k2 = o["safeSteps"], o["taskSteps"]
        if steps < k1 + k2:
            k1 = max(1, round(steps * k1 / (k1 + k2)))
            k2 = steps - k1
    average = copied()
    closing = o["steps"] if method == "safety-after" else 0
    norms = []
    for step in range(steps + closing):
        rows = batches[step % len(batches)]
        if method == "safegrad":
            g = gradient(task_loss(rows))
            a = gradient(divergence(list(islice(safe_rows, len(rows)))))
            if a.norm() > 1e-6 * g.norm() and g @ a < 0:
                g = g - (g @ a) / (a @ a) * a
            g = g + o["rho"] * a
        elif method == "safety-after" and step >= steps:
            g = gradient(task_loss(list(islice(safe_rows, len(batches[(step - steps) % len(batches)])))))
        elif method == "constrained-sft":
            g = gradient(sum(constrained_loss(log_probs_of(r), start_log_probs[id(r)], o) for r in rows) / len(rows))
        elif method == "lisa":
            if step > 0 and clock == (k1 if status == "safe" else k2):
                last[status] = copied()
                status, clock = ("task" if status == "safe" else "safe"), 0
            loss = task_loss(list(islice(safe_rows, len(rows))) if status == "safe" else rows)
            if step > o["warmup"] * steps:
                other = last["task" if status == "safe" else "safe"]
                loss = loss + o["rho"] / 2 * sum(((p - q) ** 2).sum() for p, q in zip(theta, other))
            g = gradient(loss)
            clock += 1
        else:
            g = gradient(task_loss(rows))
        norms.append(float(g.norm()))
        g = g * min(1.0, plan["clip"] / (norms[-1] + 1e-6))
        offset = 0
        for p in theta:
            p.grad = g[offset:offset + p.numel()].reshape(p.shape).clone()
            offset += p.numel()
        optimizer.step()
        if method == "ema":
            average = [o["decay"] * a + (1 - o["decay"]) * p.detach() for a, p in zip(average, theta)]
    return (average if method == "ema" else copied()), norms


DEFAULTS = {
    "safegrad": dict(rho=1.0),
    "safety-after": dict(steps=100),
    "constrained-sft": dict(beta=0.1, firstFactor=5, prefixFactor=20, prefix=5, floor=0.001),
    "lisa": dict(safeSteps=100, taskSteps=900, rho=1.0, warmup=0.1),
    "ema": dict(decay=0.995),
}


# low-rank ---------------------------------------------------------------------------------------

def low_rank():
    world = json.loads((GOLDEN / "low-rank.json").read_text())
    shape = world["shape"]
    frozen = torch.tensor(world["frozen"], dtype=torch.float64)
    middle = shape["rank"] * shape["inputs"]
    # Three epochs of four batches, the last of them short.
    plan = {**world["plan"], "steps": 12}
    cases = []
    for method, options in [
        ("safegrad", {}), ("safegrad", dict(rho=0.3)),
        ("safety-after", dict(steps=5)),
        ("constrained-sft", {}),
        ("constrained-sft", dict(beta=0.5, firstFactor=3, prefixFactor=8, prefix=2, floor=0.9)),
        ("lisa", {}), ("lisa", dict(safeSteps=2, taskSteps=3, rho=0.5, warmup=0.25)),
        ("ema", {}), ("ema", dict(decay=0.8)),
    ]:
        initial = torch.tensor(world["initial"], dtype=torch.float64)
        a = initial[:middle].reshape(shape["rank"], shape["inputs"]).clone().requires_grad_()
        b = initial[middle:].reshape(shape["classes"], shape["rank"]).clone().requires_grad_()

        def log_softmax_of(row):
            return torch.log_softmax(torch.tensor(row["xs"], dtype=torch.float64) @ (frozen + b @ a).T, -1)

        def log_probs_of(row):
            return log_softmax_of(row).gather(1, torch.tensor(row["ys"])[:, None])[:, 0]

        final, norms = run(method, {**DEFAULTS[method], **options}, [a, b], log_probs_of, log_softmax_of, world["task"],
                           world["references"], plan)
        cases.append(dict(method=method, options=options, gradNorms=norms, final=flat(final).tolist()))
    (GOLDEN / "rivals-low-rank.json").write_text(json.dumps(dict(cases=cases)) + "\n")


# llama ------------------------------------------------------------------------------------------

def llama():
    from peft import PeftModel
    from transformers import LlamaForCausalLM

    folder = GOLDEN / "llama"
    task, safe = ([json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines()]
                  for name in ("task", "references"))
    cases = []
    for method, options, steps in [
        ("safegrad", {}, 12), ("safety-after", dict(steps=3), 9), ("constrained-sft", {}, 12),
        ("lisa", dict(safeSteps=3, taskSteps=4, rho=0.5), 12), ("ema", dict(decay=0.8), 12),
    ]:
        plan = dict(batchSize=5, lr=2e-3, clip=1.0, steps=steps)
        model = LlamaForCausalLM.from_pretrained(folder / "model", dtype=torch.float64, attn_implementation="eager")
        model = PeftModel.from_pretrained(model, folder / "init", is_trainable=True).double()
        model.eval()
        named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]

        def log_softmax_of(row):
            """At the positions that predict the response."""
            ids = torch.tensor([row["promptTokens"] + row["responseTokens"]])
            return torch.log_softmax(model(input_ids=ids).logits[0, len(row["promptTokens"]) - 1:-1], -1)

        def log_probs_of(row):
            return log_softmax_of(row).gather(1, torch.tensor(row["responseTokens"])[:, None])[:, 0]

        before = [p.detach().clone() for _, p in named]
        final, norms = run(method, {**DEFAULTS[method], **options}, [p for _, p in named], log_probs_of, log_softmax_of, task,
                           safe, plan)
        update = {n.replace(".default", ""): (p - q).float().reshape(-1).tolist()
                  for (n, _), p, q in zip(named, final, before)}
        cases.append(dict(method=method, options=options, plan=plan, gradNorms=norms, update=update))
    (GOLDEN / "rivals-llama.json").write_text(json.dumps(dict(cases=cases)) + "\n")


if __name__ == "__main__":
    {"low-rank": low_rank, "llama": llama}[sys.argv[1]]()
