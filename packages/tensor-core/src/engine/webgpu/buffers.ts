/**
 * The engine's memory on the device: buffers in use, and a few free ones that are kept for reuse.
 *
 * It replaces TensorFlow.js's own, which keeps every freed buffer by its exact size: a text that grows by one token per step needs
 * new sizes in every step, so that memory only grows. Here sizes are rounded to four steps per power of two, and the least recently
 * used free buffers are destroyed once they exceed a bound. An allocation that fails even without free buffers is reported by the
 * same call, with the requested size.
 */
import * as E from 'fp-ts/Either'
import type { GpuBuffer, GpuDevice } from './gpu'

// model ------------------------------------------------------------------------------------------

/** The interface that TensorFlow.js's backend requires of its buffer manager. */
export interface BufferManager {
  readonly numBytesUsed: number
  readonly numBytesAllocated: number
  readonly acquireBuffer: (size: number, usage: number, mapped?: boolean, reuse?: boolean) => GpuBuffer
  readonly releaseBuffer: (buffer: GpuBuffer, reuse?: boolean) => void
  readonly getNumUsedBuffers: () => number
  readonly getNumFreeBuffers: () => number
  readonly dispose: () => void
}

/** Free memory that is kept: this much, or half of what is in use if that is more. */
const keptBytes = 64 * 2 ** 20

const smallest = 16

// sizes ------------------------------------------------------------------------------------------

/** The size rounded up: by at most a quarter, to a multiple of 16. */
export const roundedSize = (size: number): number => {
  if (size <= smallest) return smallest
  const step = Math.max(smallest, 2 ** (Math.floor(Math.log2(size)) - 2))
  return Math.ceil(size / step) * step
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

// constructor ------------------------------------------------------------------------------------

/** `check` throws what the device has reported since its last call; it is called after each new buffer. */
export const bufferManager = (device: GpuDevice, check: (doing: string) => void): BufferManager => {
  const used = new Set<GpuBuffer>()
  /** By size and usage; ordered by when they were freed, within a list and (by key) in the map. */
  const free = new Map<string, GpuBuffer[]>()
  const count = { used: 0, allocated: 0, freeBuffers: 0 }
  const limit = Math.min(
    device.limits['maxBufferSize'] ?? Infinity,
    device.limits['maxStorageBufferBindingSize'] ?? Infinity,
  )
  const keyOf = (size: number, usage: number): string => `${size} ${usage}`

  const destroy = (buffer: GpuBuffer): void => {
    buffer.destroy()
    count.allocated -= buffer.size
  }

  const trim = (bound: number): void => {
    for (const [key, buffers] of free) {
      while (buffers.length > 0 && count.allocated - count.used > bound) {
        const oldest = buffers.shift()
        if (oldest === undefined) break
        count.freeBuffers--
        destroy(oldest)
      }
      if (buffers.length === 0) free.delete(key)
      if (count.allocated - count.used <= bound) return
    }
  }

  const create = (requested: number, size: number, usage: number, mapped: boolean): GpuBuffer => {
    if (size > limit)
      throw new Error(
        `a tensor of ${megabytes(requested)} is more than this device holds in one piece (${megabytes(limit)})`,
      )
    const attempt = (): GpuBuffer => {
      const doing = `a tensor of ${megabytes(requested)}, beside ${megabytes(count.allocated)}`
      // A buffer to be mapped is refused by an exception, any other by an event of the device.
      const made = E.tryCatch(
        () => device.createBuffer({ size, usage, mappedAtCreation: mapped }),
        (cause) => cause,
      )
      try {
        check(doing)
        if (E.isLeft(made)) throw made.left
        return made.right
      } catch (cause) {
        if (E.isRight(made)) made.right.destroy()
        throw cause
      }
    }
    const buffer = ((): GpuBuffer => {
      try {
        return attempt()
      } catch (cause) {
        if (count.freeBuffers === 0) throw cause
        trim(0)
        return attempt()
      }
    })()
    count.allocated += size
    return buffer
  }

  return {
    get numBytesUsed() {
      return count.used
    },
    get numBytesAllocated() {
      return count.allocated
    },
    acquireBuffer: (requested, usage, mapped = false, reuse = true) => {
      // A size whose rounding exceeds the limit is used as it is.
      const rounded = roundedSize(requested)
      const size = rounded > limit ? Math.ceil(requested / smallest) * smallest : rounded
      const key = keyOf(size, usage)
      const kept = reuse ? free.get(key)?.pop() : undefined
      if (kept !== undefined) count.freeBuffers--
      const buffer = kept ?? create(requested, size, usage, mapped)
      used.add(buffer)
      count.used += size
      return buffer
    },
    releaseBuffer: (buffer, reuse = true) => {
      if (!used.delete(buffer)) return
      count.used -= buffer.size
      if (!reuse) {
        destroy(buffer)
        return
      }
      const key = keyOf(buffer.size, buffer.usage)
      const buffers = free.get(key) ?? []
      buffers.push(buffer)
      free.delete(key)
      free.set(key, buffers)
      count.freeBuffers++
      trim(Math.max(keptBytes, count.used / 2))
    },
    getNumUsedBuffers: () => used.size,
    getNumFreeBuffers: () => count.freeBuffers,
    dispose: () => {
      ;[...used, ...[...free.values()].flat()].forEach(destroy)
      used.clear()
      free.clear()
      count.used = 0
      count.freeBuffers = 0
    },
  }
}
