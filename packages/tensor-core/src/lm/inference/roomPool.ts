/**
 * Reused read buffers: the first write to a fresh page costs more than the copy itself. For tensors that are converted on the
 * device, after which their bytes are no longer needed.
 */
import { engineRoom } from '../../formats'

export interface RoomPool {
  /** A buffer of this length; its content is undefined. */
  readonly take: (length: number) => Uint8Array
  /** Returns a buffer to the pool. */
  readonly give: (room: Uint8Array) => void
}

/** Bytes of the smallest buffer. */
const LEAST = 4 * 1024 * 1024

/** Holds as many buffers as were ever in use at a time. */
export const roomPool = (): RoomPool => {
  const free: Uint8Array[] = []
  const whole = new Map<ArrayBufferLike, Uint8Array>()
  return {
    take: (length) => {
      free.sort((a, b) => a.byteLength - b.byteLength)
      const at = free.findIndex((room) => room.byteLength >= length)
      // None is large enough: the largest is replaced by a larger one.
      const [found] = at < 0 ? [] : free.splice(at, 1)
      if (found === undefined) free.pop()
      const room = found ?? engineRoom(Math.max(LEAST, length))
      whole.set(room.buffer, room)
      return room.subarray(0, length)
    },
    give: (room) => {
      const all = whole.get(room.buffer)
      if (all === undefined) return
      whole.delete(room.buffer)
      free.push(all)
    },
  }
}
