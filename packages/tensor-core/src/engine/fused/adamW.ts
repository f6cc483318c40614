/**
 * One update of AdamW over flat vectors:
 *   m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2;  p <- p decay - rate m / (sqrt(v) / root + eps)
 */
import { tf } from '../tf'
import { fusedNames, runFused } from './kernel'

// model ------------------------------------------------------------------------------------------

/** The parameters and the state of AdamW, as flat vectors. */
export interface Moments {
  readonly parameters: tf.Tensor
  readonly m: tf.Tensor
  readonly v: tf.Tensor
}

/** The constants of one update. */
export interface AdamWConstants {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  /** 1 - lr weightDecay */
  readonly decay: number
  /** sqrt(1 - beta2^t) */
  readonly root: number
  /** lr / (1 - beta1^t) */
  readonly rate: number
}

// the update -------------------------------------------------------------------------------------

/** The next state; the caller keeps and disposes of the old one and the gradient. */
export const adamWUpdate = (c: AdamWConstants, s: Moments, gradient: tf.Tensor): Moments => {
  const [parameters, m, v] =
    runFused(fusedNames.adamW, { p: s.parameters, m: s.m, v: s.v, g: gradient }, { ...c }) ?? []
  if (parameters !== undefined && m !== undefined && v !== undefined) return { parameters, m, v }
  return tf.tidy(() => {
    const nextM = tf.add(tf.mul(s.m, c.beta1), tf.mul(gradient, 1 - c.beta1))
    const nextV = tf.add(tf.mul(s.v, c.beta2), tf.mul(tf.square(gradient), 1 - c.beta2))
    const decayed = c.decay === 1 ? s.parameters : tf.mul(s.parameters, c.decay)
    const below = tf.add(tf.div(tf.sqrt(nextV), c.root), c.epsilon)
    return { parameters: tf.sub(decayed, tf.mul(tf.div(nextM, below), c.rate)), m: nextM, v: nextV }
  })
}
