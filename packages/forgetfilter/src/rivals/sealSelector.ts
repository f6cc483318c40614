/**
 * SEAL's selector: a number s_i per row of the data, and how a batch moves it (arXiv 2410.07471; the whole method: seal.ts).
 *
 *   q = n softmax(s)                                     the rows' weights, of mean 1
 *   l = 1/b sum_{i in batch} q_i L_i                     with the losses L held fixed
 *   dl/ds_j = 1/b ([j in batch] q_j L_j - q_j/n sum_i q_i L_i)
 *
 * A step is one of Adam (moments 0.9 and 0.95) down this gradient, whose norm is first cut to 10: the authors' settings. A row whose loss
 * stays low while the model learns the safe rows rises among the others.
 */

// model ------------------------------------------------------------------------------------------

/** The numbers of all rows, Adam's moments, and what has been done. */
export interface Selector {
  /** [n] s */
  readonly scores: ReadonlyArray<number>
  /** [n] first and second moments. */
  readonly m: ReadonlyArray<number>
  readonly v: ReadonlyArray<number>
  readonly steps: number
  /** [n] 1 where the row has been in a batch, else 0. */
  readonly seen: ReadonlyArray<number>
}

/** The task rows of a step: their numbers in the data, and their losses in nats. */
export interface LossesOfRows {
  readonly rows: ReadonlyArray<number>
  readonly losses: ArrayLike<number>
}

// constants --------------------------------------------------------------------------------------

/** Of the authors' optimizer; the start has no effect on weights or order. */
const adam = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, largestNorm: 10, start: 0.1 }

// constructors -----------------------------------------------------------------------------------

/** All rows alike. */
export const freshSelector = (rows: number): Selector => {
  const all = (x: number): ReadonlyArray<number> => new Array<number>(rows).fill(x)
  return { scores: all(adam.start), m: all(0), v: all(0), steps: 0, seen: all(0) }
}

// weights ----------------------------------------------------------------------------------------

/** q = n softmax(s), [n]. */
export const rowWeights = (scores: ReadonlyArray<number>): ReadonlyArray<number> => {
  const largest = scores.reduce((a, b) => Math.max(a, b), -Infinity)
  const exps = scores.map((s) => Math.exp(s - largest))
  const total = exps.reduce((a, b) => a + b, 0)
  return exps.map((e) => (scores.length * e) / total)
}

// steps ------------------------------------------------------------------------------------------

/** dl/ds, [n]. */
export const selectorGradient = (
  scores: ReadonlyArray<number>,
  { rows, losses }: LossesOfRows,
): ReadonlyArray<number> => {
  const q = rowWeights(scores)
  const parts = rows.map((row, k) => ({ row, part: ((q[row] ?? 0) * (losses[k] ?? 0)) / rows.length }))
  const mean = parts.reduce((sum, { part }) => sum + part, 0)
  const gradient = q.map((x) => (-x * mean) / scores.length)
  parts.forEach(({ row, part }) => {
    gradient[row] = (gradient[row] ?? 0) + part
  })
  return gradient
}

/** The selector after a step on these rows. */
export const advanced = (selector: Selector, batch: LossesOfRows, lr: number): Selector => {
  const { beta1, beta2, epsilon, largestNorm } = adam
  const gradient = selectorGradient(selector.scores, batch)
  const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0))
  const clip = Math.min(1, largestNorm / (norm + 1e-6))
  const steps = selector.steps + 1
  const m = selector.m.map((x, j) => beta1 * x + (1 - beta1) * clip * (gradient[j] ?? 0))
  const v = selector.v.map((x, j) => beta2 * x + (1 - beta2) * (clip * (gradient[j] ?? 0)) ** 2)
  const [rate, root] = [lr / (1 - beta1 ** steps), Math.sqrt(1 - beta2 ** steps)]
  const scores = selector.scores.map(
    (s, j) => s - (rate * (m[j] ?? 0)) / (Math.sqrt(v[j] ?? 0) / root + epsilon),
  )
  const now = new Set(batch.rows)
  return { scores, m, v, steps, seen: selector.seen.map((x, j) => (now.has(j) ? 1 : x)) }
}
