/**
 * The pages of a column chunk, checked before they are decoded: their lengths must fill the chunk, their values must add up to what
 * the footer says, and no page may expand to more than the limit. Pages with a checksum are compared with it.
 */
import { crc32 } from 'node:zlib'
import { parquetHeader } from 'hyparquet/src/column.js'
import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { errorLine } from '../../files/decode'
import { damage, refuse } from './damage'
import type { ChunkPlace } from './footer'
import { maxPageBytes } from './limits'

// codecs -----------------------------------------------------------------------------------------

const Count = t.refinement(t.number, (n) => Number.isSafeInteger(n) && n >= 0, 'a count')
const optional = <C extends t.Mixed>(codec: C) => t.union([codec, t.undefined], codec.name)

const PageHeader = t.intersection([
  t.type({ type: t.string, compressed_page_size: Count, uncompressed_page_size: Count }),
  t.partial({
    crc: optional(t.number),
    data_page_header: optional(t.type({ num_values: Count })),
    dictionary_page_header: optional(t.type({ num_values: Count })),
    data_page_header_v2: optional(
      t.type({
        num_values: Count,
        num_nulls: Count,
        num_rows: Count,
        definition_levels_byte_length: Count,
        repetition_levels_byte_length: Count,
      }),
    ),
  }),
])
type PageHeader = t.TypeOf<typeof PageHeader>

// checks -----------------------------------------------------------------------------------------

/** The number of values that a page adds to its column; a dictionary adds none. */
const valuesOf = (name: string, header: PageHeader): number => {
  switch (header.type) {
    case 'DATA_PAGE':
      return header.data_page_header?.num_values ?? damage(`a page of column ${name} does not say its values`)
    case 'DATA_PAGE_V2': {
      const v2 = header.data_page_header_v2
      if (v2 === undefined) return damage(`a page of column ${name} does not say its values`)
      const levels = v2.definition_levels_byte_length + v2.repetition_levels_byte_length
      if (levels > Math.min(header.compressed_page_size, header.uncompressed_page_size))
        damage(`a page of column ${name} is shorter than its levels`)
      return v2.num_nulls <= v2.num_values && v2.num_rows <= v2.num_values
        ? v2.num_values
        : damage(`a page of column ${name} counts more nulls or rows than values`)
    }
    case 'DICTIONARY_PAGE': {
      const values =
        header.dictionary_page_header?.num_values ?? damage(`a dictionary of ${name} has no size`)
      // every value takes at least a byte, except booleans, which have no dictionaries
      return values <= header.uncompressed_page_size
        ? 0
        : damage(`the dictionary of column ${name} is shorter than its values`)
    }
    default:
      return refuse(`column ${name} has a page of kind ${header.type}`)
  }
}

/** Throws `Damage` where the pages do not fill the chunk exactly. */
export const checkPages = (chunk: ChunkPlace, bytes: ArrayBuffer): void => {
  const name = JSON.stringify(chunk.leaf.path.join('.'))
  const reader = { view: new DataView(bytes), offset: 0 }
  const state = { values: 0, dictionary: false }
  while (reader.offset < bytes.byteLength) {
    const decoded = PageHeader.decode(parquetHeader(reader))
    if (E.isLeft(decoded)) return damage(`a page of column ${name}: ${errorLine(decoded.left)}`)
    const header = decoded.right
    const begin = reader.offset
    reader.offset += header.compressed_page_size
    if (reader.offset > bytes.byteLength) damage(`a page of column ${name} ends after its column`)
    if (header.uncompressed_page_size > maxPageBytes)
      refuse(
        `a page of column ${name} expands to ${header.uncompressed_page_size} bytes, above ${maxPageBytes}`,
      )
    if (chunk.codec === 'UNCOMPRESSED' && header.uncompressed_page_size !== header.compressed_page_size)
      damage(`a page of column ${name} states two lengths`)
    if (header.crc !== undefined && typeof crc32 === 'function') {
      const sum = crc32(new Uint8Array(bytes, begin, header.compressed_page_size))
      if (sum !== header.crc >>> 0) damage(`a page of column ${name} does not agree with its checksum`)
    }
    if (header.type === 'DICTIONARY_PAGE') {
      if (state.dictionary || state.values > 0) damage(`column ${name} has a dictionary out of place`)
      state.dictionary = true
    }
    state.values += valuesOf(name, header)
    if (state.values > chunk.values) break
  }
  if (state.values !== chunk.values)
    damage(`the pages of column ${name} hold ${state.values} values, the footer says ${chunk.values}`)
}
