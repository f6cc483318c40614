/**
 * The gated activation g sigmoid(z(g)) u with the tanh approximation of GELU, g (1 + tanh v) / 2 with
 * v = sqrt(2/pi) (g + 0.044715 g^3), so z = 2 v; and its gradient.
 */
import { tf } from '../tf'
import { fusedNames, runFused } from './kernel'

const SLOPE = 2 * Math.sqrt(2 / Math.PI)
const CUBIC = 0.044715

/** sigmoid(z(g)) */
const opening = (gate: tf.Tensor): tf.Tensor =>
  tf.sigmoid(tf.mul(tf.mul(gate, tf.add(tf.mul(tf.square(gate), CUBIC), 1)), SLOPE))

/** z'(g) */
const rise = (gate: tf.Tensor): tf.Tensor => tf.mul(tf.add(tf.mul(tf.square(gate), 3 * CUBIC), 1), SLOPE)

/** g sigmoid(z(g)) u; both have the same shape. */
export const gatedGelu = (gate: tf.Tensor, up: tf.Tensor): tf.Tensor => {
  const [fused] = runFused(fusedNames.gatedGelu, { gate, up }) ?? []
  return fused ?? tf.tidy(() => tf.mul(tf.mul(gate, opening(gate)), up))
}

/** d gate = dy u (s + g s (1 - s) z'), d up = dy g s, with s = sigmoid(z(g)). */
export const gatedGeluPullback = (
  gate: tf.Tensor,
  up: tf.Tensor,
  dy: tf.Tensor,
): { readonly gate: tf.Tensor; readonly up: tf.Tensor } => {
  const [dGate, dUp] = runFused(fusedNames.gatedGeluPullback, { gate, up, dy }) ?? []
  if (dGate !== undefined && dUp !== undefined) return { gate: dGate, up: dUp }
  return tf.tidy(() => {
    const s = opening(gate)
    const activated = tf.mul(gate, s)
    // g s (1 - s) = a - a s with a = g s
    const bend = tf.sub(activated, tf.mul(activated, s))
    const slope = tf.add(s, tf.mul(bend, rise(gate)))
    return { gate: tf.mul(tf.mul(dy, up), slope), up: tf.mul(dy, activated) }
  })
}
