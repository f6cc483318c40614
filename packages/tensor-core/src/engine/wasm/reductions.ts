/**
 * Sums and means on the wasm engine. TensorFlow.js sums one row after the other, which is bound by the latency of the additions, and
 * transposes first if the summed axis is not the last. Here several rows or columns are summed at a time, each in the same order, so
 * the results are the same to the last bit.
 *
 * A very long row is the exception: summed sequentially in float32 it loses digits (a relative error of 1.3e-4 for 400,000 entries,
 * 3.5e-3 for four million), so it is summed in blocks, and then the sums of the blocks.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { tf } from '../tf'
import { addressOf, kernelsOf, withScratch } from './memory'
import { override, sizeOf } from './override'

/** Without an axis (TensorFlow.js then passes null) everything is summed. */
const isAxis = (u: unknown): u is number | number[] | null | undefined =>
  u === undefined ||
  u === null ||
  typeof u === 'number' ||
  (Array.isArray(u) && u.every((x) => typeof x === 'number'))

// sums of long rows ------------------------------------------------------------------------------

const longRow = 65_536
const block = 1024
const float = 4

/** Rows at address `from`, whose sums, divided by `divisor`, go to address `to`. */
interface RowSums {
  readonly from: number
  readonly to: number
  readonly rows: number
  readonly width: number
  readonly divisor: number
}

/** Sums rows of more than `longRow` entries by blocks. */
const sumLongRows = (backend: BackendWasm, { from, to, rows, width, divisor }: RowSums): void => {
  const kernels = kernelsOf(backend)
  const blocks = Math.floor(width / block)
  const rest = width - blocks * block
  withScratch(backend, blocks + 1, (partial) => {
    for (let row = 0; row < rows; row++) {
      const start = from + row * width * float
      kernels.sumRows(start, partial, blocks, block, 1)
      kernels.sumRows(start + blocks * block * float, partial + blocks * float, 1, rest, 1)
      kernels.sumRows(partial, to + row * float, 1, blocks + 1, divisor)
    }
  })
}

// registration -----------------------------------------------------------------------------------

const registerSum = (name: string, divides: boolean): void =>
  override(name, ({ backend, inputs: { x }, attrs: { axis, keepDims } }) => {
    if (x?.dtype !== 'float32' || !isAxis(axis)) return undefined
    const { shape } = x
    const axes = tf.util.parseAxisParam(axis ?? shape.map((_, i) => i), shape).sort((i, j) => i - j)
    const [first, last] = [axes[0], axes.at(-1)]
    if (first === undefined || last === undefined || sizeOf(shape) === 0) return undefined
    // Only adjacent axes.
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
    if (inner === 1 && middle > longRow)
      sumLongRows(backend, { from, to, rows: outer, width: middle, divisor })
    else if (inner === 1) kernels.sumRows(from, to, outer, middle, divisor)
    else kernels.sumColumns(from, to, outer, middle, inner, divisor)
    return out
  })

export const registerReductions = (): void => {
  registerSum(tf.Sum, false)
  registerSum(tf.Mean, true)
}
