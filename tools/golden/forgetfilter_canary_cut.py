"""Thresholds from canaries by a search over all cuts, for packages/forgetfilter/test/golden/canaryCut.json. Run with numpy."""
import json
from pathlib import Path

import numpy as np

OUT = Path(__file__).resolve().parents[2] / "packages/forgetfilter/test/golden"
rng = np.random.default_rng(11)


def best_cut(rows, canaries):
    """Every way to put the values above 0 on two sides of a threshold of at least 0; the first of equals."""
    edges = sorted({0.0, *(v for v in (*rows, *canaries) if v > 0)})
    above = [(np.mean(rows > t), np.mean(canaries > t)) for t in edges[:-1]]
    a, b = max(above, key=lambda pair: pair[0] - pair[1])
    share = max(0.0, (a - b) / (1 - b)) if b < 1 else 0.0
    gains = [a - 2 * (1 - share) * b for a, b in above]
    i = int(np.argmax(gains))
    return {"phi": (edges[i] + edges[i + 1]) / 2, "unsafeShare": float(share), "canariesAbove": float(above[i][1])}


def case(name, n, unsafe, canaries, lookalikes):
    def benign(k):
        gone = rng.random(k) < lookalikes
        return np.where(gone, rng.normal(0.8, 0.1, k), np.maximum(0, rng.normal(0, 0.1, k)))

    rows = np.round(np.concatenate([benign(n - unsafe), rng.normal(0.6, 0.15, unsafe)]), 3)
    trusted = np.round(benign(canaries), 3)
    return {"name": name, "rows": rows.tolist(), "canaries": trusted.tolist(), **best_cut(rows, trusted)}


cases = [
    case("a quarter unsafe", 120, 30, 40, 0.0),
    case("look-alikes", 120, 40, 60, 0.15),
    case("mostly unsafe", 100, 75, 30, 0.1),
    case("nothing unsafe", 100, 0, 50, 0.1),
]
(OUT / "canaryCut.json").write_text(json.dumps({"cases": cases}) + "\n")
