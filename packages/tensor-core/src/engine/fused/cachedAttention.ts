/**
 * Attention of a few new positions over a cache that is written in place: rotation, storing, softmax and weighted sum as one
 * operation, if the current engine has a kernel for it. On other engines a cache grows by copies.
 */
import type { tf } from '../tf'
import { fusedNames, hasFused, runFused } from './kernel'

// model ------------------------------------------------------------------------------------------

/** Projections before rotation: [rows, chunk, heads, headDim], keys and values for the key heads. */
export interface Projections {
  readonly q: tf.Tensor
  readonly k: tf.Tensor
  readonly v: tf.Tensor
}

/** Memory for keys and values, [rows, keyHeads, capacity, headDim] each. */
export interface CacheMemory {
  readonly keys: tf.Tensor
  readonly values: tf.Tensor
}

// running ----------------------------------------------------------------------------------------

/** Whether the current engine can write a cache in place. */
export const writesCaches = (): boolean => hasFused(fusedNames.cachedAttention)

/**
 * Rotates the queries and keys, writes keys and values behind the slots in use, and attends.
 *
 * @param tables cosines and sines [1 or rows, chunk, 1, headDim / 2]
 * @param mask [rows, 1, chunk, slots], the new slots included
 * @param factor multiplies the scores
 * @returns [rows * chunk, heads * headDim]; undefined if the engine has no such kernel
 */
export const cachedAttention = (
  { q, k, v }: Projections,
  { keys, values }: CacheMemory,
  { cos, sin }: { readonly cos: tf.Tensor; readonly sin: tf.Tensor },
  mask: tf.Tensor,
  factor: number,
): tf.Tensor | undefined =>
  runFused(fusedNames.cachedAttention, { q, k, v, cos, sin, keys, values, mask }, { factor })?.[0]
