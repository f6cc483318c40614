/**
 * Step functions of a symmetric operator by Chebyshev polynomials: f(G) X costs one product of G with X per degree.
 *
 * With the spectrum in [0, bound] and lambda = bound (1 + cos t) / 2, the step at the angle s is
 *   1[lambda > tau] = s / pi + sum_k 2 sin(k s) / (pi k) cos(k t)
 * Cut off at degree d its mean square error over t is 1 / (pi^2 d) at most: what is left is near the cut, where eigenvalues are half
 * kept. The series is not damped: damping moves the error away from the cut, but makes more of it.
 *
 * Blocks stay on the engine, in float32: T_k is bounded by 1, and the recurrence's rounding errors grow with k only.
 */
import { tf } from '../engine'
import type { Pausable } from './cooperative'
import type { Block } from './engineBlock'

// model ------------------------------------------------------------------------------------------

/** A symmetric operator whose eigenvalues lie in [0, bound], by its action on a block. */
export interface BoundedOperator {
  readonly apply: (x: Block) => Block
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

/**
 * T_0 X, T_1 X, ..., T_degree X in turn, with the spectrum mapped to [-1, 1]. A block is valid until the next one is asked for; the
 * recurrence is T_k+1 = 2 (2 G / bound - I) T_k - T_k-1.
 */
export function* chebyshevBlocks(
  { apply, bound }: BoundedOperator,
  x: Block,
  degree: number,
): Generator<Block, void> {
  const [slope, two] = [tf.scalar(4 / bound), tf.scalar(2)]
  const held = { before: x.clone(), now: x.clone() }
  try {
    yield held.now
    for (let k = 1; k <= degree; k++) {
      const next = tf.tidy(() => {
        const doubled = tf.sub<Block>(tf.mul(apply(held.now), slope), tf.mul(held.now, two))
        return k === 1 ? tf.div<Block>(doubled, two) : tf.sub<Block>(doubled, held.before)
      })
      held.before.dispose()
      held.before = held.now
      held.now = next
      yield next
    }
  } finally {
    tf.dispose([slope, two, held.before, held.now])
  }
}

/** A series and how many columns it is applied to. */
export interface ColumnSeries {
  readonly series: Float64Array
  readonly columns: number
}

/** [degree + 1, columns]: row k holds the coefficients of T_k for each column. */
const coefficients = (parts: ReadonlyArray<ColumnSeries>): Block => {
  const rows = Math.max(...parts.map(({ series }) => series.length))
  const cols = parts.reduce((sum, { columns }) => sum + columns, 0)
  const row = (k: number): ReadonlyArray<number> =>
    parts.flatMap(({ series, columns }) => new Array<number>(columns).fill(series[k] ?? 0))
  return tf.tensor2d(Float32Array.from(Array.from({ length: rows }, (_, k) => row(k)).flat()), [rows, cols])
}

/**
 * sum_k c_k T_k(G) X, with a series of its own for each group of columns of X [n, p]: G is read once per degree for all of them. Yields
 * after each product.
 */
export function* chebyshevSum(
  g: BoundedOperator,
  parts: ReadonlyArray<ColumnSeries>,
  x: Block,
): Pausable<Block> {
  const c = coefficients(parts)
  const held: { sum?: Block } = {}
  try {
    let k = 0
    for (const block of chebyshevBlocks(g, x, c.shape[0] - 1)) {
      const row = k++
      const next = tf.tidy(() => {
        const term = tf.mul<Block>(block, tf.slice(c, [row, 0], [1, c.shape[1]]))
        return held.sum === undefined ? term : tf.add<Block>(held.sum, term)
      })
      held.sum?.dispose()
      held.sum = next
      yield
    }
    return held.sum?.clone() ?? x.clone()
  } finally {
    c.dispose()
    held.sum?.dispose()
  }
}
