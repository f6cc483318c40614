/**
 * Spectral projectors of a tridiagonal matrix acting on a few columns, without eigenvectors.
 *
 * sign(x) = (2/pi) int_0^inf x / (t^2 + x^2) dt, and with t = e^u the integrand is sign(x) sech(u - ln|x|) / 2: analytic in a
 * strip of half-width pi/2, so the error of the trapezoidal rule with step h is 4 exp(-pi^2 / h) for every x (h = 0.27: 5e-16).
 * Each node is one shifted tridiagonal solve, O(n) per column:
 *   P = (I + sign(T - tau)) / 2          onto eigenvalues above tau
 *   F = P T^-1                           its inverse there, zero elsewhere (the same nodes; the pole at 0 cancels)
 * About 4 (74 + ln(range / gap)) solves in all, whatever the rank of P: a few percent of the reduction's cost.
 */
import type { Pausable } from './cooperative'
import { type Dense, dense } from './dense'
import type { Tridiagonal } from './tridiagonal'

// model ------------------------------------------------------------------------------------------

/** Where the spectrum is cut: no eigenvalue is closer to `threshold` than `gap`; none, nor zero, is farther than `range`. */
export interface Cut {
  readonly threshold: number
  readonly gap: number
  readonly range: number
}

/** Trapezoidal step, and how far the sum extends beyond gap and range: both tails are below 1e-16. */
const step = 0.27
const reach = 37

// shifted solves ---------------------------------------------------------------------------------

/** Memory of one shifted solve, reused for every node; complex numbers as two arrays. */
interface Workspace {
  readonly n: number
  readonly p: number
  /** Pivots, first and second superdiagonal, multipliers. */
  readonly d: readonly [Float64Array, Float64Array]
  readonly u: readonly [Float64Array, Float64Array]
  readonly u2: Float64Array
  readonly l: readonly [Float64Array, Float64Array]
  readonly swapped: Uint8Array
  readonly x: readonly [Float64Array, Float64Array]
}

const pair = (length: number): readonly [Float64Array, Float64Array] => [
  new Float64Array(length),
  new Float64Array(length),
]

const workspace = (n: number, p: number): Workspace => ({
  n,
  p,
  d: pair(n),
  u: pair(n),
  u2: new Float64Array(n),
  l: pair(n),
  swapped: new Uint8Array(n),
  x: pair(n * p),
})

/** LU of T - (re + i im) with partial pivoting (LAPACK's gttrf). */
const factor = (w: Workspace, t: Tridiagonal, re: number, im: number): void => {
  const { n, u2, swapped } = w
  const [dr, di] = w.d
  const [ur, ui] = w.u
  const [lr, li] = w.l
  const e = t.offDiagonal
  for (let i = 0; i < n; i++) {
    dr[i] = (t.diagonal[i] ?? 0) - re
    di[i] = -im
    ur[i] = e[i] ?? 0
    ui[i] = 0
    u2[i] = 0
    swapped[i] = 0
  }
  for (let i = 0; i < n - 1; i++) {
    const below = e[i] ?? 0
    const a = dr[i] ?? 0
    const b = di[i] ?? 0
    const nextR = dr[i + 1] ?? 0
    const nextI = di[i + 1] ?? 0
    if (a * a + b * b >= below * below) {
      const size = a * a + b * b
      const mr = size === 0 ? 0 : (below * a) / size
      const mi = size === 0 ? 0 : (-below * b) / size
      lr[i] = mr
      li[i] = mi
      const x = ur[i] ?? 0
      const y = ui[i] ?? 0
      dr[i + 1] = nextR - (mr * x - mi * y)
      di[i + 1] = nextI - (mr * y + mi * x)
    } else {
      // Row i + 1 becomes the pivot row: [below, next, e_{i+1}].
      swapped[i] = 1
      const mr = a / below
      const mi = b / below
      lr[i] = mr
      li[i] = mi
      const x = ur[i] ?? 0
      const y = ui[i] ?? 0
      const beyond = i + 1 < n - 1 ? (e[i + 1] ?? 0) : 0
      dr[i] = below
      di[i] = 0
      ur[i] = nextR
      ui[i] = nextI
      u2[i] = beyond
      dr[i + 1] = x - (mr * nextR - mi * nextI)
      di[i + 1] = y - (mr * nextI + mi * nextR)
      ur[i + 1] = -mr * beyond
      ui[i + 1] = -mi * beyond
    }
  }
}

