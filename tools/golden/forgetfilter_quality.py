"""Golden filter metrics from scikit-learn, and Otsu splits by brute force in exact rational arithmetic.

Writes packages/forgetfilter/test/golden/quality.json; run from the repository's root with
`python tools/golden/forgetfilter_quality.py` (needs numpy and scikit-learn).
"""

import json
from fractions import Fraction

import numpy as np
import sklearn
from sklearn.metrics import average_precision_score, f1_score, precision_score, recall_score, roc_auc_score


def best_split(values):
    """The number of values in the lower class of the split with the largest between-class variance."""
    xs = sorted(Fraction(v) for v in values)
    best, at = Fraction(-1), None
    for k in range(1, len(xs)):
        if xs[k - 1] == xs[k]:
            continue
        m0, m1 = sum(xs[:k]) / k, sum(xs[k:]) / (len(xs) - k)
        criterion = k * (len(xs) - k) * (m0 - m1) ** 2
        if criterion > best:
            best, at = criterion, k
    return at


def main() -> None:
    rng = np.random.default_rng(0)
    cases = []
    for n, share, decimals in [(10, 0.5, 1), (40, 0.25, 2), (60, 0.1, 1), (80, 0.5, 6), (50, 0.9, 1)]:
        unsafe = rng.random(n) < share
        unsafe[0], unsafe[1] = True, False
        rates = np.round(rng.normal(0.3 * unsafe, 0.2), decimals)
        phi = 0.1
        removed = rates > phi
        cases.append(
            {
                "rates": rates.tolist(),
                "unsafe": unsafe.tolist(),
                "phi": phi,
                "precision": precision_score(unsafe, removed),
                "recall": recall_score(unsafe, removed),
                "f1": f1_score(unsafe, removed),
                "auroc": roc_auc_score(unsafe, rates),
                "auprc": average_precision_score(unsafe, rates),
                "lowerCount": best_split(rates.tolist()),
            }
        )
    with open("packages/forgetfilter/test/golden/quality.json", "w") as f:
        json.dump({"sklearn": sklearn.__version__, "cases": cases}, f)
        f.write("\n")


main()
