/**
 * Attention of a few new positions over a cache that is written in place: turning, storing, weighing and summing as one operation,
 * where the running engine has a kernel for it. Elsewhere a cache grows by copies.
 */
import type { tf } from '../tf'
import { fusedNames, hasFused, runFused } from './kernel'

// model ------------------------------------------------------------------------------------------

/** Projections as they come, not yet turned: [rows, chunk, heads, headDim], keys and values of the key heads. */
export interface Projections {
  readonly q: tf.Tensor
  readonly k: tf.Tensor
  readonly v: tf.Tensor
}

/** Memory of keys and values, [rows, keyHeads, capacity, headDim] each. */
export interface CacheMemory {
  readonly keys: tf.Tensor
  readonly values: tf.Tensor
}

// running ----------------------------------------------------------------------------------------

/** Whether the running engine can write a cache in place. */
export const writesCaches = (): boolean => hasFused(fusedNames.cachedAttention)

/**
 * Turns the queries and keys, writes keys and values behind the slots that are used, and attends.
 *
 * @param tables cosines and sines [1 or rows, chunk, 1, headDim / 2]
 * @param mask [rows, 1, chunk, slots], the new slots included
 * @param factor what scores are multiplied by
 * @returns [rows * chunk, heads * headDim]; undefined where the engine has no such kernel
 */
export const cachedAttention = (
  { q, k, v }: Projections,
  { keys, values }: CacheMemory,
  { cos, sin }: { readonly cos: tf.Tensor; readonly sin: tf.Tensor },
  mask: tf.Tensor,
  factor: number,
): tf.Tensor | undefined =>
  runFused(fusedNames.cachedAttention, { q, k, v, cos, sin, keys, values, mask }, { factor })?.[0]
