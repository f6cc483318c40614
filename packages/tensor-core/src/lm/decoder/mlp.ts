/**
 * The gated activation a(g) u and its gradient. Both activations have the form a(g) = g sigmoid(z(g)): silu with z = g, and the
 * tanh approximation of GELU, g (1 + tanh v) / 2 with v = sqrt(2/pi) (g + 0.044715 g^3), with z = 2 v.
 */
import type { Activation } from '../../formats'
import { tf } from '../../engine'

const SLOPE = 2 * Math.sqrt(2 / Math.PI)
const CUBIC = 0.044715

/** sigmoid(z(g)) */
const opening = (gate: tf.Tensor, activation: Activation): tf.Tensor =>
  activation === 'silu'
    ? tf.sigmoid(gate)
    : tf.sigmoid(tf.mul(tf.mul(gate, tf.add(tf.mul(tf.square(gate), CUBIC), 1)), SLOPE))

/** z'(g), undefined for 1 */
const rise = (gate: tf.Tensor, activation: Activation): tf.Tensor | undefined =>
  activation === 'silu' ? undefined : tf.mul(tf.add(tf.mul(tf.square(gate), 3 * CUBIC), 1), SLOPE)

export const gatedActivation = (gate: tf.Tensor, up: tf.Tensor, activation: Activation = 'silu'): tf.Tensor =>
  tf.tidy(() => tf.mul(tf.mul(gate, opening(gate, activation)), up))

/** d gate = dy u (s + g s (1 - s) z'), d up = dy g s, with s = sigmoid(z(g)). */
export const gatedActivationPullback = (
  gate: tf.Tensor,
  up: tf.Tensor,
  dy: tf.Tensor,
  activation: Activation = 'silu',
): { readonly gate: tf.Tensor; readonly up: tf.Tensor } =>
  tf.tidy(() => {
    const s = opening(gate, activation)
    const activated = tf.mul(gate, s)
    // g s (1 - s) = a - a s with a = g s
    const bend = tf.sub(activated, tf.mul(activated, s))
    const z = rise(gate, activation)
    const slope = tf.add(s, z === undefined ? bend : tf.mul(bend, z))
    return { gate: tf.mul(tf.mul(dy, up), slope), up: tf.mul(dy, activated) }
  })
