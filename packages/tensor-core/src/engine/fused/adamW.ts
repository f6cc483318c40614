/**
 * One update of AdamW over flat vectors:
 *   m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2;  p <- p decay - rate m / (sqrt(v) / root + eps)
 */
import { tf } from '../tf'
import { fusedNames, hasFused, runFused } from './kernel'

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
  /** Multiplies the gradient first; default 1. */
  readonly clip?: number
}

// the update -------------------------------------------------------------------------------------

/** As the kernels of TensorFlow's engine read them: their inputs are tensors. */
const listed = (c: AdamWConstants): tf.Tensor =>
  tf.tensor1d([
    ...[c.beta1, 1 - c.beta1, c.beta2, 1 - c.beta2],
    ...[c.decay, c.root, c.epsilon, c.rate, c.clip ?? 1],
  ])

/** The next state; the caller keeps and disposes of the old one and the gradient. */
export const adamWUpdate = (c: AdamWConstants, s: Moments, gradient: tf.Tensor): Moments =>
  tf.tidy(() => {
    const native = hasFused(fusedNames.adamWInPlace)
    const { clip = 1 } = c
    const g = native || clip === 1 ? gradient : tf.mul(gradient, clip)
    const inputs = { p: s.parameters, m: s.m, v: s.v, g, ...(native ? { constants: listed(c) } : {}) }
    const [parameters, m, v] = runFused(fusedNames.adamW, inputs, native ? {} : { ...c }) ?? []
    if (parameters !== undefined && m !== undefined && v !== undefined) return { parameters, m, v }
    const nextM = tf.add(tf.mul(s.m, c.beta1), tf.mul(g, 1 - c.beta1))
    const nextV = tf.add(tf.mul(s.v, c.beta2), tf.mul(tf.square(g), 1 - c.beta2))
    const decayed = c.decay === 1 ? s.parameters : tf.mul(s.parameters, c.decay)
    const below = tf.add(tf.div(tf.sqrt(nextV), c.root), c.epsilon)
    return { parameters: tf.sub(decayed, tf.mul(tf.div(nextM, below), c.rate)), m: nextM, v: nextV }
  })

// in place ---------------------------------------------------------------------------------------

/** Vectors whose memory nothing shares, as an array of JavaScript's may share that of others. */
const made = new WeakSet<tf.Tensor>()

/** The state before the first update: moments of zero. It takes over the parameters, [n]. */
export const adamWBefore = (parameters: tf.Tensor): Moments => {
  const [m, v] = [tf.zerosLike(parameters), tf.zerosLike(parameters)]
  if (!hasFused(fusedNames.adamWInPlace)) return { parameters, m, v }
  const own = tf.mul(parameters, 1)
  parameters.dispose()
  for (const t of [own, m, v]) made.add(t)
  return { parameters: own, m, v }
}

/**
 * The same where the old state is not needed again: it is taken over, and updated in place if the engine can. The caller keeps the
 * gradient.
 */
export const adamWAdvance = (c: AdamWConstants, s: Moments, gradient: tf.Tensor): Moments => {
  const { parameters: p, m, v } = s
  if (hasFused(fusedNames.adamWInPlace) && [p, m, v].every((t) => made.has(t))) {
    const inputs = { p, m, v, g: gradient }
    const ran = tf.tidy(
      () => runFused(fusedNames.adamWInPlace, { ...inputs, constants: listed(c) })?.length === 1,
    )
    if (ran) return { parameters: p, m, v }
  }
  const next = adamWUpdate(c, s, gradient)
  for (const t of [next.parameters, next.m, next.v]) made.add(t)
  tf.dispose([p, m, v])
  return next
}
