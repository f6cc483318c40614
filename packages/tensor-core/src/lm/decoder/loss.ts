/**
 * Cross-entropy over the vocabulary, forward and backward together and in chunks of rows, so that the logits of all positions
 * are never in memory at once.
 */
import { type FrozenMatrix, type TokenCrossEntropy, matMul, tf, tokenCrossEntropy } from '../../engine'
import { type LogitScales, logitsOf, logitsPullback } from './logits'
import { traceRoom } from './traceRoom'

/** Elements of one chunk of logits: 32 MB in float32. */
const CHUNK = 8_388_608

/** Rows of a chunk from which products with a large head run at full speed, rather than at that of reading it from memory. */
const ROWS = 512

/** The share of the memory for traces that a chunk may take: its logits, their gradient, and a copy of either in another type. */
const SHARE = 1 / 2
const COPIES = 3

export interface LossResult {
  /** [rows] loss of each position, nats */
  readonly nll: tf.Tensor
  /** [rows, width] gradient of sum_r weight_r nll_r in the hidden states; absent where no gradient is wanted. */
  readonly dHidden?: tf.Tensor
  /** [vocab, width] that of the head's weight, where wanted. */
  readonly dHead?: tf.Tensor
}

/** The first row and the number of rows of each chunk, of about equal size. */
const chunks = (rows: number, vocab: number): ReadonlyArray<readonly [number, number]> => {
  const small = Math.floor(CHUNK / vocab)
  const fitting = Math.floor((SHARE * traceRoom()) / (COPIES * 4 * vocab))
  const most = Math.max(1, small, Math.min(ROWS, fitting))
  const count = Math.ceil(rows / most)
  const starts = Array.from({ length: count + 1 }, (_, i) => Math.round((i * rows) / count))
  return starts.slice(0, -1).map((start, i) => [start, (starts[i + 1] ?? rows) - start])
}

/**
 * What each position should predict: a token, or the distribution of the initial model's final states [rows, width]. Its head is that
 * of the current model unless `own` says otherwise.
 */
export type Target =
  | { readonly kind: 'tokens'; readonly ids: Int32Array }
  | {
      readonly kind: 'states'
      readonly initial: tf.Tensor
      readonly own?: { readonly head: FrozenMatrix; readonly scales: LogitScales }
    }

const logProbabilities = (logits: tf.Tensor): tf.Tensor => {
  const shifted = tf.sub(logits, tf.max(logits, -1, true))
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), -1, true)))
}

/** Divergence of each row from the initial model's distribution; d loss / d logits = weight (q - p). */
const divergence = (
  logits: tf.Tensor,
  initialLogits: tf.Tensor,
  weights: Float32Array | undefined,
): TokenCrossEntropy => {
  const [logQ, logP] = [logProbabilities(logits), logProbabilities(initialLogits)]
  const p = tf.exp(logP)
  const losses = tf.sum(tf.mul(p, tf.sub(logP, logQ)), -1)
  return weights === undefined
    ? { losses }
    : { losses, dLogits: tf.mul(tf.sub(tf.exp(logQ), p), tf.tensor2d(weights, [weights.length, 1])) }
}

/**
 * Weights of positions in the loss whose gradient is wanted: as they are, or from the losses of consecutive positions (nats) and the
 * number of the first of them.
 */
export type PositionWeights = Float32Array | ((nll: Float32Array, first: number) => Float32Array)

/** Positions that predict, and what is wanted of their loss. */
export interface LossInput {
  /** [rows, width] final states at the positions that predict */
  readonly hidden: tf.Tensor
  readonly target: Target
  /** [rows] weight of each position in the loss whose gradient is wanted; none where no gradient is. */
  readonly weights?: PositionWeights
  /** Also the gradient of the head's weight; default false. */
  readonly wantHead?: boolean
  /** Default: the logits are the head's product. */
  readonly scales?: LogitScales
}

/** The sum of both, which are freed. */
const addedTo = (sum: tf.Tensor | undefined, x: tf.Tensor): tf.Tensor => {
  if (sum === undefined) return x
  const next = tf.add(sum, x)
  tf.dispose([sum, x])
  return next
}

/** The gradient at weights that depend on the losses. */
const weightedAfter = (
  { losses, dLogits }: TokenCrossEntropy,
  weightsOf: (losses: Float32Array) => Float32Array,
): TokenCrossEntropy => {
  if (dLogits === undefined) return { losses }
  const weights = weightsOf(Float32Array.from(losses.dataSync()))
  return { losses, dLogits: tf.mul(dLogits, tf.tensor2d(weights, [weights.length, 1])) }
}

/** loss_r = KL(p_r || q_r), which for a token is -log q_r(token); d loss / d logits = q - p. */
export const crossEntropy = (
  head: FrozenMatrix,
  vocab: number,
  { hidden, target, weights, wantHead = false, scales = {} }: LossInput,
): LossResult =>
  tf.tidy(() => {
    const [rows = 0, width = 0] = hidden.shape
    /** Of the chunks so far: a gradient of the head for each would be many times its size. */
    const sum: { dHead?: tf.Tensor } = {}
    const origin = target.kind === 'states' ? (target.own ?? { head, scales }) : undefined
    const parts = chunks(rows, vocab).map(([start, size]) => {
      const part: LossResult = tf.tidy(() => {
        const h = tf.slice(hidden, [start, 0], [size, width])
        const logits = logitsOf(head, h, scales)
        const scored = (own: Float32Array | undefined): TokenCrossEntropy =>
          target.kind === 'tokens'
            ? tokenCrossEntropy(logits, target.ids.subarray(start, start + size), own)
            : divergence(
                logits,
                logitsOf(
                  origin?.head ?? head,
                  tf.slice(target.initial, [start, 0], [size, target.initial.shape[1] ?? width]),
                  origin?.scales ?? scales,
                ),
                own,
              )
        const { losses: nll, dLogits } =
          typeof weights === 'function'
            ? weightedAfter(scored(new Float32Array(size).fill(1)), (losses) => weights(losses, start))
            : scored(weights?.subarray(start, start + size))
        if (dLogits === undefined) return { nll }
        const dProduct = logitsPullback(dLogits, logits, scales)
        const dHidden = head.pullback(dProduct)
        return wantHead ? { nll, dHidden, dHead: matMul(dProduct, h, true, false) } : { nll, dHidden }
      })
      if (part.dHead !== undefined) sum.dHead = addedTo(sum.dHead, part.dHead)
      return part
    })
    const joined = (xs: ReadonlyArray<tf.Tensor>): tf.Tensor =>
      xs.length === 1 && xs[0] !== undefined ? xs[0] : tf.concat([...xs], 0)
    const dHidden = parts.flatMap((p) => (p.dHidden === undefined ? [] : [p.dHidden]))
    return {
      nll: joined(parts.map((p) => p.nll)),
      ...(dHidden.length === 0 ? {} : { dHidden: joined(dHidden) }),
      ...(sum.dHead === undefined ? {} : { dHead: sum.dHead }),
    }
  })
