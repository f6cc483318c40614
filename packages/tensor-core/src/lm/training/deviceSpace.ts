/** Gradients as flat vectors on the device. */
import type { VectorSpace } from '../../contracts'
import { tf } from '../../engine'

/** A number that a scope of its own computes. */
export const scalarOf = (make: () => tf.Tensor): number => {
  const x = tf.tidy(make)
  const value = x.dataSync()[0] ?? 0
  x.dispose()
  return value
}

/** Flat vectors on the device. */
export const deviceSpace = (size: number): VectorSpace<tf.Tensor> => ({
  zero: () => tf.zeros([size]),
  add: (a, b) => tf.add(a, b),
  scale: (k, a) => tf.mul(a, k),
  dot: (a, b) => scalarOf(() => tf.sum(tf.mul(a, b))),
  free: (a) => {
    a.dispose()
  },
  toHost: (a) => Float32Array.from(a.dataSync()),
  fromHost: (values) => tf.tensor1d(values),
})
