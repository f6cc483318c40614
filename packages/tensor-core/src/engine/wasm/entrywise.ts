/**
 * a + b, a - b, a b, a / b on the wasm engine, with broadcasting, and identity as an aliased view. TensorFlow.js's kernels pass shapes
 * through the module's stack, 2 to 3 microseconds a call, and take 1 ns and more per entry if the innermost axis is short.
 * The results are the same: each operation is rounded once.
 */
import { tf } from '../tf'
import type { Kernels } from './kernels'
import { addressOf, kernelsOf } from './memory'
import { override, sizeOf } from './override'

// broadcasting -----------------------------------------------------------------------------------

/** One axis of the result, and the stride of each operand along it, in entries. */
interface Axis {
  readonly size: number
  readonly a: number
  readonly b: number
}

/** The axes of a broadcast, innermost first; adjacent axes with compatible strides in both operands are merged. */
export const foldedAxes = (
  out: ReadonlyArray<number>,
  a: ReadonlyArray<number>,
  b: ReadonlyArray<number>,
): ReadonlyArray<Axis> => {
  const axes: Axis[] = []
  let [strideA, strideB] = [1, 1]
  for (let i = 1; i <= out.length; i++) {
    const size = out[out.length - i] ?? 1
    if (size === 1) continue
    const [ownA, ownB] = [a[a.length - i] ?? 1, b[b.length - i] ?? 1]
    const axis = { size, a: ownA === 1 ? 0 : strideA, b: ownB === 1 ? 0 : strideB }
    strideA *= ownA
    strideB *= ownB
    const inner = axes.at(-1)
    if (inner !== undefined && axis.a === inner.a * inner.size && axis.b === inner.b * inner.size)
      axes[axes.length - 1] = { ...inner, size: inner.size * size }
    else axes.push(axis)
  }
  return axes
}

const one: Axis = { size: 1, a: 0, b: 0 }

const sameShape = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i])

// registration -----------------------------------------------------------------------------------

const registerBinary = (name: string, kernel: 'add' | 'subtract' | 'multiply' | 'divide'): void =>
  override(name, ({ backend, inputs: { a, b } }) => {
    if (a?.dtype !== 'float32' || b?.dtype !== 'float32') return undefined
    const same = sameShape(a.shape, b.shape)
    const shape = same ? a.shape : tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape)
    const size = sizeOf(shape)
    const axes = same ? [{ size, a: 1, b: 1 }] : foldedAxes(shape, a.shape, b.shape)
    const [n = { size: 1, a: 1, b: 1 }, n2 = one, n1 = one, n0 = one] = axes
    if (axes.length > 4) return undefined
    const out = backend.makeOutput(shape, 'float32')
    const run: Kernels[typeof kernel] = kernelsOf(backend)[kernel]
    if (size > 0)
      run(
        ...([addressOf(backend, a), n0.a, n1.a, n2.a, n.a] as const),
        ...([addressOf(backend, b), n0.b, n1.b, n2.b, n.b] as const),
        ...([addressOf(backend, out), n0.size, n1.size, n2.size, n.size] as const),
      )
    return out
  })

export const registerEntryWise = (): void => {
  registerBinary(tf.Add, 'add')
  registerBinary(tf.Sub, 'subtract')
  registerBinary(tf.Multiply, 'multiply')
  registerBinary(tf.RealDiv, 'divide')
  // Tensors are never modified, so a copy may share the memory, as the result of reshape does.
  override(tf.Identity, ({ backend, inputs: { x } }) => {
    if (x === undefined || x.dtype === 'string') return undefined
    backend.incRef(x.dataId)
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype }
  })
}
