"""Golden trainings of the selector of seal in @safe/forgetfilter (arXiv 2410.07471): a bigram model W and the selector's numbers in torch,
float64, with autograd's gradients and torch's own Adam. W takes plain gradient steps. The test holds the same model and its gradient by hand.

usage: python tools/golden/forgetfilter_seal.py packages/forgetfilter/test/golden/seal.json
"""
import json
import sys

import torch

torch.manual_seed(5)
torch.set_default_dtype(torch.float64)
VOCAB, BATCH = 5, 5
start = torch.randn(VOCAB, VOCAB)


def row():
    length = int(torch.randint(1, 7, ()))
    return {"prompt": int(torch.randint(VOCAB, ())), "response": torch.randint(VOCAB, (length,)).tolist()}


data = [row() for _ in range(12)]
safe = [row() for _ in range(7)]


def losses(w, rows):
    """[rows] mean negative log-likelihood of each response, each token predicted from the one before it."""
    return torch.stack([
        torch.nn.functional.cross_entropy(w[[r["prompt"], *r["response"][:-1]]], torch.tensor(r["response"]))
        for r in rows
    ])


def train(epochs, rate, selector_rate, decay):
    w = start.clone().requires_grad_()
    s = torch.full((len(data),), 0.1, requires_grad=True)
    adam = torch.optim.Adam([s], lr=selector_rate, betas=(0.9, 0.95), eps=1e-8)
    drawn, norms = 0, []
    for epoch in range(epochs):
        weight = 1.0 - decay * epoch
        for first in range(0, len(data), BATCH):
            numbers = list(range(first, min(first + BATCH, len(data))))
            safe_rows = [safe[(drawn + k) % len(safe)] for k in range(len(numbers))]
            drawn += len(numbers)
            task = losses(w, [data[n] for n in numbers])
            q = len(data) * torch.softmax(s, 0)
            loss = weight * losses(w, safe_rows).mean() + (1 - weight) * (q.detach()[numbers] * task).mean()
            (gradient,) = torch.autograd.grad(loss, w)
            norms.append(float(gradient.norm()))
            adam.zero_grad()
            (q[numbers] * task.detach()).mean().backward()
            torch.nn.utils.clip_grad_norm_([s], 10.0)
            adam.step()
            with torch.no_grad():
                w -= rate * gradient
    return {
        "epochs": epochs, "lr": rate, "selectorLr": selector_rate, "decay": decay,
        "gradNorms": norms, "scores": s.tolist(), "final": w.flatten().tolist(),
    }


cases = [train(3, 0.5, 5e-3, 0.03), train(4, 0.3, 0.1, 0.3), train(2, 1.0, 0.05, 0.0)]
with open(sys.argv[1], "w") as f:
    json.dump({"batch": BATCH, "weights": start.tolist(), "data": data, "safe": safe, "cases": cases}, f)
    f.write("\n")
