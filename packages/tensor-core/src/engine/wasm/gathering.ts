/** Gather on the wasm engine and its gradient, `UnsortedSegmentSum`, which TensorFlow.js's backend lacks. */
import { tf } from '../tf'
import { addressOf, kernelsOf } from './memory'
import { isFourBytes, override, sizeOf } from './override'

/** Registers them; calling it again changes nothing. */
export const registerGathering = (): void => {
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
