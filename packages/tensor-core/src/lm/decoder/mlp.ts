/**
 * The gated activation a(g) u and its gradient. Both activations have the form a(g) = g sigmoid(z(g)): silu with z = g, and the
 * tanh approximation of GELU, g (1 + tanh v) / 2 with v = sqrt(2/pi) (g + 0.044715 g^3), with z = 2 v.
 */
import type { Activation } from '../../formats'
import { gatedSilu, gatedSiluPullback, tf } from '../../engine'

const SLOPE = 2 * Math.sqrt(2 / Math.PI)
const CUBIC = 0.044715

/** sigmoid(z(g)) of GELU */
const opening = (gate: tf.Tensor): tf.Tensor =>
  tf.sigmoid(tf.mul(tf.mul(gate, tf.add(tf.mul(tf.square(gate), CUBIC), 1)), SLOPE))

/** z'(g) of GELU */
const rise = (gate: tf.Tensor): tf.Tensor => tf.mul(tf.add(tf.mul(tf.square(gate), 3 * CUBIC), 1), SLOPE)

export const gatedActivation = (
  gate: tf.Tensor,
  up: tf.Tensor,
  activation: Activation = 'silu',
): tf.Tensor =>
  activation === 'silu' ? gatedSilu(gate, up) : tf.tidy(() => tf.mul(tf.mul(gate, opening(gate)), up))

/** d gate = dy u (s + g s (1 - s) z'), d up = dy g s, with s = sigmoid(z(g)). */
export const gatedActivationPullback = (
  gate: tf.Tensor,
  up: tf.Tensor,
  dy: tf.Tensor,
  activation: Activation = 'silu',
): { readonly gate: tf.Tensor; readonly up: tf.Tensor } =>
  activation === 'silu'
    ? gatedSiluPullback(gate, up, dy)
    : tf.tidy(() => {
        const s = opening(gate)
        const activated = tf.mul(gate, s)
        // g s (1 - s) = a - a s with a = g s
        const bend = tf.sub(activated, tf.mul(activated, s))
        const slope = tf.add(s, tf.mul(bend, rise(gate)))
        return { gate: tf.mul(tf.mul(dy, up), slope), up: tf.mul(dy, activated) }
      })
