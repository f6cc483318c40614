/**
 * How the eigenvalues of a symmetric operator are distributed, from a few random vectors (the kernel polynomial method): traces of
 * polynomials, tr T_k(G) = E w^T T_k(G) w for entries of +-1, and from them the count and the sum of the eigenvalues on one side of a cut.
 * T_2k = 2 T_k^2 - I gives two moments per product.
 */
import { tf } from '../engine'
import { stream } from '../random'
import { type BoundedOperator, chebyshevBlocks, stepSeries, timesLambda } from './chebyshev'
import type { Pausable } from './cooperative'
import { type Dense, at, zeros } from './dense'
import { type Block, toHost } from './engineBlock'

// model ------------------------------------------------------------------------------------------

/** Chebyshev moments of an operator on R^n, by probe. */
export interface Moments {
  readonly n: number
  readonly bound: number
  /** [2 degree + 1, probes]: row k holds w^T T_k(G) w. */
  readonly values: Dense
}

/** An estimate from the probes and its standard error. */
export interface Estimated {
  readonly value: number
  readonly error: number
}

// moments ----------------------------------------------------------------------------------------

/** How the probes are drawn, and how many steps they take. */
export interface ProbeSettings {
  readonly probes: number
  readonly degree: number
  readonly seed: number
}

/** [n, probes] of +-1. */
const probeBlock = (n: number, probes: number, seed: number): Block => {
  const draw = stream(seed, 'spectral-density')
  return tf.tensor2d(
    Float32Array.from({ length: n * probes }, () => (draw.uniform() < 0.5 ? -1 : 1)),
    [n, probes],
  )
}

/** a . b, column by column. */
const columnProducts = (a: Block, b: Block): Float64Array => toHost(() => tf.sum(tf.mul(a, b), 0, true)).data

/** Draws the probes and measures; yields after each product. @returns undefined where the spectrum exceeds the bound */
export function* momentSteps(
  g: BoundedOperator,
  n: number,
  { probes, degree, seed }: ProbeSettings,
): Pausable<Moments | undefined> {
  const values = zeros(2 * degree + 1, probes)
  const held = { last: probeBlock(n, probes, seed) }
  try {
    let k = 0
    for (const block of chebyshevBlocks(g, held.last, degree)) {
      const [own, cross] = [columnProducts(block, block), columnProducts(block, held.last)]
      for (let j = 0; j < probes; j++) {
        // |T_k| <= 1 within the bound, and grows without limit outside.
        if (!((own[j] ?? 0) <= 1.5 * n)) return undefined
        if (k === 0) values.data[j] = n
        else {
          values.data[2 * k * probes + j] = 2 * (own[j] ?? 0) - n
          values.data[(2 * k - 1) * probes + j] =
            k === 1 ? (cross[j] ?? 0) : 2 * (cross[j] ?? 0) - at(values, 1, j)
        }
      }
      held.last.dispose()
      held.last = block.clone()
      k += 1
      yield
    }
    return { n, bound: g.bound, values }
  } finally {
    held.last.dispose()
  }
}

// estimates --------------------------------------------------------------------------------------

const mean = (xs: Float64Array): number => xs.reduce((s, x) => s + x, 0) / Math.max(1, xs.length)

/** w^T f(G) w by probe, for the series of f. */
const byProbe = ({ values }: Moments, series: Float64Array): Float64Array => {
  const out = new Float64Array(values.cols)
  const degree = Math.min(series.length, values.rows)
  for (let k = 0; k < degree; k++)
    for (let j = 0; j < out.length; j++) out[j] = (out[j] ?? 0) + (series[k] ?? 0) * at(values, k, j)
  return out
}

/** The mean of `y`, less what it shares with `control`, whose expectation is 0. */
const controlled = (y: Float64Array, control: Float64Array): Estimated => {
  const [a, b] = [mean(y), mean(control)]
  let both = 0
  let own = 0
  for (let j = 0; j < y.length; j++) {
    both += ((y[j] ?? 0) - a) * ((control[j] ?? 0) - b)
    own += ((control[j] ?? 0) - b) ** 2
  }
  const slope = own === 0 ? 0 : both / own
  const rest = y.map((x, j) => x - slope * (control[j] ?? 0))
  const value = mean(rest)
  const variance = rest.reduce((s, x) => s + (x - value) ** 2, 0) / Math.max(1, y.length - 1)
  return { value, error: Math.sqrt(variance / y.length) }
}

const degreeOf = ({ values }: Moments): number => values.rows - 1

/** The sum of the eigenvalues below the cut; the known trace of G takes part of the probes' noise out. */
export const sumBelow = (m: Moments, angle: number, trace: number): Estimated => {
  const below = stepSeries(degreeOf(m) - 1, angle).map((c, k) => (k === 0 ? 1 - c : -c))
  const known = (2 * trace) / m.bound - m.n
  const first = Float64Array.from({ length: m.values.cols }, (_, j) => at(m.values, 1, j) - known)
  return controlled(byProbe(m, timesLambda(below, m.bound)), first)
}

/** How many eigenvalues are above the cut. */
export const countAbove = (m: Moments, angle: number): Estimated =>
  controlled(byProbe(m, stepSeries(degreeOf(m), angle)), new Float64Array(m.values.cols))

/** Jackson's damping of a series: the density stays positive. */
const damped = (k: number, length: number): number => {
  const step = Math.PI / (length + 1)
  return ((length - k + 1) * Math.cos(k * step) + Math.sin(k * step) / Math.tan(step)) / (length + 1)
}

const gridPoints = 1024

/** sum_k series[k] cos(k t) by Clenshaw's recurrence. */
const cosineSum = (series: Float64Array, t: number): number => {
  const x = Math.cos(t)
  let [b1, b2] = [0, 0]
  for (let k = series.length - 1; k > 0; k--) [b1, b2] = [2 * x * b1 - b2 + (series[k] ?? 0), b1]
  return x * b1 - b2 + (series[0] ?? 0)
}

/**
 * The mean of (p(lambda) - 1[lambda > tau])^2 over the eigenvalues, p being the step's series of this degree: what the series' error
 * is for columns that prefer no eigenvector.
 */
export const stepError = (m: Moments, angle: number, degree: number): number => {
  const density = Float64Array.from({ length: degreeOf(m) + 1 }, (_, k) => {
    const moment = mean(m.values.data.subarray(k * m.values.cols, (k + 1) * m.values.cols)) / m.n
    return (k === 0 ? 1 : 2 * damped(k, degreeOf(m))) * moment
  })
  const series = stepSeries(degree, angle)
  let sum = 0
  for (let i = 0; i < gridPoints; i++) {
    const t = ((i + 0.5) * Math.PI) / gridPoints
    const error = cosineSum(series, t) - (t < angle ? 1 : 0)
    sum += (Math.max(0, cosineSum(density, t)) * error * error) / gridPoints
  }
  return sum
}

/** The eigenvalue at an angle. */
export const eigenvalueAt = (angle: number, bound: number): number => (bound * (1 + Math.cos(angle))) / 2

/** The angle in (0, pi) at which a quantity that falls as the angle grows passes `goal`. */
export const angleWhere = (falling: (angle: number) => number, goal: number): number => {
  let [low, high] = [1e-4, Math.PI - 1e-4]
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2
    if (falling(middle) > goal) low = middle
    else high = middle
  }
  return (low + high) / 2
}
