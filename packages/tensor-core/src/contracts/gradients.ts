/**
 * Gradients of the trainable parameters, opaque to their users: tensors on a device in training, `number[]` in a test. The code
 * that creates a vector frees it with `free`.
 */
import type * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'
import type { Example } from './data'
import type { InputError, LmError } from './errors'

// model ------------------------------------------------------------------------------------------

/**
 * The operations of a method on gradients: a vector space over the reals with an inner product. Every vector
 * that an operation returns is freed by the caller; arguments are not changed.
 */
export interface VectorSpace<G> {
  readonly zero: () => G
  readonly add: (a: G, b: G) => G
  readonly scale: (k: number, a: G) => G
  readonly dot: (a: G, b: G) => number
  readonly free: (a: G) => void
  /** To and from plain numbers, for checkpoints: exact in float32. */
  readonly toHost: (a: G) => Float32Array
  readonly fromHost: (values: Float32Array) => G
}

/** One backward pass, one gradient per example. Freed by `dispose`; the vectors it returns are freed by the caller. */
export interface GradientBatch<G> {
  /** [n] mean negative log-likelihood of each example's response tokens, nats. */
  readonly losses: Float32Array
  /** [n] cosine of each example's gradient with `direction`; 0 where either norm is below 1e-12. */
  readonly cosines: (direction: G) => Float32Array
  /** sum_i w_i g_i / sum_i w_i */
  readonly weightedMean: (weights: Float32Array) => G
  readonly dispose: () => void
}

/**
 * Whether dropout acts. `training` draws its mask from the run's seed and the global step, so that the same step of the
 * same run always uses the same mask; `deterministic` has no dropout.
 */
export type Pass = { readonly kind: 'deterministic' } | { readonly kind: 'training'; readonly step: number }

/**
 * The mean gradient of a batch with the losses it was taken at. `losses`: [n], mean negative log-likelihood per
 * response token of each row, in nats, before the step. `gradient` is freed by the caller.
 */
export interface MeanGradient<G> {
  readonly losses: Float32Array
  readonly gradient: G
}

/**
 * The weight of a response token in its row's loss, from its place among the row's predicted tokens (from 0) and its
 * log-probabilities under the current and the initial model, in nats.
 */
export type TokenWeight = (place: number, current: number, initial: number) => number

/**
 * Gradients of the training loss at the current parameters. The caller need not know the model, engine or adapter.
 */
export interface GradientOracle<G> {
  readonly space: VectorSpace<G>
  /** Per-example gradients from one backward pass over the batch. */
  readonly gradients: (batch: ReadonlyArray<Example>, pass: Pass) => TE.TaskEither<LmError, GradientBatch<G>>
  /** The weighted mean gradient sum_i w_i g_i / sum_i w_i (default: equal weights), one ordinary backward pass. */
  readonly mean: (
    batch: ReadonlyArray<Example>,
    pass: Pass,
    weights?: Float32Array,
  ) => TE.TaskEither<LmError, MeanGradient<G>>
  /** Losses only: a forward pass without dropout. */
  readonly losses: (batch: ReadonlyArray<Example>) => TE.TaskEither<LmError, Float32Array>
  /**
   * The same oracle under another loss: the mean over response positions of KL(initial || current), the divergence of the
   * current model from the initial one. Its gradient is zero at the start. Absent where the initial model is not kept.
   */
  readonly preservation?: GradientOracle<G>
  /**
   * The same oracle with a weight for each response token: the gradient is that of mean_t w_t nll_t, each w_t held fixed. Losses stay
   * those without weights. Each pass is one of the current model, as without weights, and a forward pass of the initial one without
   * dropout. Absent where the initial model is not kept.
   */
  readonly reweighted?: (weight: TokenWeight) => GradientOracle<G>
  /** True when `training` and `deterministic` passes are the same (dropout is 0). */
  readonly deterministic: boolean
}

/** An oracle that is open for the rows of a data set, and what its user must know of them. */
export interface OpenGradients<G> {
  /** It also takes rows of other data. */
  readonly oracle: GradientOracle<G>
  /** Rows of the data that have a response token, with their numbers in it. */
  readonly rows: ReadonlyArray<{ readonly example: Example; readonly number: number }>
  /** Rows that one pass can take. */
  readonly batchSize: number
  /**
   * The row with no more than the first `tokens` tokens of its response, as token ids: the loss is then of these alone.
   *
   * @returns left `BadRow` for a row without a response token
   */
  readonly opening: (row: Example, tokens: number) => E.Either<InputError, Example>
}

// constructors -----------------------------------------------------------------------------------

/** Vectors of numbers: the space used in tests. */
export const arraySpace = (dimension: number): VectorSpace<ReadonlyArray<number>> => ({
  zero: () => new Array<number>(dimension).fill(0),
  add: (a, b) => a.map((x, i) => x + (b[i] ?? 0)),
  scale: (k, a) => a.map((x) => k * x),
  dot: (a, b) => a.reduce((s, x, i) => s + x * (b[i] ?? 0), 0),
  free: () => undefined,
  toHost: (a) => Float32Array.from(a),
  fromHost: (values) => Array.from(values),
})
