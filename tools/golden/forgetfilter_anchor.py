"""Golden scores for gradient-anchor in @safe/forgetfilter (arXiv 2404.01099): a bigram model W in torch, float64, whose gradients are
autograd's. The test holds the same model and its gradient by hand.

usage: python tools/golden/forgetfilter_anchor.py packages/forgetfilter/test/golden/anchor.json
"""
import json
import sys

import torch
from torch.nn.functional import cosine_similarity, normalize

torch.manual_seed(3)
torch.set_default_dtype(torch.float64)
VOCAB, ANCHORS, TOKENS = 5, 3, 4
weights = torch.randn(VOCAB, VOCAB)


def row(shortest=1):
    length = int(torch.randint(shortest, 9, ()))
    return {"prompt": int(torch.randint(VOCAB, ())), "response": torch.randint(VOCAB, (length,)).tolist()}


def gradient(one, tokens=None):
    """Of the mean negative log-likelihood of the response, each token predicted from the one before it."""
    response = one["response"][:tokens]
    w = weights.clone().requires_grad_()
    before = [one["prompt"], *response[:-1]]
    torch.nn.functional.cross_entropy(w[before], torch.tensor(response)).backward()
    return w.grad.flatten()


def anchor(rows):
    return torch.stack([normalize(gradient(r, TOKENS), dim=0) for r in rows]).mean(0)


data = [row() for _ in range(12)]
harmful = [row(6) for _ in range(ANCHORS + 1)]
references = [row(3) for _ in range(2 * ANCHORS + 1)]
bad, safe1, safe2 = (
    anchor(x) for x in (harmful[:ANCHORS], references[:ANCHORS], references[ANCHORS : 2 * ANCHORS])
)
cos = lambda g, a: cosine_similarity(g, a, dim=0)
scores = [float(cos(g, bad) - cos(g, safe1) - cos(g, safe2)) for g in map(gradient, data)]
order = sorted(range(len(data)), key=lambda i: -scores[i])
with open(sys.argv[1], "w") as f:
    json.dump(
        {
            "anchors": ANCHORS,
            "tokens": TOKENS,
            "weights": weights.tolist(),
            "data": data,
            "harmful": harmful,
            "references": references,
            "scores": scores,
            "order": order,
        },
        f,
    )
    f.write("\n")
