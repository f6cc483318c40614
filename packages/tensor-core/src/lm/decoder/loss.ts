/**
 * Cross-entropy over the vocabulary, forward and backward together and in chunks of rows, so that the logits of all positions
 * never stand in memory at once.
 */
import { matMul, tf } from '../../engine'
import type { FrozenMatrix } from './linear'

/** Elements of one chunk of logits: 32 MB in float32. */
const CHUNK = 8_388_608

export interface LossResult {
  /** [rows] -log p(target), nats */
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

/**
 * @param hidden [rows, width] final states at the positions that predict a target
 * @param targets [rows] ids
 * @param weights [rows] weight of each position in the loss whose gradient is wanted
 */
export const crossEntropy = (
  head: FrozenMatrix,
  vocab: number,
  hidden: tf.Tensor,
  targets: Int32Array,
  weights: Float32Array | undefined,
  wantHead: boolean,
): LossResult =>
  tf.tidy(() => {
    const width = hidden.shape[1] ?? 0
    const parts = chunks(targets.length, vocab).map(([start, size]) =>
      tf.tidy(() => {
        const h = tf.slice(hidden, [start, 0], [size, width])
        const logits = head.product(h)
        const oneHot = tf.oneHot(tf.tensor1d(targets.subarray(start, start + size), 'int32'), vocab)
        const shifted = tf.sub(logits, tf.max(logits, -1, true))
        const exponentials = tf.exp(shifted)
        const sums = tf.sum(exponentials, -1, true)
        const hot = tf.cast(oneHot, 'float32')
        const nll = tf.sub(tf.squeeze(tf.log(sums), [-1]), tf.sum(tf.mul(shifted, hot), -1))
        if (weights === undefined) return { nll }
        const w = tf.tensor2d(weights.subarray(start, start + size), [size, 1])
        const dLogits = tf.mul(tf.sub(tf.div(exponentials, sums), hot), w)
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
