/**
 * Sums and means on the wasm engine. TensorFlow.js sums one row after the other, which waits for each addition, and transposes
 * first where the last axis is not the one that is summed. Here several rows or columns are summed at a time, each in the same
 * order, so the results are the same to the last bit.
 */
import { tf } from '../tf'
import { addressOf, kernelsOf } from './memory'
import { override, sizeOf } from './override'

const isAxis = (u: unknown): u is number | number[] | undefined =>
  u === undefined || typeof u === 'number' || (Array.isArray(u) && u.every((x) => typeof x === 'number'))

const registerSum = (name: string, divides: boolean): void =>
  override(name, ({ backend, inputs: { x }, attrs: { axis, keepDims } }) => {
    if (x?.dtype !== 'float32' || !isAxis(axis)) return undefined
    const { shape } = x
    const axes = tf.util.parseAxisParam(axis ?? shape.map((_, i) => i), shape).sort((i, j) => i - j)
    const [first, last] = [axes[0], axes.at(-1)]
    if (first === undefined || last === undefined || sizeOf(shape) === 0) return undefined
    // Only axes that lie side by side.
    if (last - first + 1 !== axes.length) return undefined
    const [outer, middle, inner] = [
      sizeOf(shape.slice(0, first)),
      sizeOf(shape.slice(first, last + 1)),
      sizeOf(shape.slice(last + 1)),
    ]
    const left =
      keepDims === true
        ? shape.map((d, i) => (i >= first && i <= last ? 1 : d))
        : shape.filter((_, i) => i < first || i > last)
    const out = backend.makeOutput(left, 'float32')
    const [from, to, divisor] = [addressOf(backend, x), addressOf(backend, out), divides ? middle : 1]
    const kernels = kernelsOf(backend)
    if (inner === 1) kernels.sumRows(from, to, outer, middle, divisor)
    else kernels.sumColumns(from, to, outer, middle, inner, divisor)
    return out
  })

export const registerReductions = (): void => {
  registerSum(tf.Sum, false)
  registerSum(tf.Mean, true)
}
