"""Golden values for judges against labels and for win rates: alpha of several raters, Rogan-Gladen, clustered means.

    python tools/golden/eval-redorca_raters.py > packages/eval-redorca/test/golden/raters.json
Needs: numpy scipy krippendorff

- alpha: the krippendorff package, with missing values.
- roganGladen: the interval of Lang and Reiczigel (2014) written out again in numpy, and the coverage that it has in a simulation
  here; the test simulates it once more with its own random numbers.
- clusters: scipy's bootstrap of whole clusters for a mean and for a mean of means, with the standard error of the linearised
  ratio beside it, which needs no resampling.
"""
import json
import numpy as np
import krippendorff
from scipy import stats

rng = np.random.default_rng(11)
Z = stats.norm.ppf(0.975)

# alpha of several raters ------------------------------------------------------------------------

alpha = []
for names, raters, n, noise, missing in [("01", 3, 40, 0.2, 0.0), ("01", 4, 60, 0.4, 0.3), ("abc", 3, 80, 0.3, 0.2),
                                         ("abt", 5, 25, 0.7, 0.5), ("01", 2, 30, 0.1, 0.1)]:
    names = list(names)
    truth = rng.integers(len(names), size=n)
    ratings = np.where(rng.uniform(size=(raters, n)) < noise, rng.integers(len(names), size=(raters, n)), truth)
    gone = rng.uniform(size=(raters, n)) < missing
    data = np.where(gone, np.nan, ratings.astype(float))
    units = [[None if gone[r, i] else names[ratings[r, i]] for r in range(raters)] for i in range(n)]
    alpha.append({"units": units,
                  "alpha": float(krippendorff.alpha(reliability_data=data, level_of_measurement="nominal"))})


# Rogan-Gladen -----------------------------------------------------------------------------------

def lang_reiczigel(k, n, k1, m1, k0, m0):
    """k of n judged yes; k1 of m1 yes-labels judged yes; k0 of m0 no-labels judged no."""
    n_, p = n + Z**2, (k + Z**2 / 2) / (n + Z**2)
    m1_, q1 = m1 + 2, (k1 + 1) / (m1 + 2)
    m0_, q0 = m0 + 2, (k0 + 1) / (m0 + 2)
    j = q1 + q0 - 1
    theta = (p + q0 - 1) / j
    shift = 2 * Z**2 * (theta * q1 * (1 - q1) / m1_ - (1 - theta) * q0 * (1 - q0) / m0_)
    half = Z * np.sqrt(p * (1 - p) / n_ + theta**2 * q1 * (1 - q1) / m1_ + (1 - theta)**2 * q0 * (1 - q0) / m0_) / j
    value = np.clip((k / n + k0 / m0 - 1) / (k1 / m1 + k0 / m0 - 1), 0, 1)
    return value, np.minimum(value, np.clip(theta + shift - half, 0, 1)), np.maximum(value, np.clip(theta + shift + half, 0, 1))


rogan_gladen = []
for k, n, k1, m1, k0, m0 in [(410, 1000, 90, 100, 80, 100), (30, 60, 25, 25, 24, 25), (2, 60, 18, 20, 57, 60),
                             (0, 60, 10, 10, 40, 40), (59, 60, 9, 12, 30, 33)]:
    value, low, high = lang_reiczigel(k, n, k1, m1, k0, m0)
    rogan_gladen.append({"k": k, "n": n, "k1": k1, "m1": m1, "k0": k0, "m0": m0,
                         "value": float(value), "low": float(low), "high": float(high)})

coverage = []
for theta, q1, q0, n, m in [(0.5, 0.9, 0.9, 200, 60), (0.1, 0.95, 0.9, 100, 60), (0.85, 0.8, 0.98, 60, 80), (0.3, 0.99, 0.99, 60, 40)]:
    runs = 20000
    m1 = np.clip(rng.binomial(m, 0.5, size=runs), 1, m - 1)
    k = rng.binomial(n, theta * q1 + (1 - theta) * (1 - q0), size=runs)
    k1, k0 = rng.binomial(m1, q1), rng.binomial(m - m1, q0)
    _, low, high = lang_reiczigel(k, n, k1, m1, k0, m - m1)
    coverage.append({"theta": theta, "sensitivity": q1, "specificity": q0, "n": n, "labels": m,
                     "coverage": float(np.mean((low <= theta) & (theta <= high)))})


# clustered means --------------------------------------------------------------------------------

def cluster_set(clusters):
    sizes = rng.integers(1, 5, size=clusters)
    base = rng.uniform(0.2, 0.9, size=clusters)
    return [np.round(2 * np.clip(rng.normal(b, 0.15, size=s), 0, 1)) / 2 for b, s in zip(base, sizes)]


def ratio(sums, sizes, axis=-1):
    return sums.sum(axis=axis) / sizes.sum(axis=axis)


def linear_error(sums, sizes):
    r = sums.sum() / sizes.sum()
    return np.sqrt(len(sums) / (len(sums) - 1) * ((sums - r * sizes)**2).sum()) / sizes.sum()


clusters = []
for shape in [[40], [30, 60], [25, 25, 50]]:
    sets = [cluster_set(c) for c in shape]
    sums = [np.array([c.sum() for c in s]) for s in sets]
    sizes = [np.array([len(c) for c in s], dtype=float) for s in sets]
    draws = np.mean([ratio(s[i := rng.integers(len(s), size=(50000, len(s)))], z[i]) for s, z in zip(sums, sizes)], axis=0)
    se = np.sqrt(sum(linear_error(s, z)**2 for s, z in zip(sums, sizes))) / len(sets)
    clusters.append({"sets": [[c.tolist() for c in s] for s in sets],
                     "mean": float(np.mean([ratio(s, z) for s, z in zip(sums, sizes)])),
                     "low": float(np.quantile(draws, 0.025)), "high": float(np.quantile(draws, 0.975)), "se": float(se)})

print(json.dumps({"alpha": alpha, "roganGladen": rogan_gladen, "coverage": coverage, "clusters": clusters}))