/** x = (T - z)^-1 b for real b [n, p]. */
const solve = (w: Workspace, b: Float64Array): void => {
  const { n, p, u2, swapped } = w
  const [dr, di] = w.d
  const [ur, ui] = w.u
  const [lr, li] = w.l
  const [xr, xi] = w.x
  xr.set(b)
  xi.fill(0)
  for (let i = 0; i < n - 1; i++) {
    const here = i * p
    const next = here + p
    const mr = lr[i] ?? 0
    const mi = li[i] ?? 0
    const swap = swapped[i] === 1
    for (let c = 0; c < p; c++) {
      const ar = xr[here + c] ?? 0
      const ai = xi[here + c] ?? 0
      const br = xr[next + c] ?? 0
      const bi = xi[next + c] ?? 0
      const topR = swap ? br : ar
      const topI = swap ? bi : ai
      const lowR = swap ? ar : br
      const lowI = swap ? ai : bi
      xr[here + c] = topR
      xi[here + c] = topI
      xr[next + c] = lowR - (mr * topR - mi * topI)
      xi[next + c] = lowI - (mr * topI + mi * topR)
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    const here = i * p
    const size = (dr[i] ?? 0) ** 2 + (di[i] ?? 0) ** 2
    const invR = (dr[i] ?? 0) / size
    const invI = -(di[i] ?? 0) / size
    const vr = i < n - 1 ? (ur[i] ?? 0) : 0
    const vi = i < n - 1 ? (ui[i] ?? 0) : 0
    const v2 = i < n - 2 ? (u2[i] ?? 0) : 0
    const one = i < n - 1 ? here + p : here
    const two = i < n - 2 ? here + 2 * p : here
    for (let c = 0; c < p; c++) {
      const yr = xr[one + c] ?? 0
      const yi = xi[one + c] ?? 0
      const sr = (xr[here + c] ?? 0) - (vr * yr - vi * yi) - v2 * (xr[two + c] ?? 0)
      const si = (xi[here + c] ?? 0) - (vr * yi + vi * yr) - v2 * (xi[two + c] ?? 0)
      xr[here + c] = sr * invR - si * invI
      xi[here + c] = sr * invI + si * invR
    }
  }
}

// functions of T ---------------------------------------------------------------------------------

/** sum_j t_j Re[w(z_j) (T - z_j)^-1 b] h / pi over nodes z_j = threshold + i t_j. */
function* quadrature(t: Tridiagonal, cut: Cut, b: Dense, inverse: boolean): Pausable<Float64Array> {
  const w = workspace(b.rows, b.cols)
  const [xr, xi] = w.x
  const out = new Float64Array(b.data.length)
  const from = Math.log(cut.gap) - reach
  const count = Math.ceil((Math.log(cut.range) + reach - from) / step)
  for (let j = 0; j <= count; j++) {
    const height = Math.exp(from + j * step)
    factor(w, t, cut.threshold, height)
    solve(w, b.data)
    const size = cut.threshold ** 2 + height ** 2
    const weight = (step / Math.PI) * height
    const wr = inverse ? (weight * cut.threshold) / size : weight
    const wi = inverse ? (-weight * height) / size : 0
    for (let i = 0; i < out.length; i++) out[i] = (out[i] ?? 0) + wr * (xr[i] ?? 0) - wi * (xi[i] ?? 0)
    yield
  }
  return out
}

/** P b: the part of b [n, p] in the eigenvectors above the cut. */
export function* projectionSteps(t: Tridiagonal, cut: Cut, b: Dense): Pausable<Dense> {
  const half = yield* quadrature(t, cut, b, false)
  return dense(
    b.rows,
    b.cols,
    half.map((x, i) => x + 0.5 * (b.data[i] ?? 0)),
  )
}

/** P T^-1 b: the pseudo-inverse restricted to the eigenvectors above the cut (threshold > 0). */
export function* restrictedInverseSteps(t: Tridiagonal, cut: Cut, b: Dense): Pausable<Dense> {
  return dense(b.rows, b.cols, yield* quadrature(t, cut, b, true))
}
