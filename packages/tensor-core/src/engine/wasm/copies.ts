/**
 * Copies on the wasm engine: slice, split, concat, tile, transpose of blocks, gather and the gradient of gather. TensorFlow.js's own take 5 to 65 ns
 * per element where the innermost axis is short, and it has no `UnsortedSegmentSum`; these move blocks, at about 0.5 ns.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { tf } from '../tf'
import { addressOf, kernelsOf } from './memory'
import { isFourBytes, override, sizeOf } from './override'

// slices -----------------------------------------------------------------------------------------

/** The part of `x` from `begin` on, of shape `size`: runs of whole blocks, one call for each place of the outer axes. */
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

const isNumbers = (u: unknown): u is number[] => Array.isArray(u) && u.every((x) => typeof x === 'number')

const registerSlices = (): void => {
  override(tf.Slice, ({ backend, inputs: { x }, attrs }) => {
    const { begin, size } = attrs
    if (x === undefined || !isFourBytes(x) || !isNumbers(begin) || !isNumbers(size)) return undefined
    const from = x.shape.map((_, axis) => begin[axis] ?? 0)
    const wanted = x.shape.map((d, axis) => {
      const given = size[axis] ?? -1
      return given < 0 ? d - (from[axis] ?? 0) : given
    })
    if (x.shape.some((d, axis) => (from[axis] ?? 0) < 0 || (from[axis] ?? 0) + (wanted[axis] ?? 0) > d))
      throw new Error(`slice: [${begin.join()}] and [${size.join()}] leave the shape [${x.shape.join()}]`)
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

// concatenations and tiles -----------------------------------------------------------------------

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

const registerConcatenations = (): void => {
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
    // An axis of one is made longest first: the innermost repetition then works on the smallest tensor.
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

// swapped axes -----------------------------------------------------------------------------------

/** Two groups of neighbouring axes that change places, between axes that stay: [outer, a, b, inner] -> [outer, b, a, inner]. */
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

/** Blocks shorter than this are TensorFlow.js's to move. */
const LEAST_BLOCK = 4

const registerSwaps = (): void =>
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

// gathering --------------------------------------------------------------------------------------

const registerGathering = (): void => {
  override(tf.GatherV2, ({ backend, inputs: { x, indices }, attrs: { axis, batchDims } }) => {
    if (x === undefined || indices === undefined || !isFourBytes(x) || typeof axis !== 'number')
      return undefined
    if (indices.dtype !== 'int32' || (batchDims !== undefined && batchDims !== 0)) return undefined
    const along = axis < 0 ? axis + x.shape.length : axis
    const size = x.shape[along] ?? 1
    const [before, after] = [x.shape.slice(0, along), x.shape.slice(along + 1)]
    const out = backend.makeOutput([...before, ...indices.shape, ...after], x.dtype)
    const bad = kernelsOf(backend).gatherBlocks(
      addressOf(backend, x),
      addressOf(backend, indices),
      sizeOf(indices.shape),
      addressOf(backend, out),
      sizeOf(before),
      size,
      sizeOf(after),
    )
    if (bad < 0) return out
    backend.disposeData(out.dataId)
    throw new Error(`gather: index number ${bad} is not in [0, ${size})`)
  })
  override(tf.UnsortedSegmentSum, ({ backend, inputs: { x, segmentIds }, attrs: { numSegments } }) => {
    if (x?.dtype !== 'float32' || segmentIds?.dtype !== 'int32' || typeof numSegments !== 'number')
      return undefined
    const rest = x.shape.slice(segmentIds.shape.length)
    const out = backend.makeOutput([numSegments, ...rest], 'float32')
    kernelsOf(backend).sumSegments(
      addressOf(backend, x),
      addressOf(backend, segmentIds),
      sizeOf(segmentIds.shape),
      addressOf(backend, out),
      numSegments,
      sizeOf(rest),
    )
    return out
  })
}

export const registerCopies = (): void => {
  registerSlices()
  registerConcatenations()
  registerSwaps()
  registerGathering()
}
