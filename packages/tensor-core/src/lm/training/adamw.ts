/**
 * AdamW as `torch.optim.AdamW` computes it (decoupled decay, bias correction, epsilon outside the root's correction):
 *   p <- p (1 - lr wd);  m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2
 *   p <- p - lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)
 * Source: Loshchilov and Hutter, arXiv 1711.05101; defaults of torch.
 */
import { adamWAdvance, adamWBefore, tf } from '../../engine'

/**
 * The constants of AdamW: decay of the two moments, epsilon, and decoupled weight decay per step of learning rate 1.
 */
export interface AdamWOptions {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  readonly weightDecay: number
}

/** torch's defaults, without weight decay. */
export const adamWDefaults: AdamWOptions = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 }

/** Parameters and moments as flat vectors; `step` counts the updates done. */
export interface AdamWState {
  readonly parameters: tf.Tensor
  readonly m: tf.Tensor
  readonly v: tf.Tensor
  readonly step: number
}

/** The state before the first step: moments of zero. It takes over the parameters. */
export const adamWStart = (parameters: tf.Tensor): AdamWState => ({ ...adamWBefore(parameters), step: 0 })

/** Frees parameters and moments. */
export const disposeAdamW = (s: AdamWState): void => {
  tf.dispose([s.parameters, s.m, s.v])
}

/**
 * One update. It takes over the old state, which may be updated in place; the gradient stays the caller's.
 *
 * @param clip multiplies the gradient first
 */
export const adamWStep = (
  o: AdamWOptions,
  s: AdamWState,
  gradient: tf.Tensor,
  lr: number,
  clip = 1,
): AdamWState => {
  const step = s.step + 1
  const constants = {
    ...{ beta1: o.beta1, beta2: o.beta2, epsilon: o.epsilon, decay: 1 - lr * o.weightDecay },
    ...{ root: Math.sqrt(1 - o.beta2 ** step), rate: lr / (1 - o.beta1 ** step), clip },
  }
  return { ...adamWAdvance(constants, { parameters: s.parameters, m: s.m, v: s.v }, gradient), step }
}

/** What a gradient of this norm is multiplied by so that its norm is at most `limit`, as `clip_grad_norm_`; 0 is no limit. */
export const clipFactor = (norm: number, limit: number): number =>
  limit > 0 ? Math.min(1, limit / (norm + 1e-6)) : 1
