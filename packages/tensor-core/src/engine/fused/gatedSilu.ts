/** The gated activation silu(g) u = g sigmoid(g) u, and its gradient. */
import { tf } from '../tf'
import { fusedNames, runFused } from './kernel'

/** g sigmoid(g) u; both have the same shape. */
export const gatedSilu = (gate: tf.Tensor, up: tf.Tensor): tf.Tensor => {
  const [fused] = runFused(fusedNames.gatedSilu, { gate, up }) ?? []
  return fused ?? tf.tidy(() => tf.mul(tf.mul(gate, tf.sigmoid(gate)), up))
}

/** d gate = dy u s (1 + g (1 - s)), d up = dy g s, with s = sigmoid(g). */
export const gatedSiluPullback = (
  gate: tf.Tensor,
  up: tf.Tensor,
  dy: tf.Tensor,
): { readonly gate: tf.Tensor; readonly up: tf.Tensor } => {
  const [dGate, dUp] = runFused(fusedNames.gatedSiluPullback, { gate, up, dy }) ?? []
  if (dGate !== undefined && dUp !== undefined) return { gate: dGate, up: dUp }
  return tf.tidy(() => {
    const s = tf.sigmoid(gate)
    const activated = tf.mul(gate, s)
    // s (1 + g (1 - s)) = s + a (1 - s) with a = g s
    const slope = tf.add(s, tf.sub(activated, tf.mul(activated, s)))
    return { gate: tf.mul(tf.mul(dy, up), slope), up: tf.mul(dy, activated) }
  })
}
