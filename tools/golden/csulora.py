"""Golden values for @safe/csulora: all seven steps written out densely in float64 (arXiv 2605.30640), and its controls.

usage: python tools/golden/csulora.py packages/csulora/test/golden/csulora.json
"""
import json
import sys

import numpy as np

rng = np.random.default_rng(11)
f32 = lambda x: np.asarray(x, dtype=np.float32).astype(np.float64)


def displacement(m, n):
    p = min(m, n)
    u, _ = np.linalg.qr(rng.standard_normal((m, p)))
    v, _ = np.linalg.qr(rng.standard_normal((n, p)))
    i = np.arange(p)
    s = 0.06 * np.exp(-i / 1.2) + 0.01 * np.exp(-i / (0.6 * p))
    return (u * s) @ v.T


def case(name, m, n, r, rule, beta=0.05, tau=0.5, inside=0.0):
    base = f32(rng.standard_normal((m, n)) * 0.05)
    aligned = f32(base + displacement(m, n))
    v = aligned - base
    u, s, vt = np.linalg.svd(v, full_matrices=False)
    b, a = rng.standard_normal((m, r)) * 0.1, rng.standard_normal((r, n)) * 0.1
    b, a = b + inside * u[:, :r] * 0.1 * np.sqrt(m), a + inside * vt[:r] * 0.1 * np.sqrt(n)
    b, a = f32(b), f32(a)

    share = np.cumsum(s**2) / np.sum(s**2)
    k = rule["fixed"] if "fixed" in rule else int(np.searchsorted(share, rule["energy"]) + 1)
    pl, pr = u[:, :k] @ u[:, :k].T, vt[:k].T @ vt[:k]
    ql, qr = np.eye(m) - pl, np.eye(n) - pr
    d = b @ a
    blocks = {"LR": pl @ d @ pr, "Lp": pl @ d @ qr, "pR": ql @ d @ pr, "pp": ql @ d @ qr}
    e = {key: np.sum(x**2) for key, x in blocks.items()}
    total = sum(e.values())
    ref = e["LR"] + beta * total
    gammas = {key: 1.0 if key == "LR" else 1 / (1 + x / ref) for key, x in e.items()}
    star = sum(gammas[key] * x for key, x in blocks.items())
    uu, ss, vv = np.linalg.svd(star, full_matrices=False)
    truncated = (uu[:, :r] * ss[:r]) @ vv[:r]
    c = v @ v.T / np.linalg.norm(v)
    cb = c @ b
    cosine = np.sum((cb @ a) * d) / (np.linalg.norm(cb @ a) * np.linalg.norm(d))
    l, q = k / m, k / n
    return {
        "name": name,
        "rule": rule,
        "beta": beta,
        "tau": tau,
        "base": base.tolist(),
        "aligned": aligned.tolist(),
        "B": b.tolist(),
        "A": a.tolist(),
        "rank": k,
        "captured": float(share[k - 1]),
        "energies": {key: float(x / total) for key, x in e.items()},
        "chance": {"LR": l * q, "Lp": l * (1 - q), "pR": (1 - l) * q, "pp": (1 - l) * (1 - q)},
        "gammas": {key: float(x) for key, x in gammas.items()},
        "normRatio": float(np.linalg.norm(star) / np.linalg.norm(d)),
        "lostEnergy": float(np.sum(ss[r:] ** 2) / np.sum(ss**2)),
        "star": star.tolist(),
        "csulora": truncated.tolist(),
        "hard": (pl @ d @ pr).tolist(),
        "cosine": float(cosine),
        "safelora": (cb @ a if cosine <= tau else d).tolist(),
    }


golden = [
    case("square, smooth tail", 18, 18, 3, {"energy": 0.95}),
    case("tall", 24, 12, 4, {"energy": 0.9}, beta=0.2),
    case("wide, mostly inside", 10, 26, 3, {"energy": 0.95}, inside=1.0),
    case("one side full", 8, 20, 2, {"fixed": 8}),
    case("fixed rank", 20, 16, 4, {"fixed": 3}, tau=-1.0),
    case("rank above half of a side", 9, 14, 6, {"energy": 0.8}),
]
with open(sys.argv[1], "w") as f:
    json.dump(golden, f)
    f.write("\n")
