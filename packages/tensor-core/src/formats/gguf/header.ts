/**
 * The header of a GGUF file (versions 2 and 3, little-endian): metadata and the places of its tensors. Every count and length is
 * checked against the bytes that are left before anything is allocated for it.
 */
import {
  type Cursor,
  type MetaScalar,
  arrayType,
  cursorOf,
  damagedHeader,
  refusedHeader,
  scalarBytes,
  shown,
} from './cursor'
import { type TensorType, refusedName, tensorType } from './types'

// model ------------------------------------------------------------------------------------------

export type { MetaScalar }
export type MetaValue = MetaScalar | ReadonlyArray<MetaScalar>
export type Metadata = ReadonlyMap<string, MetaValue>

/** Where a tensor's bytes stand in the file. */
export interface GgufPlace {
  readonly type: TensorType
  /** Row-major, as in Hugging Face checkpoints: the last dimension is contiguous. */
  readonly shape: ReadonlyArray<number>
  readonly begin: number
  readonly end: number
}

export interface GgufHeader {
  readonly metadata: Metadata
  readonly tensors: ReadonlyMap<string, GgufPlace>
  /** Bytes of the header. */
  readonly length: number
}

// reading ----------------------------------------------------------------------------------------

const mostEntries = 100_000
/** Most entries of all lists together: sixteen times those of the largest known vocabulary. */
const mostListed = 1 << 23
const mostDimensions = 4

const valueOf = (cursor: Cursor, key: string, listed: { total: number }): MetaValue => {
  const type = cursor.u32()
  if (type !== arrayType) return cursor.scalar(type)
  const inner = cursor.u32()
  if (inner === arrayType)
    throw refusedHeader(`metadata ${shown(key)} is a list of lists, which is not supported`)
  const each = scalarBytes[inner]
  if (each === undefined) throw damagedHeader(`has metadata of the unknown type ${inner}`)
  const count = cursor.u64(`the length of ${shown(key)}`)
  cursor.holds(count, each, `metadata ${shown(key)} has ${count} entries`)
  listed.total += count
  if (listed.total > mostListed) throw damagedHeader(`has lists of more than ${mostListed} entries`)
  const list: MetaScalar[] = []
  for (let i = 0; i < count; i++) list.push(cursor.scalar(inner))
  return list
}

const metadataOf = (cursor: Cursor, count: number): Metadata => {
  const metadata = new Map<string, MetaValue>()
  const listed = { total: 0 }
  for (let i = 0; i < count; i++) {
    const key = cursor.text()
    if (metadata.has(key)) throw damagedHeader(`gives metadata ${shown(key)} twice`)
    metadata.set(key, valueOf(cursor, key, listed))
  }
  return metadata
}

// tensors ----------------------------------------------------------------------------------------

interface TensorInfo {
  readonly name: string
  readonly type: TensorType
  readonly shape: ReadonlyArray<number>
  readonly offset: number
  readonly bytes: number
}

const infoOf = (cursor: Cursor): TensorInfo => {
  const name = cursor.text()
  const rank = cursor.u32()
  if (rank < 1 || rank > mostDimensions)
    throw damagedHeader(`tensor ${shown(name)} has ${rank} dimensions, not 1 to ${mostDimensions}`)
  const dimensions = Array.from({ length: rank }, () => cursor.u64(`a dimension of ${shown(name)}`))
  const id = cursor.u32()
  const offset = cursor.u64(`the offset of ${shown(name)}`)
  const type = tensorType(id)
  if (type === undefined)
    throw refusedHeader(`tensor ${shown(name)} is ${refusedName(id)}, which is not supported`)
  const elements = dimensions.reduce((n, d) => n * d, 1)
  const bytes = (elements / type.elements) * type.bytes
  if ((dimensions[0] ?? 0) % type.elements !== 0)
    throw damagedHeader(`tensor ${shown(name)} has rows that are not whole blocks of ${type.name}`)
  if (!Number.isSafeInteger(elements) || !Number.isSafeInteger(bytes) || elements === 0)
    throw damagedHeader(`tensor ${shown(name)} has the impossible shape [${dimensions.join(', ')}]`)
  return { name, type, shape: dimensions.reverse(), offset, bytes }
}

/** @returns what is wrong with the places of the tensors: one is outside the file, unaligned, or overlaps another */
const placesProblem = (
  infos: ReadonlyArray<TensorInfo>,
  alignment: number,
  room: number,
): string | undefined => {
  const sorted = [...infos].sort((a, b) => a.offset - b.offset)
  for (const [i, { name, offset, bytes }] of sorted.entries()) {
    const before = sorted[i - 1]
    if (offset % alignment !== 0)
      return `tensor ${shown(name)} stands at ${offset}, which is no multiple of ${alignment}`
    if (offset + bytes > room) return `tensor ${shown(name)} ends outside the file`
    if (before !== undefined && before.offset + before.bytes > offset)
      return `tensors ${shown(before.name)} and ${shown(name)} overlap`
  }
  return undefined
}

const alignmentOf = (metadata: Metadata): number => {
  const given = metadata.get('general.alignment') ?? 32
  if (typeof given !== 'number' || !Number.isSafeInteger(Math.log2(given)) || given < 1 || given > 1 << 20)
    throw damagedHeader('general.alignment must be a power of two')
  return given
}

// header -----------------------------------------------------------------------------------------

const checkVersion = (version: number): void => {
  if (version === 2 || version === 3) return
  throw (version & 0xffff) === 0 && version !== 0
    ? refusedHeader('is a big-endian GGUF file, which is not supported')
    : refusedHeader(`is GGUF of version ${version}; versions 2 and 3 are supported`)
}

/**
 * Reads a header from the first bytes of a file.
 *
 * @param size bytes of the whole file
 * @throws {HeaderProblem} of kind `short` where the header is longer than `bytes`
 */
export const parseGgufHeader = (bytes: Buffer, size: number): GgufHeader => {
  const cursor = cursorOf(bytes, size)
  if (size < 24 || bytes.toString('latin1', 0, 4) !== 'GGUF') throw damagedHeader('is not a GGUF file')
  cursor.u32()
  checkVersion(cursor.u32())
  const tensorCount = cursor.u64('the number of tensors')
  const entryCount = cursor.u64('the number of metadata entries')
  if (tensorCount > mostEntries || entryCount > mostEntries)
    throw damagedHeader(
      `has ${tensorCount} tensors and ${entryCount} metadata entries, more than ${mostEntries}`,
    )
  const metadata = metadataOf(cursor, entryCount)
  const infos: TensorInfo[] = []
  const names = new Set<string>()
  for (let i = 0; i < tensorCount; i++) {
    const info = infoOf(cursor)
    if (names.has(info.name)) throw damagedHeader(`holds the tensor ${shown(info.name)} twice`)
    names.add(info.name)
    infos.push(info)
  }
  const alignment = alignmentOf(metadata)
  const start = Math.ceil(cursor.position() / alignment) * alignment
  const problem = placesProblem(infos, alignment, size - start)
  if (problem !== undefined) throw damagedHeader(problem)
  return {
    metadata,
    length: cursor.position(),
    tensors: new Map(
      infos.map(({ name, type, shape, offset, bytes: width }) => [
        name,
        { type, shape, begin: start + offset, end: start + offset + width },
      ]),
    ),
  }
}
