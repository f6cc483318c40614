"""Two-component normal mixtures by scikit-learn, for packages/forgetfilter/test/golden/mixture.json, and tails of the beta-binomial
distribution by scipy, for golden/excess.json. Run with numpy, scipy and scikit-learn."""
import json
from pathlib import Path

import numpy as np
from scipy.stats import betabinom
from sklearn.mixture import GaussianMixture

OUT = Path(__file__).resolve().parents[2] / "packages/forgetfilter/test/golden"
rng = np.random.default_rng(7)


def case(name, lower, upper):
    values = np.round(np.concatenate([rng.normal(*lower[1:], lower[0]), rng.normal(*upper[1:], upper[0])]), 6)
    model = GaussianMixture(2, n_init=20, tol=1e-10, reg_covar=1e-12, max_iter=5000, random_state=0)
    model.fit(values[:, None])
    order = np.argsort(model.means_[:, 0])
    return {
        "name": name,
        "values": values.tolist(),
        "logLikelihood": float(model.score_samples(values[:, None]).sum()),
        "weights": model.weights_[order].tolist(),
        "means": model.means_[order, 0].tolist(),
        "deviations": np.sqrt(model.covariances_[order, 0, 0]).tolist(),
    }


cases = [
    case("equal", (60, 0.0, 0.1), (60, 1.0, 0.1)),
    case("few above", (120, 0.02, 0.06), (12, 0.6, 0.15)),
    case("mostly above", (40, 0.05, 0.08), (120, 0.55, 0.2)),
]
(OUT / "mixture.json").write_text(json.dumps({"cases": cases}) + "\n")

# X of n rows exceed the rank-th smallest of m others: beta-binomial(n, m - rank + 1, rank).
excess = [
    {"n": n, "above": above, "rank": rank, "canaries": m, "probability": float(betabinom.sf(above - 1, n, m - rank + 1, rank))}
    for n, m, rank, above in [
        (1000, 100, 96, 93),
        (1000, 100, 96, 50),
        (112, 25, 25, 15),
        (10, 19, 19, 0),
        (10, 19, 19, 10),
        (5000, 400, 381, 300),
    ]
]
(OUT / "excess.json").write_text(json.dumps({"cases": excess}, indent=1) + "\n")
