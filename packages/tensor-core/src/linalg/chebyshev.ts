/**
 * Step functions of a symmetric operator by Chebyshev polynomials: f(G) X costs one product of G with X per degree.
 *
 * With the spectrum in [0, bound] and lambda = bound (1 + cos t) / 2, the step at the angle s is
 *   1[lambda > tau] = s / pi + sum_k 2 sin(k s) / (pi k) cos(k t)
 * Cut off at degree d its mean square error over t is 1 / (pi^2 d) at most: what is left is near the cut, where eigenvalues are half
 * kept. The series is not damped: damping moves the error away from the cut, but makes more of it.
 */
import type { Pausable } from './cooperative'
import { type Dense, dense } from './dense'

// model ------------------------------------------------------------------------------------------

/** A symmetric operator whose eigenvalues lie in [0, bound], by its action on a few columns. */
export interface BoundedOperator {
  readonly apply: (x: Dense) => Dense
  readonly bound: number
}

// coefficients -----------------------------------------------------------------------------------

/** [degree + 1]: the series of 1[t < angle], that is of eigenvalues above the cut. */
export const stepSeries = (degree: number, angle: number): Float64Array =>
  Float64Array.from({ length: degree + 1 }, (_, k) =>
    k === 0 ? angle / Math.PI : (2 * Math.sin(k * angle)) / (Math.PI * k),
  )

/** The series of lambda f(lambda), one degree longer. */
export const timesLambda = (series: Float64Array, bound: number): Float64Array => {
  const out = new Float64Array(series.length + 1)
  series.forEach((c, k) => {
    out[k] = (out[k] ?? 0) + c
    if (k === 0) out[1] = (out[1] ?? 0) + c
    else {
      out[k + 1] = (out[k + 1] ?? 0) + c / 2
      out[k - 1] = (out[k - 1] ?? 0) + c / 2
    }
  })
  return out.map((c) => (c * bound) / 2)
}

/** f(lambda) = constant + lambda q(lambda): the constant f(0) and the series of q, one degree shorter. */
export const overLambda = (
  series: Float64Array,
  bound: number,
): { readonly constant: number; readonly series: Float64Array } => {
  const degree = series.length - 1
  const constant = series.reduce((sum, c, k) => sum + (k % 2 === 0 ? c : -c), 0)
  const b = new Float64Array(degree + 2)
  for (let k = degree - 1; k > 0; k--) b[k] = 2 * ((series[k + 1] ?? 0) - (b[k + 1] ?? 0)) - (b[k + 2] ?? 0)
  b[0] = (series[1] ?? 0) - (b[1] ?? 0) - (b[2] ?? 0) / 2
  return { constant, series: b.slice(0, Math.max(1, degree)).map((c) => (2 * c) / bound) }
}

// application ------------------------------------------------------------------------------------

/** (2 / bound) G X - X */
const mapped = ({ apply, bound }: BoundedOperator, x: Dense): Float64Array => {
  const y = apply(x).data
  for (let i = 0; i < y.length; i++) y[i] = (2 / bound) * (y[i] ?? 0) - (x.data[i] ?? 0)
  return y
}

/** T_0 X, T_1 X, ..., T_degree X in turn. */
export function* chebyshevBlocks(g: BoundedOperator, x: Dense, degree: number): Generator<Dense, void> {
  const block = (data: Float64Array): Dense => dense(x.rows, x.cols, data)
  yield x
  if (degree === 0) return
  let before = x.data
  let now = mapped(g, x)
  yield block(now)
  for (let k = 2; k <= degree; k++) {
    const next = mapped(g, block(now))
    for (let i = 0; i < next.length; i++) next[i] = 2 * (next[i] ?? 0) - (before[i] ?? 0)
    before = now
    now = next
    yield block(now)
  }
}

/** sum_k series[k] T_k(G) X for X [n, p]; yields after each product. */
export function* chebyshevSum(g: BoundedOperator, series: Float64Array, x: Dense): Pausable<Dense> {
  const out = new Float64Array(x.data.length)
  let k = 0
  for (const { data } of chebyshevBlocks(g, x, series.length - 1)) {
    const c = series[k++] ?? 0
    for (let i = 0; i < out.length; i++) out[i] = (out[i] ?? 0) + c * (data[i] ?? 0)
    yield
  }
  return dense(x.rows, x.cols, out)
}
