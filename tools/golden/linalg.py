"""Golden values for @safe/tensor-core/linalg from numpy (float64).

usage: python tools/golden/linalg.py packages/tensor-core/test/golden/linalg.json
"""
import json
import sys

import numpy as np

rng = np.random.default_rng(7)


def smooth_tail(m, n):
    """A few large values, then a smooth tail without a gap: what real displacements look like. Exact in float32."""
    p = min(m, n)
    u, _ = np.linalg.qr(rng.standard_normal((m, p)))
    v, _ = np.linalg.qr(rng.standard_normal((n, p)))
    i = np.arange(p)
    s = 6 * np.exp(-i / 1.2) + np.exp(-i / (0.6 * p))
    return ((u * s) @ v.T).astype(np.float32).astype(np.float64)


def subspaces(m, n, rule):
    v = smooth_tail(m, n)
    x, y = rng.standard_normal((m, 3)), rng.standard_normal((n, 3))
    u, s, vt = np.linalg.svd(v, full_matrices=False)
    share = np.cumsum(s**2) / np.sum(s**2)
    k = rule["fixed"] if "fixed" in rule else int(np.searchsorted(share, rule["energy"]) + 1)
    left, right = u[:, :k], vt[:k].T
    return {
        "rule": rule,
        "v": v.tolist(),
        "x": x.tolist(),
        "y": y.tolist(),
        "rank": k,
        "captured": float(share[k - 1]),
        "left": (left @ (left.T @ x)).tolist(),
        "right": (right @ (right.T @ y)).tolist(),
    }


a = rng.standard_normal((12, 5))
g = rng.standard_normal((20, 20))
g = g + g.T
b = rng.standard_normal((9, 6))
golden = {
    "qr": {"a": a.tolist(), "absR": np.abs(np.linalg.qr(a)[1]).tolist()},
    "eigen": {"a": g.tolist(), "values": np.linalg.eigvalsh(g)[::-1].tolist()},
    "svd": {"a": b.tolist(), "values": np.linalg.svd(b, compute_uv=False).tolist()},
    "subspaces": [
        subspaces(24, 16, {"energy": 0.95}),
        subspaces(16, 24, {"energy": 0.95}),
        subspaces(20, 20, {"energy": 0.95}),
        subspaces(20, 20, {"fixed": 4}),
        subspaces(40, 36, {"energy": 0.8}),
        subspaces(12, 30, {"fixed": 12}),
    ],
}
with open(sys.argv[1], "w") as f:
    json.dump(golden, f)
    f.write("\n")
