/** Decodes the rows of a Parquet file to lines of JSON, one row group at a time: at most one group is in memory. */
import type { FileHandle } from 'node:fs/promises'
import { type AsyncBuffer, parquetReadObjects } from 'hyparquet'
import { readRange } from '../../files/input'
import { compressors } from './compression'
import { damage } from './damage'
import { readFooter } from './footer'
import { countRows } from './holes'
import { parsers, rowText } from './json'
import { checkPages } from './pages'

/** Byte ranges of an open file; a range beyond its end is an error, not a shorter result. */
const rangesOf = (handle: FileHandle, byteLength: number): AsyncBuffer => ({
  byteLength,
  slice: async (start, end = byteLength) => {
    if (start < 0 || end < start || end > byteLength) return damage('it points outside of itself')
    const bytes = new Uint8Array(end - start)
    return (await readRange(handle, bytes, start)) ? bytes.buffer : damage('it changed while it was read')
  },
})

export interface GroupLines {
  /** Bytes of the file that the lines are decoded from: they determine the time limit. */
  readonly bytes: number
  readonly lines: () => Promise<ReadonlyArray<string>>
}

/** The row groups in order; each is decoded when `lines` is called. Throws `Damage`. */
export const decodeParquet = async function* (
  handle: FileHandle,
  byteLength: number,
): AsyncGenerator<GroupLines> {
  const file = rangesOf(handle, byteLength)
  const { columns, groups } = await readFooter(file)
  let first = 1
  for (const { rows, chunks, metadata } of groups) {
    if (rows === 0) continue
    const row = first
    yield {
      bytes: chunks.reduce((sum, { begin, end }) => sum + end - begin, 0),
      lines: async () => {
        for (const chunk of chunks) checkPages(chunk, await file.slice(chunk.begin, chunk.end))
        const counted = countRows()
        const values = await parquetReadObjects({
          file,
          metadata,
          compressors,
          parsers,
          utf8: false,
          geoparquet: false,
          onPage: counted.page,
        })
        for (const { leaf } of chunks) counted.check(leaf.path, rows)
        return values.map((value, i) => rowText(columns, row + i, value))
      },
    }
    first += rows
  }
}
