"""Golden values for eval-redorca's statistics: scipy, statsmodels, scikit-learn and krippendorff are the references.

    python tools/golden/eval-redorca_stats.py > packages/eval-redorca/test/golden/stats.json
Needs: numpy scipy scikit-learn statsmodels krippendorff
"""
import json
import numpy as np
import krippendorff
from scipy import stats
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(7)

wilson = []
for k, n in [(0, 1), (1, 1), (0, 162), (162, 162), (3, 10), (156, 162), (50, 100), (1, 1000), (1499, 1500)]:
    ci = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
    wilson.append({"k": k, "n": n, "low": ci.low, "high": ci.high})

exact = []
for b, c in [(0, 0), (0, 1), (5, 0), (3, 9), (10, 10), (40, 61), (900, 1100), (1, 3000)]:
    p = 1.0 if b + c == 0 else mcnemar([[5, b], [c, 7]], exact=True).pvalue
    exact.append({"b": b, "c": c, "p": float(p)})

holm = []
for p in [[0.01, 0.04, 0.03, 0.005], [0.5], [1, 1, 0.2], [0.001, 0.001, 0.9, 0.02, 0.0], list(rng.uniform(size=12) ** 3)]:
    holm.append({"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()})

agreement = []
for names, n, noise in [("01", 60, 0.2), ("01", 12, 0.5), ("abc", 200, 0.3), ("wxyz", 45, 0.6), ("01", 450, 0.05)]:
    names = list(names)
    truth = rng.choice(names, size=n)
    other = np.where(rng.uniform(size=n) < noise, rng.choice(names, size=n), truth)
    table = np.array([[int(((truth == a) & (other == b)).sum()) for b in names] for a in names])
    k = cohens_kappa(table)
    assert abs(k.kappa - cohen_kappa_score(truth, other)) < 1e-12
    codes = [[names.index(v) for v in truth], [names.index(v) for v in other]]
    agreement.append({
        "a": truth.tolist(), "b": other.tolist(), "kappa": float(k.kappa),
        "low": float(k.kappa_low), "high": float(k.kappa_upp),
        "alpha": float(krippendorff.alpha(reliability_data=codes, level_of_measurement="nominal")),
    })

quantiles = []
for n in [1, 2, 5, 40]:
    x = np.sort(rng.normal(size=n))
    quantiles.append({"x": x.tolist(), "q": [0.025, 0.5, 0.975], "values": np.quantile(x, [0.025, 0.5, 0.975]).tolist()})

bootstrap = []
for n in [30, 150]:
    d = (rng.normal(0.3, 1, size=n)).tolist()
    ci = stats.bootstrap((d,), np.mean, n_resamples=50000, method="percentile", rng=rng).confidence_interval
    bootstrap.append({"differences": d, "mean": float(np.mean(d)), "low": float(ci.low), "high": float(ci.high),
                      "se": float(np.std(d) / np.sqrt(n))})

print(json.dumps({"wilson": wilson, "mcnemar": exact, "holm": holm, "agreement": agreement,
                  "quantiles": quantiles, "bootstrap": bootstrap}))
