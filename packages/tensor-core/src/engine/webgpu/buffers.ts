/**
 * The engine's memory on the device: buffers in use, and a few free ones kept to be used again.
 *
 * It takes the place of TensorFlow.js's own, which keeps every buffer ever freed, by its exact size: a text that grows by one
 * token per step asks for new sizes in each step, so that memory only grows. Here sizes come in four steps per power of two, and the
 * longest unused are given back once the free ones exceed a bound. What was in use at once before may be again, as from one training
 * step to the next: that much stays, because a driver takes longer to make a buffer than a program to fill it. An allocation the device cannot make is an error at once,
 * with the size asked for, once the free buffers are given up.
 */
import * as E from 'fp-ts/Either'
import type { GpuBuffer, GpuDevice } from './gpu'

// model ------------------------------------------------------------------------------------------

/** What TensorFlow.js's backend asks of the keeper of its buffers. */
export interface BufferManager {
  readonly numBytesUsed: number
  readonly numBytesAllocated: number
  readonly acquireBuffer: (size: number, usage: number, mapped?: boolean, reuse?: boolean) => GpuBuffer
  readonly releaseBuffer: (buffer: GpuBuffer, reuse?: boolean) => void
  readonly getNumUsedBuffers: () => number
  readonly getNumFreeBuffers: () => number
  readonly dispose: () => void
}

/**
 * Free memory that is kept: this much, at least as much as half of what is in use, and what it takes beside that to the most
 * that was ever in use.
 */
const keptBytes = 64 * 2 ** 20

const smallest = 16

// sizes ------------------------------------------------------------------------------------------

/** The next size of the ladder: at most a quarter larger, a multiple of 16. */
export const roundedSize = (size: number): number => {
  if (size <= smallest) return smallest
  const step = Math.max(smallest, 2 ** (Math.floor(Math.log2(size)) - 2))
  return Math.ceil(size / step) * step
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

// constructor ------------------------------------------------------------------------------------

/** `check` throws what the device has reported since; it is asked after each new buffer. */
export const bufferManager = (device: GpuDevice, check: (doing: string) => void): BufferManager => {
  const used = new Set<GpuBuffer>()
  /** By size and usage; a buffer that is freed later stands later, in its list and (by key) in the map. */
  const free = new Map<string, GpuBuffer[]>()
  const count = { used: 0, most: 0, allocated: 0, freeBuffers: 0 }
  const limit = Math.min(
    device.limits['maxBufferSize'] ?? Infinity,
    device.limits['maxStorageBufferBindingSize'] ?? Infinity,
  )
  const keyOf = (size: number, usage: number): string => `${size} ${usage}`

  const give = (buffer: GpuBuffer): void => {
    buffer.destroy()
    count.allocated -= buffer.size
  }

  const trim = (bound: number): void => {
    for (const [key, buffers] of free) {
      while (buffers.length > 0 && count.allocated - count.used > bound) {
        const oldest = buffers.shift()
        if (oldest === undefined) break
        count.freeBuffers--
        give(oldest)
      }
      if (buffers.length === 0) free.delete(key)
      if (count.allocated - count.used <= bound) return
    }
  }

  const create = (asked: number, size: number, usage: number, mapped: boolean): GpuBuffer => {
    if (size > limit)
      throw new Error(
        `a tensor of ${megabytes(asked)} is more than this device holds in one piece (${megabytes(limit)})`,
      )
    const attempt = (): GpuBuffer => {
      const doing = `a tensor of ${megabytes(asked)}, beside ${megabytes(count.allocated)}`
      // A buffer to be written is refused at once, any other by a report beside the call.
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
    acquireBuffer: (asked, usage, mapped = false, reuse = true) => {
      // A size past the ladder's last step but within the limit is taken as it is.
      const rounded = roundedSize(asked)
      const size = rounded > limit ? Math.ceil(asked / smallest) * smallest : rounded
      const key = keyOf(size, usage)
      const kept = reuse ? free.get(key)?.pop() : undefined
      if (kept !== undefined) count.freeBuffers--
      const buffer = kept ?? create(asked, size, usage, mapped)
      used.add(buffer)
      count.used += size
      count.most = Math.max(count.most, count.used)
      return buffer
    },
    releaseBuffer: (buffer, reuse = true) => {
      if (!used.delete(buffer)) return
      count.used -= buffer.size
      if (!reuse) {
        give(buffer)
        return
      }
      const key = keyOf(buffer.size, buffer.usage)
      const buffers = free.get(key) ?? []
      buffers.push(buffer)
      free.delete(key)
      free.set(key, buffers)
      count.freeBuffers++
      trim(Math.max(keptBytes, count.used / 2, count.most - count.used))
    },
    getNumUsedBuffers: () => used.size,
    getNumFreeBuffers: () => count.freeBuffers,
    dispose: () => {
      ;[...used, ...[...free.values()].flat()].forEach(give)
      used.clear()
      free.clear()
      count.used = 0
      count.freeBuffers = 0
    },
  }
}
