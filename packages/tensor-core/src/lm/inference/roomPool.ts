/**
 * Memory that is read into again and again: a fresh page costs more than what is written on it. For tensors that are converted on
 * the device, after which their bytes are needed no more.
 */
import { engineRoom } from '../../formats'

export interface RoomPool {
  /** A place of that length, as new or used before. */
  readonly take: (length: number) => Uint8Array
  /** Gives back what was taken. */
  readonly give: (room: Uint8Array) => void
}

/** Small tensors share places of this size. */
const LEAST = 4 * 1024 * 1024

/** Holds as many places as were ever taken at a time. */
export const roomPool = (): RoomPool => {
  const free: Uint8Array[] = []
  const whole = new Map<ArrayBufferLike, Uint8Array>()
  return {
    take: (length) => {
      free.sort((a, b) => a.byteLength - b.byteLength)
      const at = free.findIndex((room) => room.byteLength >= length)
      // none is large enough: the largest makes way for a larger one
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
