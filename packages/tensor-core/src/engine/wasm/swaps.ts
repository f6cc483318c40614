/** Transposes on the wasm engine that swap two groups of axes, as copies of blocks. */
import { tf } from '../tf'
import { addressOf, kernelsOf } from './memory'
import { isFourBytes, isNumbers, override, sizeOf } from './override'

/** Two groups of adjacent axes that are swapped, between axes that stay: [outer, a, b, inner] -> [outer, b, a, inner]. */
interface Swap {
  readonly outer: number
  readonly a: number
  readonly b: number
  readonly inner: number
}

/** The permutation as such a swap, if it is one. */
export const swapOf = (shape: ReadonlyArray<number>, perm: ReadonlyArray<number>): Swap | undefined => {
  const first = perm.findIndex((p, i) => p !== i)
  if (first < 0) return undefined
  const second = perm[first] ?? first
  const end = perm.findLastIndex((p, i) => p !== i) + 1
  const swapped = [
    ...Array.from({ length: end - second }, (_, i) => second + i),
    ...Array.from({ length: second - first }, (_, i) => first + i),
  ]
  if (swapped.some((p, i) => perm[first + i] !== p)) return undefined
  return {
    outer: sizeOf(shape.slice(0, first)),
    a: sizeOf(shape.slice(first, second)),
    b: sizeOf(shape.slice(second, end)),
    inner: sizeOf(shape.slice(end)),
  }
}

/** Shorter blocks are left to TensorFlow.js. */
const LEAST_BLOCK = 4

/** Registers them; calling it again changes nothing. */
export const registerSwaps = (): void =>
  override(tf.Transpose, ({ backend, inputs: { x }, attrs: { perm } }) => {
    if (x === undefined || !isFourBytes(x) || !isNumbers(perm)) return undefined
    const swap = swapOf(x.shape, perm)
    if (swap === undefined || swap.inner < LEAST_BLOCK || sizeOf(x.shape) === 0) return undefined
    const out = backend.makeOutput(
      perm.map((axis) => x.shape[axis] ?? 1),
      x.dtype,
    )
    const { outer, a, b, inner } = swap
    kernelsOf(backend).swapBlocks(addressOf(backend, x), addressOf(backend, out), outer, a, b, inner)
    return out
  })
