/**
 * Slices and splits on the wasm engine, as copies of blocks. TensorFlow.js's take 5 to 65 ns per element where the innermost axis is
 * short, as its other copies do; blocks take about 0.5 ns.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { tf } from '../tf'
import { addressOf, kernelsOf } from './memory'
import { isFourBytes, isNumbers, override, sizeOf } from './override'

/** The part of `x` of shape `size` from `begin` on: runs of whole blocks, one call for each index of the outer axes. */
const slice = (
  backend: BackendWasm,
  x: tf.TensorInfo,
  begin: ReadonlyArray<number>,
  size: ReadonlyArray<number>,
): tf.TensorInfo => {
  const out = backend.makeOutput([...size], x.dtype)
  if (sizeOf(size) === 0) return out
  const cut = x.shape.flatMap((d, axis) => (size[axis] === d ? [] : [axis]))
  const last = cut.at(-1) ?? 0
  const outerEnd = (cut.at(-2) ?? -1) + 1
  const inner = sizeOf(x.shape.slice(last + 1))
  const [block, stride] = [(size[last] ?? 1) * inner, (x.shape[last] ?? 1) * inner]
  const count = sizeOf(x.shape.slice(outerEnd, last))
  const [from, to] = [addressOf(backend, x), addressOf(backend, out)]
  const outer = size.slice(0, outerEnd)
  const copies = sizeOf(outer)
  const { copyBlocks } = kernelsOf(backend)
  for (let i = 0; i < copies; i++) {
    let rest = i
    let place = 0
    let weight = count
    for (let axis = outerEnd - 1; axis >= 0; axis--) {
      const steps = outer[axis] ?? 1
      place += ((begin[axis] ?? 0) + (rest % steps)) * weight
      weight *= x.shape[axis] ?? 1
      rest = Math.floor(rest / steps)
    }
    copyBlocks(
      from + 4 * (place * stride + (begin[last] ?? 0) * inner),
      stride,
      to + 4 * i * count * block,
      block,
      block,
      count,
    )
  }
  return out
}

/** Registers them; calling it again changes nothing. */
export const registerSlices = (): void => {
  override(tf.Slice, ({ backend, inputs: { x }, attrs }) => {
    const { begin, size } = attrs
    if (x === undefined || !isFourBytes(x) || !isNumbers(begin) || !isNumbers(size)) return undefined
    const from = x.shape.map((_, axis) => begin[axis] ?? 0)
    const wanted = x.shape.map((d, axis) => {
      const given = size[axis] ?? -1
      return given < 0 ? d - (from[axis] ?? 0) : given
    })
    if (x.shape.some((d, axis) => (from[axis] ?? 0) < 0 || (from[axis] ?? 0) + (wanted[axis] ?? 0) > d))
      throw new Error(`slice: [${begin.join()}] and [${size.join()}] exceed the shape [${x.shape.join()}]`)
    return slice(backend, x, from, wanted)
  })
  override(tf.SplitV, ({ backend, inputs: { x }, attrs }) => {
    const { axis, numOrSizeSplits } = attrs
    if (x === undefined || !isFourBytes(x) || typeof axis !== 'number') return undefined
    if (typeof numOrSizeSplits !== 'number' && !isNumbers(numOrSizeSplits)) return undefined
    const along = axis < 0 ? axis + x.shape.length : axis
    const { parts } = tf.backend_util
      .prepareSplitSize({ ...x, rank: x.shape.length }, numOrSizeSplits, along)
      .reduce<{ readonly start: number; readonly parts: tf.TensorInfo[] }>(
        ({ start, parts }, length) => ({
          start: start + length,
          parts: [
            ...parts,
            slice(
              backend,
              x,
              x.shape.map((_, i) => (i === along ? start : 0)),
              x.shape.map((d, i) => (i === along ? length : d)),
            ),
          ],
        }),
        { start: 0, parts: [] },
      )
    return parts
  })
}
