/**
 * The header of a safetensors file: eight bytes of little-endian length, then JSON `{name: {dtype, shape, data_offsets}}` with
 * optional `__metadata__`. A header is accepted only if its tensors fill the rest of the file exactly: no overlap, no hole, nothing
 * after the last. Source: the format's description, github.com/huggingface/safetensors.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type StrictJson, parseStrictJson } from '../../files/strictJson'
import { byteWidths } from './dtype'

// model ------------------------------------------------------------------------------------------

/** A tensor's position: bytes `begin` to `end` of the data, which starts after the header. */
export interface TensorPlace {
  readonly dtype: string
  readonly shape: ReadonlyArray<number>
  readonly begin: number
  readonly end: number
}

export interface Header {
  readonly tensors: ReadonlyMap<string, TensorPlace>
  readonly metadata: Readonly<Record<string, string>>
}

/** Largest header, as in the reference implementation. */
export const maxHeaderBytes = 100_000_000

// checks -----------------------------------------------------------------------------------------

type Checked<A> = E.Either<string, A>

const isMap = (v: StrictJson | undefined): v is ReadonlyMap<string, StrictJson> => v instanceof Map
const isCount = (v: StrictJson): v is number =>
  typeof v === 'number' && Number.isSafeInteger(v) && v >= 0 && !Object.is(v, -0)
const isCounts = (v: StrictJson | undefined): v is ReadonlyArray<number> =>
  Array.isArray(v) && v.every(isCount)

const quoted = (name: string): string => JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}...` : name)

/** The number of elements. A product that is infinite or no safe integer never equals a byte length. */
export const elementCount = (shape: ReadonlyArray<number>): number => shape.reduce((n, d) => n * d, 1)

const placeOf = (name: string, v: StrictJson): Checked<TensorPlace> => {
  if (!isMap(v)) return E.left(`tensor ${quoted(name)} is not described by an object`)
  const dtype = v.get('dtype')
  const shape = v.get('shape')
  const offsets = v.get('data_offsets')
  if (typeof dtype !== 'string') return E.left(`tensor ${quoted(name)} has no dtype`)
  if (!isCounts(shape)) return E.left(`tensor ${quoted(name)} has no shape of non-negative whole numbers`)
  if (!isCounts(offsets) || offsets.length !== 2)
    return E.left(`tensor ${quoted(name)} has no data_offsets of two non-negative whole numbers`)
  const extra = [...v.keys()].find((key) => !['dtype', 'shape', 'data_offsets'].includes(key))
  if (extra !== undefined) return E.left(`tensor ${quoted(name)} has the unknown field ${quoted(extra)}`)
  const width = byteWidths.get(dtype)
  if (width === undefined) return E.left(`tensor ${quoted(name)} has the unknown dtype ${quoted(dtype)}`)
  const [begin = 0, end = 0] = offsets
  const length = elementCount(shape) * width
  if (end - begin !== length)
    return E.left(
      `tensor ${quoted(name)} spans ${end - begin} bytes, but ${dtype} [${shape.join(', ')}] needs ${length}`,
    )
  return E.right({ dtype, shape, begin, end })
}

const metadataOf = (v: StrictJson | undefined): Checked<Readonly<Record<string, string>>> => {
  if (v === undefined) return E.right({})
  if (!isMap(v)) return E.left('__metadata__ is not an object')
  const entries: Array<[string, string]> = []
  for (const [key, value] of v) {
    if (typeof value !== 'string') return E.left(`__metadata__ ${quoted(key)} is not text`)
    entries.push([key, value])
  }
  return E.right(Object.fromEntries(entries))
}

/** Checks that the tensors tile the data: each begins where the one before ends, and the last ends with the file. */
const tile = (tensors: ReadonlyMap<string, TensorPlace>, dataBytes: number): Checked<undefined> => {
  const ordered = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)
  let reached = 0
  for (const [name, { begin, end }] of ordered) {
    if (begin < reached) return E.left(`tensor ${quoted(name)} overlaps the one before it`)
    if (begin > reached)
      return E.left(`there is a hole of ${begin - reached} bytes before tensor ${quoted(name)}`)
    if (end > dataBytes)
      return E.left(`tensor ${quoted(name)} ends ${end - dataBytes} bytes after the end of the file`)
    reached = end
  }
  return reached === dataBytes
    ? E.right(undefined)
    : E.left(`there are ${dataBytes - reached} bytes after the last tensor`)
}

// parsing ----------------------------------------------------------------------------------------

/** The header's length in bytes. @returns left: what is wrong with the length field of a file of `fileBytes` */
export const headerLength = (first8: Uint8Array, fileBytes: number): Checked<number> => {
  if (fileBytes < 8) return E.left(`is only ${fileBytes} bytes long, too short for safetensors`)
  const length = new DataView(first8.buffer, first8.byteOffset, 8).getBigUint64(0, true)
  if (length > BigInt(maxHeaderBytes))
    return E.left(`states a header of ${length.toString()} bytes, above the limit of ${maxHeaderBytes}`)
  if (Number(length) + 8 > fileBytes)
    return E.left(`states a header of ${length.toString()} bytes, but is only ${fileBytes} bytes long`)
  return E.right(Number(length))
}

/** Parses and checks a header. @param dataBytes the file's length after the header */
export const parseHeader = (bytes: Uint8Array, dataBytes: number): Checked<Header> =>
  pipe(
    E.tryCatch(
      () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
      () => 'the header is not UTF-8 text',
    ),
    E.filterOrElse(
      (text) => text.startsWith('{'),
      () => 'the header does not start with a brace',
    ),
    E.chain((text) =>
      pipe(
        parseStrictJson(text),
        E.mapLeft((what) => `the header is not valid JSON (${what})`),
      ),
    ),
    E.chain((json): Checked<Header> => {
      if (!isMap(json)) return E.left('the header is not an object')
      const metadata = metadataOf(json.get('__metadata__'))
      if (E.isLeft(metadata)) return metadata
      const tensors = new Map<string, TensorPlace>()
      for (const [name, value] of json) {
        if (name === '__metadata__') continue
        const place = placeOf(name, value)
        if (E.isLeft(place)) return place
        tensors.set(name, place.right)
      }
      return pipe(
        tile(tensors, dataBytes),
        E.map(() => ({ tensors, metadata: metadata.right })),
      )
    }),
  )
