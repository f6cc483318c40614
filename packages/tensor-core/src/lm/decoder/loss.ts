/**
 * Cross-entropy over the vocabulary, forward and backward together and in chunks of rows, so that the logits of all positions
 * never stand in memory at once.
 */
import { type FrozenMatrix, matMul, tf } from '../../engine'

/** Elements of one chunk of logits: 32 MB in float32. */
const CHUNK = 8_388_608

export interface LossResult {
  /** [rows] loss of each position, nats */
  readonly nll: tf.Tensor
  /** [rows, width] gradient of sum_r weight_r nll_r in the hidden states; absent where no gradient was asked for. */
  readonly dHidden?: tf.Tensor
  /** [vocab, width] that of the head's weight, where asked for. */
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

/** Losses [size] of one chunk, and the difference q - p [size, vocab] that is their gradient in the logits. */
interface ChunkLoss {
  readonly losses: tf.Tensor
  readonly difference: tf.Tensor
}

const tokenLoss = (logits: tf.Tensor, ids: Int32Array, vocab: number): ChunkLoss => {
  const hot = tf.cast(tf.oneHot(tf.tensor1d(ids, 'int32'), vocab), 'float32')
  const shifted = tf.sub(logits, tf.max(logits, -1, true))
  const exponentials = tf.exp(shifted)
  const sums = tf.sum(exponentials, -1, true)
  return {
    losses: tf.sub(tf.squeeze(tf.log(sums), [-1]), tf.sum(tf.mul(shifted, hot), -1)),
    difference: tf.sub(tf.div(exponentials, sums), hot),
  }
}

const logProbabilities = (logits: tf.Tensor): tf.Tensor => {
  const shifted = tf.sub(logits, tf.max(logits, -1, true))
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), -1, true)))
}

const divergence = (logits: tf.Tensor, initialLogits: tf.Tensor): ChunkLoss => {
  const [logQ, logP] = [logProbabilities(logits), logProbabilities(initialLogits)]
  const p = tf.exp(logP)
  return { losses: tf.sum(tf.mul(p, tf.sub(logP, logQ)), -1), difference: tf.sub(tf.exp(logQ), p) }
}

/**
 * loss_r = KL(p_r || q_r), which for a token is -log q_r(token); d loss / d logits = q - p.
 *
 * @param hidden [rows, width] final states at the positions that predict
 * @param weights [rows] weight of each position in the loss whose gradient is wanted
 */
export const crossEntropy = (
  head: FrozenMatrix,
  vocab: number,
  hidden: tf.Tensor,
  target: Target,
  weights: Float32Array | undefined,
  wantHead: boolean,
): LossResult =>
  tf.tidy(() => {
    const [rows = 0, width = 0] = hidden.shape
    const parts = chunks(rows, vocab).map(([start, size]) =>
      tf.tidy(() => {
        const h = tf.slice(hidden, [start, 0], [size, width])
        const logits = head.product(h)
        const { losses: nll, difference } =
          target.kind === 'tokens'
            ? tokenLoss(logits, target.ids.subarray(start, start + size), vocab)
            : divergence(logits, head.product(tf.slice(target.initial, [start, 0], [size, width])))
        if (weights === undefined) return { nll }
        const w = tf.tensor2d(weights.subarray(start, start + size), [size, 1])
        const dLogits = tf.mul(difference, w)
        const dHidden = head.pullback(dLogits)
        return wantHead ? { nll, dHidden, dHead: matMul(dLogits, h, true, false) } : { nll, dHidden }
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
