/**
 * All trainable parameters as one flat vector, so that the optimizer, clipping, dot products and checkpoints are a handful of
 * operations whatever the number of tensors.
 */
import { tf } from '../../engine'
import type { Gradients } from '../decoder/linear'
import type { NamedShape } from '../decoder/parameters'

export interface Layout {
  readonly slots: ReadonlyArray<NamedShape & { readonly offset: number; readonly size: number }>
  readonly size: number
}

export const layoutOf = (shapes: ReadonlyArray<NamedShape>): Layout => {
  let offset = 0
  const slots = shapes.map((s) => {
    const size = s.shape.reduce((n, d) => n * d, 1)
    const slot = { ...s, offset, size }
    offset += size
    return slot
  })
  return { slots, size: offset }
}

/** The parameters as tensors of their own shapes, by name. */
export const unflatten = (layout: Layout, flat: tf.Tensor): ReadonlyMap<string, tf.Tensor> =>
  new Map(
    layout.slots.map((s) => [
      s.name,
      tf.tidy(() => tf.reshape(tf.slice(flat, [s.offset], [s.size]), [...s.shape])),
    ]),
  )

/** Gradients in the layout's order as [size], or [examples, size] where each has a leading axis of examples. */
export const flatten = (layout: Layout, gradients: Gradients, examples: number): tf.Tensor =>
  tf.tidy(() => {
    const parts = layout.slots.map((s) => {
      const g = gradients[s.name] ?? tf.zeros([examples, s.size])
      return tf.reshape(g, examples === 1 ? [s.size] : [examples, s.size])
    })
    return tf.concat(parts, examples === 1 ? 0 : 1)
  })
