/**
 * Cross-entropy over the vocabulary, forward and backward together and in chunks of rows, so that the logits of all positions
 * are never in memory at once.
 */
import { type FrozenMatrix, type TokenCrossEntropy, matMul, tf, tokenCrossEntropy } from '../../engine'
import { type LogitScales, logitsOf, logitsPullback } from './logits'

/** Elements of one chunk of logits: 32 MB in float32. */
const CHUNK = 8_388_608

export interface LossResult {
  /** [rows] loss of each position, nats */
  readonly nll: tf.Tensor
  /** [rows, width] gradient of sum_r weight_r nll_r in the hidden states; absent where no gradient is wanted. */
  readonly dHidden?: tf.Tensor
  /** [vocab, width] that of the head's weight, where wanted. */
  readonly dHead?: tf.Tensor
}

const chunks = (rows: number, vocab: number): ReadonlyArray<readonly [number, number]> => {
  const size = Math.max(1, Math.min(rows, Math.floor(CHUNK / vocab)))
  return Array.from({ length: Math.ceil(rows / size) }, (_, i) => [i * size, Math.min(size, rows - i * size)])
}

/** What each position should predict: a token, or the distribution of the initial model's final states [rows, width]. */
export type Target =
  | { readonly kind: 'tokens'; readonly ids: Int32Array }
  | { readonly kind: 'states'; readonly initial: tf.Tensor }

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

/** Positions that predict, and what is wanted of their loss. */
export interface LossInput {
  /** [rows, width] final states at the positions that predict */
  readonly hidden: tf.Tensor
  readonly target: Target
  /** [rows] weight of each position in the loss whose gradient is wanted; none where no gradient is. */
  readonly weights?: Float32Array
  /** Also the gradient of the head's weight; default false. */
  readonly wantHead?: boolean
  /** Default: the logits are the head's product. */
  readonly scales?: LogitScales
}

/** loss_r = KL(p_r || q_r), which for a token is -log q_r(token); d loss / d logits = q - p. */
export const crossEntropy = (
  head: FrozenMatrix,
  vocab: number,
  { hidden, target, weights, wantHead = false, scales = {} }: LossInput,
): LossResult =>
  tf.tidy(() => {
    const [rows = 0, width = 0] = hidden.shape
    const parts = chunks(rows, vocab).map(([start, size]) =>
      tf.tidy(() => {
        const h = tf.slice(hidden, [start, 0], [size, width])
        const logits = logitsOf(head, h, scales)
        const own = weights?.subarray(start, start + size)
        const { losses: nll, dLogits } =
          target.kind === 'tokens'
            ? tokenCrossEntropy(logits, target.ids.subarray(start, start + size), own)
            : divergence(
                logits,
                logitsOf(head, tf.slice(target.initial, [start, 0], [size, width]), scales),
                own,
              )
        if (dLogits === undefined) return { nll }
        const dProduct = logitsPullback(dLogits, logits, scales)
        const dHidden = head.pullback(dProduct)
        return wantHead ? { nll, dHidden, dHead: matMul(dProduct, h, true, false) } : { nll, dHidden }
      }),
    )
    const joined = (xs: ReadonlyArray<tf.Tensor>): tf.Tensor =>
      xs.length === 1 && xs[0] !== undefined ? xs[0] : tf.concat([...xs], 0)
    const dHidden = parts.flatMap((p) => (p.dHidden === undefined ? [] : [p.dHidden]))
    const dHead = parts.flatMap((p) => (p.dHead === undefined ? [] : [p.dHead]))
    return {
      nll: joined(parts.map((p) => p.nll)),
      ...(dHidden.length === 0 ? {} : { dHidden: joined(dHidden) }),
      ...(dHead.length === 0 ? {} : { dHead: tf.addN(dHead) }),
    }
  })
