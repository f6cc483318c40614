/** Concatenations and tiles on the wasm engine, as copies of blocks. */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { tf } from '../tf'
import { addressOf, kernelsOf } from './memory'
import { isFourBytes, isNumbers, override, sizeOf } from './override'

const concat = (backend: BackendWasm, parts: ReadonlyArray<tf.TensorInfo>, axis: number): tf.TensorInfo => {
  const shape = tf.backend_util.computeOutShape(
    parts.map(({ shape: s }) => s),
    axis,
  )
  const out = backend.makeOutput(shape, parts[0]?.dtype ?? 'float32')
  const outer = sizeOf(shape.slice(0, axis))
  const stride = sizeOf(shape.slice(axis))
  const { copyBlocks } = kernelsOf(backend)
  let to = addressOf(backend, out)
  for (const part of parts) {
    const block = sizeOf(part.shape.slice(axis))
    if (block > 0) copyBlocks(addressOf(backend, part), block, to, stride, block, outer)
    to += 4 * block
  }
  return out
}

/** Repeats along one axis. */
const repeat = (backend: BackendWasm, x: tf.TensorInfo, axis: number, times: number): tf.TensorInfo => {
  const shape = x.shape.map((d, i) => (i === axis ? d * times : d))
  const out = backend.makeOutput(shape, x.dtype)
  const outer = sizeOf(shape.slice(0, axis))
  const block = sizeOf(x.shape.slice(axis))
  const { copyBlocks } = kernelsOf(backend)
  const [from, to] = [addressOf(backend, x), addressOf(backend, out)]
  if (block > 0)
    for (let i = 0; i < times; i++) copyBlocks(from, block, to + 4 * i * block, times * block, block, outer)
  return out
}

/** Registers them; calling it again changes nothing. */
export const registerConcatenations = (): void => {
  override(tf.Concat, ({ backend, inputs, attrs: { axis } }) => {
    const parts = Object.values(inputs).filter((p): p is tf.TensorInfo => p !== undefined)
    const [first] = parts
    if (first === undefined || typeof axis !== 'number' || !isFourBytes(...parts)) return undefined
    if (parts.some((p) => p.dtype !== first.dtype)) return undefined
    const along = axis < 0 ? axis + first.shape.length : axis
    const full = parts.filter((p) => sizeOf(p.shape) > 0)
    tf.backend_util.assertParamsConsistent(
      parts.map(({ shape }) => shape),
      along,
    )
    return full.length === 0 ? undefined : concat(backend, full, along)
  })
  override(tf.Tile, ({ backend, inputs: { x }, attrs: { reps } }) => {
    if (x === undefined || !isFourBytes(x) || !isNumbers(reps) || reps.length !== x.shape.length)
      return undefined
    const axes = reps.flatMap((times, axis) => (times === 1 ? [] : [{ axis, times }])).reverse()
    // The innermost axis first: its repetition then works on the smallest tensor.
    const [first, ...rest] = axes
    if (first === undefined) return undefined
    return rest.reduce(
      (tiled, { axis, times }) => {
        const longer = repeat(backend, tiled, axis, times)
        backend.disposeData(tiled.dataId)
        return longer
      },
      repeat(backend, x, first.axis, first.times),
    )
  })
}
