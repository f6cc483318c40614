/**
 * The matrix product of the wasm engine, which replaces TensorFlow.js's own beneath `tf.matMul`, gradients included.
 *
 * TensorFlow.js's kernel (XNNPACK) is fast only for a plain two-dimensional product: with a transpose it runs at 1 to 3 GFLOP/s, in
 * batches at 1.5, and it keeps a packed copy of every right operand. Ours runs at 25 to 50 GFLOP/s in all forms, batches,
 * transposes and thin shapes included, and keeps no copy (docs/engines.md has the table).
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { tf } from '../tf'
import { fusedNames } from '../fused/kernel'
import { override, sizeOf } from './override'
import { addressOf, kernelsOf, withScratch } from './memory'

// shapes -----------------------------------------------------------------------------------------

interface Operand {
  readonly batch: ReadonlyArray<number>
  readonly rows: number
  readonly cols: number
}

const operand = (shape: ReadonlyArray<number>, transposed: boolean): Operand => {
  const [rows = 1, cols = 1] = shape.slice(-2)
  const batch = shape.slice(0, -2)
  return transposed ? { batch, rows: cols, cols: rows } : { batch, rows, cols }
}

/** Which matrix of an operand each matrix of the result uses, for broadcasts that strides cannot express. */
const broadcastIndices = (
  batch: ReadonlyArray<number>,
  out: ReadonlyArray<number>,
): ReadonlyArray<number> => {
  const padded = [...new Array<number>(out.length - batch.length).fill(1), ...batch]
  return Array.from({ length: sizeOf(out) }, (_, flat) => {
    let rest = flat
    let index = 0
    let stride = 1
    for (let axis = out.length - 1; axis >= 0; axis--) {
      const size = out[axis] ?? 1
      const own = padded[axis] ?? 1
      index += own === 1 ? 0 : (rest % size) * stride
      stride *= own
      rest = Math.floor(rest / size)
    }
    return index
  })
}

// kernel -----------------------------------------------------------------------------------------

/** base + op(a) op(b), with op the transpose if the flag is set; without `base` the product alone. */
interface Product {
  readonly a: tf.TensorInfo
  readonly b: tf.TensorInfo
  readonly transposeA: boolean
  readonly transposeB: boolean
  readonly base?: tf.TensorInfo
}

/** One call of the kernel: where it starts in each tensor, how far apart the matrices of a batch are, and how many. */
interface Run {
  readonly startA: number
  readonly strideA: number
  readonly startB: number
  readonly strideB: number
  readonly startOut: number
  readonly times: number
  readonly rows: number
}

const product = (backend: BackendWasm, { a, b, transposeA, transposeB, base }: Product): tf.TensorInfo => {
  if (a.dtype !== 'float32' || b.dtype !== 'float32')
    throw new Error(`matMul takes float32 tensors, not ${a.dtype} and ${b.dtype}`)
  const left = operand(a.shape, transposeA)
  const right = operand(b.shape, transposeB)
  if (left.cols !== right.rows)
    throw new Error(
      `matMul: inner sizes ${left.cols} and ${right.rows} of [${a.shape.join()}] and [${b.shape.join()}] differ`,
    )
  const batch = tf.broadcast_util.assertAndGetBroadcastShape([...left.batch], [...right.batch])
  const [m, k, n] = [left.rows, left.cols, right.cols]
  const shape = [...batch, m, n]
  if (base !== undefined && (base.dtype !== 'float32' || base.shape.join() !== shape.join()))
    throw new Error(`matMulAdd: [${base.shape.join()}] is not the product's [${shape.join()}]`)
  const out = backend.makeOutput(shape, 'float32')
  const batches = sizeOf(batch)
  if (batches * m * n === 0) return out
  const kernels = kernelsOf(backend)
  const run = ({ startA, strideA, startB, strideB, startOut, times, rows }: Run): void =>
    withScratch(backend, kernels.scratchFloats(k, n), (scratch) =>
      kernels.products(
        addressOf(backend, a) + startA * 4,
        strideA,
        addressOf(backend, b) + startB * 4,
        strideB,
        base === undefined ? 0 : addressOf(backend, base) + startOut * 4,
        addressOf(backend, out) + startOut * 4,
        times,
        rows,
        k,
        n,
        transposeA ? 1 : 0,
        transposeB ? 1 : 0,
        scratch,
      ),
    )
  const [countA, countB] = [sizeOf(left.batch), sizeOf(right.batch)]
  // One right matrix for the whole batch: a single tall product packs it only once.
  if (countB === 1 && countA === batches && !transposeA) {
    run({ startA: 0, strideA: 0, startB: 0, strideB: 0, startOut: 0, times: 1, rows: batches * m })
    return out
  }
  const [plainA, plainB] = [countA === 1 || countA === batches, countB === 1 || countB === batches]
  if (plainA && plainB) {
    run({
      startA: 0,
      strideA: countA === 1 ? 0 : m * k,
      startB: 0,
      strideB: countB === 1 ? 0 : k * n,
      startOut: 0,
      times: batches,
      rows: m,
    })
    return out
  }
  const [fromA, fromB] = [broadcastIndices(left.batch, batch), broadcastIndices(right.batch, batch)]
  for (let i = 0; i < batches; i++)
    run({
      startA: (fromA[i] ?? 0) * m * k,
      strideA: 0,
      startB: (fromB[i] ?? 0) * k * n,
      strideB: 0,
      startOut: i * m * n,
      times: 1,
      rows: m,
    })
  return out
}

// registration -----------------------------------------------------------------------------------

/** Registers the products; calling it again changes nothing. */
export const registerProduct = (): void => {
  override(tf.BatchMatMul, ({ backend, inputs: { a, b }, attrs }) =>
    a === undefined || b === undefined
      ? undefined
      : product(backend, {
          a,
          b,
          transposeA: attrs['transposeA'] === true,
          transposeB: attrs['transposeB'] === true,
        }),
  )
  override(fusedNames.matMulAdd, ({ backend, inputs: { a, b, base }, attrs }) =>
    a === undefined || b === undefined || base === undefined
      ? undefined
      : product(backend, {
          a,
          b,
          base,
          transposeA: attrs['transposeA'] === true,
          transposeB: attrs['transposeB'] === true,
        }),
  )
}
