/**
 * How many bytes a backward pass may keep from the forward pass, instead of computing them again. It decides time and memory,
 * never the result.
 */
import { freeTensorBytes, tf } from '../../engine'

/** The share of free memory that may be kept, and the bytes where free memory is unknown. */
const SHARE = 1 / 4
const UNKNOWN = 512 * 1024 * 1024

/** Bytes up to which traces are kept whole: recomputing them would cost more than so little memory is worth. */
export const SMALL = 128 * 1024 * 1024

const known = new Map<string, number>()

/** Measured once per engine, on first use. */
export const traceRoom = (): number => {
  const engine = tf.getBackend()
  const before = known.get(engine)
  if (before !== undefined) return before
  const free = freeTensorBytes()
  const room = Number.isFinite(free) ? free * SHARE : UNKNOWN
  known.set(engine, room)
  return room
}
