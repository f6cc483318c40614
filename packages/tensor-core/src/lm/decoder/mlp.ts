/**
 * The gated activation a(g) u and its gradient. Both activations have the form a(g) = g sigmoid(z(g)): silu with z = g, and the
 * tanh approximation of GELU.
 */
import type { Activation } from '../../formats'
import { gatedGelu, gatedGeluPullback, gatedSilu, gatedSiluPullback, type tf } from '../../engine'

/** a(gate) up; both have the same shape. */
export const gatedActivation = (gate: tf.Tensor, up: tf.Tensor, activation: Activation = 'silu'): tf.Tensor =>
  (activation === 'silu' ? gatedSilu : gatedGelu)(gate, up)

/** d gate = dy u (s + g s (1 - s) z'), d up = dy g s, with s = sigmoid(z(g)). */
export const gatedActivationPullback = (
  gate: tf.Tensor,
  up: tf.Tensor,
  dy: tf.Tensor,
  activation: Activation = 'silu',
): { readonly gate: tf.Tensor; readonly up: tf.Tensor } =>
  (activation === 'silu' ? gatedSiluPullback : gatedGeluPullback)(gate, up, dy)
