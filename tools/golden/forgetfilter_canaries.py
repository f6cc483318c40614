"""Thresholds from canaries by a search over all cuts, and permutation tests by a great many draws, for
packages/forgetfilter/test/golden/canaryCut.json and canaryExcess.json. Run with numpy."""
import json
from pathlib import Path

import numpy as np

OUT = Path(__file__).resolve().parents[2] / "packages/forgetfilter/test/golden"
rng = np.random.default_rng(11)


def best_cut(rows, canaries):
    """Every way to put the values above 0 on two sides of a threshold of at least 0; the first of equals; None where none gains."""
    edges = sorted({0.0, *(v for v in (*rows, *canaries) if v > 0)})
    above = [(np.mean(rows > t), np.mean(canaries > t)) for t in edges[:-1]]
    a, b = max(above, key=lambda pair: pair[0] - pair[1])
    share = max(0.0, (a - b) / (1 - b)) if b < 1 else 0.0
    gains = [a - 2 * (1 - share) * b for a, b in above]
    i = int(np.argmax(gains))
    if gains[i] <= 0:
        return None
    return {"phi": (edges[i] + edges[i + 1]) / 2, "unsafeShare": float(share), "canariesAbove": float(above[i][1])}


def case(name, n, unsafe, canaries, lookalikes):
    def benign(k):
        gone = rng.random(k) < lookalikes
        return np.where(gone, rng.normal(0.8, 0.1, k), np.maximum(0, rng.normal(0, 0.1, k)))

    rows = np.round(np.concatenate([benign(n - unsafe), rng.normal(0.6, 0.15, unsafe)]), 3)
    trusted = np.round(benign(canaries), 3)
    return {"name": name, "rows": rows.tolist(), "canaries": trusted.tolist(), "cut": best_cut(rows, trusted)}


cases = [
    case("a quarter unsafe", 120, 30, 40, 0.0),
    case("look-alikes", 120, 40, 60, 0.15),
    case("mostly unsafe", 100, 75, 30, 0.1),
    case("nothing unsafe", 100, 0, 50, 0.1),
]
(OUT / "canaryCut.json").write_text(json.dumps({"cases": cases}) + "\n")


def excess(rows, canaries, draws=20000):
    """P(largest standardized excess is as large), over the values above which lie at most half of all."""
    values = np.concatenate([rows, canaries])
    is_canary = np.arange(len(values)) >= len(rows)
    n, m = len(rows), len(canaries)
    edges = [t for t in np.unique(np.append(values, 0.0)) if t >= 0 and 0 < np.mean(values > t) <= 0.5]
    above = np.array([values > t for t in edges], dtype=float)
    p = above.mean(axis=1)
    deviation = np.sqrt(p * (1 - p) * (1 / n + 1 / m))

    def statistic(marks):
        found = above @ marks
        return (((above.sum(axis=1) - found) / n - found / m) / deviation).max()

    observed = statistic(is_canary.astype(float))
    return float(np.mean([statistic(rng.permutation(is_canary).astype(float)) >= observed - 1e-9 for _ in range(draws)]))


tests = []
for made in (case("a few unsafe", 80, 6, 40, 0.05), case("look-alikes", 80, 10, 40, 0.2), case("nothing unsafe", 80, 0, 40, 0.1)):
    rows, canaries = np.array(made["rows"]), np.array(made["canaries"])
    p = excess(rows, canaries)
    # The standard error of 499 draws.
    error = float(np.sqrt(max(p, 0.01) * (1 - p) / 499) + 1 / 500)
    tests.append({"name": made["name"], "rows": rows.tolist(), "canaries": canaries.tolist(), "probability": p, "error": error})
(OUT / "canaryExcess.json").write_text(json.dumps({"cases": tests}) + "\n")
