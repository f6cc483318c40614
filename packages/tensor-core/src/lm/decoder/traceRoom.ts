/**
 * How many bytes a backward pass may keep between its two ways, instead of computing them again. It decides time and memory,
 * never the result.
 */
import { freeTensorBytes, tf } from '../../engine'

/** The share of what is free that may be kept, and what is kept where nobody knows how much is free. */
const SHARE = 1 / 4
const UNKNOWN = 512 * 1024 * 1024

/** Traces of a small model are kept whole: computing again would cost more than so little memory is worth. */
export const SMALL = 128 * 1024 * 1024

const known = new Map<string, number>()

/** Measured when an engine is first asked for it. */
export const traceRoom = (): number => {
  const engine = tf.getBackend()
  const before = known.get(engine)
  if (before !== undefined) return before
  const free = freeTensorBytes()
  const room = Number.isFinite(free) ? free * SHARE : UNKNOWN
  known.set(engine, room)
  return room
}
