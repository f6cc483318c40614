"""Three roads to P_L B and P_R A^T for a large displacement V [n, n], against the dense one, all on torch's products in float32.

  band       Gram matrix reduced to a band by block reflections, eigenvalues of the band, projector by rational functions of the band
  sign       matrix sign of the deflated G - tau I by Newton-Schulz iterations: products of n x n matrices only
  chebyshev  leading directions deflated, a Chebyshev series of the step at tau on the columns alone (what csulora does)

  python roads.py --sizes 1024,2048,4096 --threads 2 [--spectrum script|power|gap]

Per size and road: wall and processor seconds, and ||D*_found - D*|| / ||D*|| against torch.linalg.svd in float64 (float32 from --single on).
The cut tau of `sign` and `chebyshev` is estimated from random probes, as csulora does; the probes' time is part of theirs.
"""
import argparse
import json
import math
import time

import scipy.linalg
import torch

BETA, ENERGY, RANK = 0.05, 0.95, 16
DEGREE, PROBE_DEGREE, PROBE_ENTRIES = 80, 30, 1 << 18


# displacements ----------------------------------------------------------------------------------


def displacement(n, spectrum, draw):
    normal = lambda *size: torch.randn(*size, generator=draw)
    if spectrum == "script":
        tail = normal(n, n) * torch.linspace(1, 0.3, n)[:, None]
        return 4e-4 * (tail + (normal(n, 24) * torch.logspace(0, -1, 24)) @ normal(24, n) * 0.3)
    u, v = torch.linalg.qr(normal(n, n)).Q, torch.linalg.qr(normal(n, n)).Q
    i = torch.arange(1, n + 1, dtype=torch.float32)
    s = i**-0.5 if spectrum == "power" else torch.where(i <= n // 2, 1.0 - 0.3 * i / n, 0.1 * (1 - 0.5 * i / n))
    return (u * s) @ v.T


def corrected(b, a, bl, ar):
    """D* from the columns and their projections; a and ar are [r, n]."""
    d, ld, dr, lr = b @ a, bl @ a, b @ ar, bl @ ar
    blocks = [lr, ld - lr, dr - lr, d - ld - dr + lr]
    e = [float(x.double().pow(2).sum()) for x in blocks]
    ref = e[0] + BETA * sum(e)
    return blocks[0] + sum(x / (1 + y / ref) for x, y in zip(blocks[1:], e[1:]))


# roads: (V, B, A) -> P_L B, A P_R -----------------------------------------------------------------


def dense(v, b, a):
    u, s, vt = torch.linalg.svd(v, full_matrices=False)
    share = torch.cumsum(s.double() ** 2, 0) / torch.sum(s.double() ** 2)
    k = int(torch.searchsorted(share, ENERGY)) + 1
    u, vt = u[:, :k], vt[:k]
    return u @ (u.T @ b.to(u.dtype)), (a.to(u.dtype) @ vt.T) @ vt


def reduced(g, width):
    """G = Q T Q^T with T of that bandwidth; Q as block reflections I - Y M Y^T, each from a row on."""
    n, reflections = g.shape[0], []
    for j in range(0, n - width - 1, width):
        at = j + width
        panel, tau = torch.geqrf(g[at:, j:at])
        k = tau.shape[0]
        y = torch.tril(panel[:, :k], -1)
        y[range(k), range(k)] = 1
        m = torch.linalg.inv(torch.triu(y.T @ y, 1) + torch.diag(1 / tau.clamp(min=1e-30)))
        g[at:, j:at] = torch.triu(panel)
        g[j:at, at:] = g[at:, j:at].T
        z = g[at:, at:] @ (y @ m)
        w = z - 0.5 * y @ (m.T @ (y.T @ z))
        g[at:, at:].sub_(w @ y.T).sub_(y @ w.T)
        reflections.append((at, y, m))
    return reflections


def band(v, b, a, width=64, step=1.0):
    g = v @ v.T
    n = g.shape[0]
    reflections = reduced(g, width)
    turned = torch.cat([b, v @ a.T], 1)
    for at, y, m in reflections:
        turned[at:] -= y @ (m.T @ (y.T @ turned[at:]))
    lower = torch.zeros(width + 1, n, dtype=torch.float64)
    for k in range(width + 1):
        lower[k, : n - k] = torch.diagonal(g, -k).double()
    values = torch.from_numpy(scipy.linalg.eigvals_banded(lower.numpy(), lower=True).copy()).flip(0).clamp(min=0)
    share = torch.cumsum(values, 0) / values.sum()
    k = int(torch.searchsorted(share, ENERGY)) + 1
    tau, gap = float(values[k - 1] + values[k]) / 2, float(values[k - 1] - values[k]) / 2
    whole = torch.zeros(2 * width + 1, n, dtype=torch.complex128)
    for i in range(width + 1):
        whole[width + i] = lower[i]
        whole[width - i, i:] = lower[i, : n - i]
    # sign(x) = 2/pi int_0^inf Re 1/(x - i t) dt with t = e^u, by the trapezoidal rule.
    first, last = math.log(max(gap, 1e-5 * tau)) - 5, math.log(float(values[0])) + 5
    x = turned.double().numpy()
    sign = torch.zeros(n, x.shape[1], dtype=torch.float64)
    for i in range(math.ceil((last - first) / step) + 1):
        t = math.exp(first + i * step)
        shifted = whole.clone()
        shifted[width] -= tau + 1j * t
        solved = scipy.linalg.solve_banded((width, width), shifted.numpy(), x, overwrite_ab=True, check_finite=False)
        sign += 2 / math.pi * step * t * torch.from_numpy(solved.real)
    inside = (turned.double() + sign) / 2
    r = b.shape[1]
    far = scipy.linalg.solve_banded((width, width), whole.real.numpy(), inside[:, r:].numpy(), check_finite=False)
    back = torch.cat([inside[:, :r], torch.from_numpy(far)], 1).float()
    for at, y, m in reversed(reflections):
        back[at:] -= y @ (m @ (y.T @ back[at:]))
    return back[:, :r], (v.T @ back[:, r:]).T


def deflated(v, draw):
    n = v.shape[0]
    q = lambda x: torch.linalg.qr(x).Q
    u = q(v @ q(v.T @ q(v @ torch.randn(n, n // 32, generator=draw))))
    w = q(v.T @ u)
    v = v - u @ (u.T @ v)
    return u, w, v - (v @ w) @ w.T


def blocks(g, bound, x, degree):
    before, now = x, 2 / bound * (g @ x) - x
    yield before
    yield now
    for _ in range(degree - 1):
        before, now = now, 2 * (2 / bound * (g @ now) - now) - before
        yield now


def cut(g, total, goal, draw):
    """A bound on the eigenvalues of G and the angle of tau: the energy below it is `goal`."""
    n = g.shape[0]
    x = torch.randn(n, 8, generator=draw)
    for _ in range(8):
        x = torch.linalg.qr(g @ x).Q
    bound = 1.1 * float(torch.linalg.matrix_norm(g @ x, 2))
    w = torch.where(torch.rand(n, PROBE_ENTRIES // n, generator=draw) < 0.5, -1.0, 1.0)
    moments, last = [], w
    for k, t in enumerate(blocks(g, bound, w, PROBE_DEGREE)):
        own, cross = (t * t).sum(0).double(), (t * last).sum(0).double()
        moments += [own] if k == 0 else [cross if k == 1 else 2 * cross - moments[1], 2 * own - n]
        last = t
    m = torch.stack(moments)

    def below(angle):
        c = [1 - angle / math.pi] + [-2 * math.sin(k * angle) / (math.pi * k) for k in range(1, len(m) - 1)]
        s = [0.0] * (len(c) + 1)
        for k, x in enumerate(c):
            s[k] += x
            for j in [1] if k == 0 else [k - 1, k + 1]:
                s[j] += x if k == 0 else x / 2
        y = bound / 2 * (torch.tensor(s, dtype=torch.float64) @ m)
        control = m[1] - (2 * total / bound - n)
        slope = ((y - y.mean()) * (control - control.mean())).sum() / (control - control.mean()).pow(2).sum()
        return float((y - slope * control).mean())

    low, high = 1e-3, math.pi - 1e-3
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) > goal else (low, middle)
    return bound, (low + high) / 2


def prepared(v, draw):
    u, w, rest = deflated(v, draw)
    g = rest @ rest.T
    bound, angle = cut(g, float(rest.double().pow(2).sum()), (1 - ENERGY) * float(v.double().pow(2).sum()), draw)
    return u, w, rest, g, bound, angle


def sign(v, b, a, iterations=14):
    u, w, rest, g, bound, angle = prepared(v, torch.Generator().manual_seed(1))
    tau = bound * (1 + math.cos(angle)) / 2
    x = g.clone()
    x.diagonal().sub_(tau)
    x /= max(tau, bound - tau)
    for _ in range(iterations):
        x = 1.5 * x - 0.5 * x @ (x @ x)
    inside = lambda y: (y + x @ y) / 2
    bu, aw = b - u @ (u.T @ b), a.T - w @ (w.T @ a.T)
    # P_R = V^T (P G P)^+ V: a few conjugate-gradient steps within the subspace.
    goal = inside(rest @ aw)
    y, residual = torch.zeros_like(goal), goal.clone()
    p, rho = residual.clone(), (goal * goal).sum(0)
    for _ in range(12):
        image = inside(g @ p)
        alpha = rho / (p * image).sum(0).clamp(min=1e-30)
        y, residual = y + alpha * p, residual - alpha * image
        fresh = (residual * residual).sum(0)
        p, rho = residual + fresh / rho.clamp(min=1e-30) * p, fresh
    return u @ (u.T @ b) + inside(bu), (w @ (w.T @ a.T) + rest.T @ y).T


def chebyshev(v, b, a, degree=DEGREE):
    u, w, rest, g, bound, angle = prepared(v, torch.Generator().manual_seed(1))
    step = [angle / math.pi] + [2 * math.sin(k * angle) / (math.pi * k) for k in range(1, degree + 1)]
    constant = sum(c if k % 2 == 0 else -c for k, c in enumerate(step))
    q = [0.0] * (degree + 2)
    for k in range(degree - 1, 0, -1):
        q[k] = 2 * (step[k + 1] - q[k + 1]) - q[k + 2]
    q[0] = step[1] - q[1] - q[2] / 2
    bu, aw = b - u @ (u.T @ b), a.T - w @ (w.T @ a.T)
    r, out = b.shape[1], 0
    for k, t in enumerate(blocks(g, bound, torch.cat([bu, rest @ aw], 1), degree)):
        weights = torch.tensor([step[k]] * r + [2 / bound * q[k] if k < degree else 0.0] * r)
        out = out + t * weights
    return u @ (u.T @ b) + out[:, :r], (w @ (w.T @ a.T) + constant * aw + rest.T @ out[:, r:]).T


# the run ----------------------------------------------------------------------------------------


def main(o):
    torch.set_num_threads(o.threads)
    for n in map(int, o.sizes.split(",")):
        draw = torch.Generator().manual_seed(7)
        v = displacement(n, o.spectrum, draw)
        b, a = torch.randn(n, RANK, generator=draw), torch.randn(RANK, n, generator=draw)
        wanted = None
        for road in [r for r in (dense, band, sign, chebyshev) if r.__name__ in o.roads.split(",")]:
            started, cpu = time.perf_counter(), time.process_time()
            bl, ar = road(v, b, a)
            seconds, processor = time.perf_counter() - started, time.process_time() - cpu
            star = corrected(b, a, bl.float(), ar.float())
            if road is dense:
                wanted = star if n >= o.single else corrected(b, a, *(x.float() for x in dense(v.double(), b, a)))
            error = None if wanted is None else float(torch.linalg.norm(star - wanted) / torch.linalg.norm(wanted))
            print(json.dumps({"n": n, "road": road.__name__, "seconds": seconds, "cpuSeconds": processor, "error": error}))


parser = argparse.ArgumentParser()
parser.add_argument("--sizes", default="1024,2048,4096")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--spectrum", choices=["script", "power", "gap"], default="script")
parser.add_argument("--roads", default="dense,band,sign,chebyshev")
parser.add_argument("--single", type=int, default=4096, help="size from which the reference is in float32 too")
main(parser.parse_args())
