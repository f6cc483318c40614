/**
 * The task side: which rows of a mini-batch are learned from. `scored` keeps the rows with the smallest c = mu l - nu cos(g, gR),
 * `random` as many at random, `none` all. With a token budget, rows are taken in that order until the budget is crossed.
 */
import type { Example } from '@safe/tensor-core/contracts'
import { stream } from '@safe/tensor-core/random'
import type { DualSelectOptions } from './options'
import { type Selection, equalWeights, firstK, ranking, softWeights, withinBudget } from './selection'

// model ------------------------------------------------------------------------------------------

/** Response tokens of an example, end of sequence included: only a token budget needs them. */
export type CountTokens = (example: Example) => number

/** The options of a filter, with what a token budget needs. */
export interface TaskFilter {
  readonly options: DualSelectOptions
  readonly countTokens: CountTokens
}

// constructors -----------------------------------------------------------------------------------

const keep = (
  { options, countTokens }: TaskFilter,
  batch: ReadonlyArray<Example>,
): ((order: ReadonlyArray<number>) => ReadonlyArray<number>) =>
  options.tokenBudget === undefined
    ? firstK(options.kTask)
    : withinBudget(batch.map(countTokens), options.tokenBudget)

/** The rows of the smallest scores. */
export const selectByScore = (
  filter: TaskFilter,
  batch: ReadonlyArray<Example>,
  scores: ReadonlyArray<number>,
): Selection => {
  const { mode, tauTask } = filter.options
  const kept = keep(filter, batch)(ranking(scores, 'smallest'))
  return mode === 'hard' ? equalWeights(kept) : softWeights(scores, tauTask, 'smallest')(kept)
}

/** The draw depends on the seed, the step and the rows of the batch, on nothing drawn before. */
export const selectAtRandom = (
  filter: TaskFilter,
  batch: ReadonlyArray<Example>,
  draw: { readonly seed: number; readonly step: number; readonly rows: ReadonlyArray<number> },
): Selection => {
  const draws = stream(draw.seed, 'dualselect', 'task', draw.step, draw.rows.join(' '))
  return equalWeights([...keep(filter, batch)(draws.shuffle(batch.map((_, i) => i)))].sort((a, b) => a - b))
}

// combinators ------------------------------------------------------------------------------------

/** Rows that a rule further out has not dropped already. */
export const candidates = (n: number, weights: Float32Array | undefined): ReadonlyArray<number> =>
  Array.from({ length: n }, (_, i) => i).filter((i) => weights === undefined || (weights[i] ?? 0) > 0)

/** A selection among candidates as one of the whole batch; weights given from outside multiply in. */
export const within = (
  rows: ReadonlyArray<number>,
  weights: Float32Array | undefined,
  selection: Selection,
): Selection => {
  const indices = selection.indices.map((i) => rows[i] ?? 0)
  if (weights === undefined) return { indices, weights: selection.weights }
  const products = selection.weights.map((w, rank) => w * (weights[indices[rank] ?? 0] ?? 0))
  const total = products.reduce((s, w) => s + w, 0)
  return { indices, weights: products.map((w) => w / total) }
}
