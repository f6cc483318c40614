"""Golden values for the rivals in @safe/csulora, written out densely with torch in float64 from the papers' formulas:
SafeMERGE (arXiv 2503.17239), RESTA with DARE (arXiv 2402.11746, 2311.03099), Antidote (arXiv 2408.09600).

usage: python tools/golden/csulora_rivals.py packages/csulora/test/golden/rivals.json
"""
import json
import sys

import torch

torch.manual_seed(5)
torch.set_default_dtype(torch.float64)
f32 = lambda x: x.float().double()
listed = lambda x: [[float(v) for v in row] for row in x]


def lora(m, n, r, size=0.3):
    return f32(torch.randn(m, r) * size), f32(torch.randn(r, n) * size)


def safemerge(name, tau, weight, shapes):
    modules = []
    for i, (m, n, r, q, inside) in enumerate(shapes):
        base = f32(torch.randn(m, n) * 0.05)
        aligned = f32(base + torch.randn(m, 2) @ torch.randn(2, n) * 0.02)
        v = aligned - base
        b, a = lora(m, n, r)
        b = f32(b + inside * torch.linalg.svd(v).U[:, :1] @ torch.ones(1, r))
        bs, as_ = lora(m, n, q)
        s, ss = 2.0, 0.5
        d, safe = s * b @ a, ss * bs @ as_
        c = v @ v.T / torch.linalg.norm(v)
        cosine = torch.nn.functional.cosine_similarity((c @ d).flatten(), d.flatten(), dim=0)
        merged = bool(cosine < tau)
        modules.append(
            {
                "name": f"layer.{i}",
                "base": listed(base),
                "aligned": listed(aligned),
                "B": listed(b),
                "A": listed(a),
                "scale": s,
                "safeB": listed(bs),
                "safeA": listed(as_),
                "safeScale": ss,
                "cosine": float(cosine),
                "merged": merged,
                "result": listed(weight * d + (1 - weight) * safe if merged else d),
            }
        )
    assert 0 < sum(x["merged"] for x in modules) < len(modules), [x["cosine"] for x in modules]
    return {"name": name, "tau": tau, "weight": weight, "modules": modules}


def resta(name, m, n, r, q, gamma, drop):
    b, a = lora(m, n, r)
    bh, ah = lora(m, n, q)
    s, sh = 2.0, 0.5
    keep = torch.rand(q, n) >= drop
    vector = -sh * bh @ torch.where(keep, ah / (1 - drop), torch.zeros(()))
    return {
        "name": name,
        "gamma": gamma,
        "drop": drop,
        "B": listed(b),
        "A": listed(a),
        "scale": s,
        "harmfulB": listed(bh),
        "harmfulA": listed(ah),
        "harmfulScale": sh,
        "keep": [[bool(x) for x in row] for row in keep],
        "result": listed(s * b @ a + gamma * vector),
    }


def antidote(name, m, n, r, tokens, share):
    b, a = lora(m, n, r)
    x = f32(torch.randn(tokens, n) * torch.linspace(0.1, 2, n))
    low = x @ a.T

    def prune(w, read):
        score = w.abs() * torch.linalg.norm(read, dim=0)
        gone = score.argsort(dim=-1, stable=True)[:, int(w.shape[1] * (1 - share)) :]
        return w.scatter(1, gone, 0.0)

    return {
        "name": name,
        "share": share,
        "B": listed(b),
        "A": listed(a),
        "input": torch.linalg.norm(x, dim=0).tolist(),
        "low": torch.linalg.norm(low, dim=0).tolist(),
        "prunedA": listed(prune(a, x)),
        "prunedB": listed(prune(b, low)),
    }


golden = {
    "safemerge": [
        safemerge("the authors' values", 0.35, 0.8, [(9, 7, 2, 3, 0.0), (6, 8, 3, 2, 4.0), (10, 5, 2, 2, 0.3)]),
        safemerge("strong", 0.6, 0.25, [(8, 8, 2, 2, 30.0), (17, 12, 3, 3, 0.0)]),
    ],
    "resta": [
        resta("usual", 8, 12, 2, 2, 0.5, 0.9),
        resta("other ranks, fewer drops", 10, 6, 3, 4, 1.0, 0.25),
        resta("nothing dropped", 5, 7, 1, 2, 0.3, 0.0),
    ],
    "antidote": [
        antidote("the authors' share", 7, 20, 4, 9, 0.1),
        antidote("half", 6, 5, 3, 4, 0.5),
        antidote("everything", 4, 3, 2, 5, 1.0),
    ],
}
with open(sys.argv[1], "w") as f:
    json.dump(golden, f)
    f.write("\n")
