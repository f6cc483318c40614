/** Reads the values of a GGUF header one after the other, each checked against the bytes that are left. */

export type MetaScalar = string | number | boolean

// problems ---------------------------------------------------------------------------------------

/** Why a header cannot be read: more of the file is needed, it is damaged, or it needs something that is not supported. */
export class HeaderProblem extends Error {
  constructor(
    readonly kind: 'short' | 'damaged' | 'unsupported',
    message: string,
  ) {
    super(message)
  }
}

export const damagedHeader = (message: string): HeaderProblem => new HeaderProblem('damaged', message)
export const refusedHeader = (message: string): HeaderProblem => new HeaderProblem('unsupported', message)
export const shown = (text: string): string => JSON.stringify(text.slice(0, 200))

// reading ----------------------------------------------------------------------------------------

const stringType = 8
export const arrayType = 9
/** Bytes of each scalar metadata type; a string needs at least the eight of its length. */
export const scalarBytes: ReadonlyArray<number> = [1, 1, 2, 2, 4, 4, 4, 1, 8, 0, 8, 8, 8]

export interface Cursor {
  readonly position: () => number
  readonly u32: () => number
  /** A length, a count or an offset. */
  readonly u64: (what: string) => number
  readonly text: () => string
  readonly scalar: (type: number) => MetaScalar
  /** @throws where the file has fewer bytes left than `count` things of `each` bytes need */
  readonly holds: (count: number, each: number, what: string) => void
}

export const cursorOf = (bytes: Buffer, size: number): Cursor => {
  const state = { at: 0 }
  const take = (length: number): number => {
    const from = state.at
    if (from + length > size) throw damagedHeader('ends within its header')
    if (from + length > bytes.length) throw new HeaderProblem('short', 'more bytes are needed')
    state.at += length
    return from
  }
  const holds: Cursor['holds'] = (count, each, what) => {
    if (count * each > size - state.at) throw damagedHeader(`${what}, more than the file can hold`)
  }
  const u32 = (): number => bytes.readUInt32LE(take(4))
  const u64: Cursor['u64'] = (what) => {
    const value = Number(bytes.readBigUInt64LE(take(8)))
    if (!Number.isSafeInteger(value)) throw damagedHeader(`${what} is ${value}, more than the file can hold`)
    return value
  }
  const text = (): string => {
    const length = u64('the length of a text')
    holds(length, 1, `has a text of ${length} bytes`)
    const from = take(length)
    return bytes.toString('utf8', from, from + length)
  }
  const scalar: Cursor['scalar'] = (type) => {
    switch (type) {
      case 0:
        return bytes.readUInt8(take(1))
      case 1:
        return bytes.readInt8(take(1))
      case 2:
        return bytes.readUInt16LE(take(2))
      case 3:
        return bytes.readInt16LE(take(2))
      case 4:
        return u32()
      case 5:
        return bytes.readInt32LE(take(4))
      case 6:
        return bytes.readFloatLE(take(4))
      case 7:
        return bytes.readUInt8(take(1)) !== 0
      case stringType:
        return text()
      case 10:
        return Number(bytes.readBigUInt64LE(take(8)))
      case 11:
        return Number(bytes.readBigInt64LE(take(8)))
      case 12:
        return bytes.readDoubleLE(take(8))
      default:
        throw damagedHeader(`has metadata of the unknown type ${type}`)
    }
  }
  return { position: () => state.at, u32, u64, text, scalar, holds }
}
