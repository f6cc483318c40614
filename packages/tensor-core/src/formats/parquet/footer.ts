/**
 * The footer of a Parquet file, checked before any value is decoded: the schema is a tree, every column chunk is inside the file,
 * and all counts agree with each other. `hyparquet` trusts the footer, so it is checked here.
 * Source: github.com/apache/parquet-format, parquet.thrift.
 */
import type { AsyncBuffer, FileMetaData } from 'hyparquet'
import { parquetMetadataAsync } from 'hyparquet'
import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { errorLine } from '../../files/decode'
import { damage, refuse } from './damage'
import { maxChunkBytes, maxChunkValues, maxFooterBytes, maxSchemaDepth, maxSchemaNodes } from './limits'

// codecs -----------------------------------------------------------------------------------------

const optional = <C extends t.Mixed>(codec: C) => t.union([codec, t.undefined], codec.name)

const SchemaNode = t.intersection([
  t.type({ name: t.string }),
  t.partial({
    type: t.string,
    type_length: t.number,
    repetition_type: t.string,
    num_children: t.number,
    converted_type: t.string,
    precision: t.number,
    logical_type: t.UnknownRecord,
  }),
])
type SchemaNode = t.TypeOf<typeof SchemaNode>

const Chunk = t.intersection([
  t.type({
    meta_data: t.intersection([
      t.type({
        type: t.string,
        path_in_schema: t.array(t.string),
        codec: t.string,
        num_values: t.bigint,
        total_compressed_size: t.bigint,
        data_page_offset: t.bigint,
      }),
      t.partial({ dictionary_page_offset: optional(t.bigint) }),
    ]),
  }),
  t.partial({ file_path: t.unknown, crypto_metadata: t.unknown, encrypted_column_metadata: t.unknown }),
])
const Group = t.type({ columns: t.array(Chunk), num_rows: t.bigint })
const Footer = t.type({
  schema: t.array(SchemaNode),
  num_rows: t.bigint,
  row_groups: t.array(Group),
})

// model ------------------------------------------------------------------------------------------

/** A column of values, at the end of a path through the schema. */
export interface Leaf {
  readonly path: ReadonlyArray<string>
  readonly type: string
  /** One value per row: not a list, and not inside a list or a structure. */
  readonly flat: boolean
  /** A list, or inside one: a row may have any number of values. */
  readonly repeated: boolean
}

/** The position of one column of one row group in the file. */
export interface ChunkPlace {
  readonly leaf: Leaf
  readonly codec: string
  readonly values: number
  readonly begin: number
  readonly end: number
}

export interface RowGroup {
  readonly rows: number
  readonly chunks: ReadonlyArray<ChunkPlace>
  /** What `hyparquet` needs to read this group alone. */
  readonly metadata: FileMetaData
}

export interface ParquetFile {
  /** Top-level columns in the file's order. */
  readonly columns: ReadonlyArray<string>
  readonly groups: ReadonlyArray<RowGroup>
}

// schema -----------------------------------------------------------------------------------------

const quoted = (name: string): string => JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}...` : name)

const refuseKinds = (node: SchemaNode, path: ReadonlyArray<string>): void => {
  const name = quoted(path.join('.'))
  if (node.converted_type === 'DECIMAL' || node.logical_type?.['type'] === 'DECIMAL')
    if ((node.precision ?? 0) > 15) refuse(`column ${name} is a decimal of more than 15 digits`)
  for (const kind of ['BSON', 'INTERVAL', 'VARIANT', 'GEOMETRY', 'GEOGRAPHY'])
    if (node.converted_type === kind || node.logical_type?.['type'] === kind)
      refuse(`column ${name} is of kind ${kind}`)
}

/** The columns of the schema, a tree whose nodes are listed in depth-first order. */
const leavesOf = (nodes: ReadonlyArray<SchemaNode>): ReadonlyArray<Leaf> => {
  if (nodes.length > maxSchemaNodes) refuse(`its schema has more than ${maxSchemaNodes} nodes`)
  const leaves: Array<Leaf> = []
  const state = { next: 1 }
  const walk = (parent: SchemaNode, path: ReadonlyArray<string>, repeated: boolean): void => {
    if (path.length > maxSchemaDepth) refuse(`its schema is more than ${maxSchemaDepth} levels deep`)
    const names = new Set<string>()
    for (let i = 0; i < (parent.num_children ?? 0); i++) {
      const node = nodes[state.next++]
      if (node === undefined) return damage('its schema ends too early')
      if (names.has(node.name)) damage(`it has the column ${quoted(node.name)} twice`)
      if (node.name === '__proto__') refuse('a column is named __proto__')
      names.add(node.name)
      const place = [...path, node.name]
      refuseKinds(node, place)
      const list = repeated || node.repetition_type === 'REPEATED'
      if ((node.num_children ?? 0) > 0) walk(node, place, list)
      else if (node.type === undefined) damage(`column ${quoted(place.join('.'))} has no type`)
      else
        leaves.push({
          path: place,
          type: node.type,
          flat: place.length === 1 && node.repetition_type !== 'REPEATED',
          repeated: list,
        })
    }
  }
  const root = nodes[0]
  if (root === undefined || (root.num_children ?? 0) <= 0) return damage('it has no columns')
  walk(root, [], false)
  if (state.next !== nodes.length) damage('its schema has nodes that belong to no column')
  const joined = new Set(leaves.map(({ path }) => path.join('.')))
  return joined.size === leaves.length ? leaves : refuse('two columns have the same path')
}

// chunks -----------------------------------------------------------------------------------------

/** The checked position of a column chunk. @param end where the footer begins */
const placeOf = (chunk: t.TypeOf<typeof Chunk>, leaf: Leaf, end: number, rows: number): ChunkPlace => {
  const name = quoted(leaf.path.join('.'))
  const meta = chunk.meta_data
  if (chunk.crypto_metadata !== undefined || chunk.encrypted_column_metadata !== undefined)
    refuse(`column ${name} is encrypted`)
  if (chunk.file_path !== undefined) refuse(`column ${name} is in another file`)
  if (meta.path_in_schema.join('.') !== leaf.path.join('.') || meta.type !== leaf.type)
    damage(`column ${name} is not where its schema says`)
  const values = Number(meta.num_values)
  if (values < 0 || (leaf.flat && values !== rows) || (!leaf.repeated && values !== rows))
    damage(`column ${name} states ${values} values in ${rows} rows`)
  if (values < rows) damage(`column ${name} states ${values} values in ${rows} rows`)
  if (values > maxChunkValues)
    refuse(`column ${name} has more than ${maxChunkValues} values in one row group: write smaller row groups`)
  const dictionary = meta.dictionary_page_offset
  const begin = Number(dictionary === undefined || dictionary === 0n ? meta.data_page_offset : dictionary)
  const length = Number(meta.total_compressed_size)
  if (begin < 4 || length < 0 || begin + length > end) damage(`column ${name} is not inside the file`)
  if (length > maxChunkBytes) refuse(`column ${name} has more than 2 GB in one row group`)
  return { leaf, codec: meta.codec, values, begin, end: begin + length }
}

/** What all row groups of a file have in common. */
interface Whole {
  readonly metadata: FileMetaData
  readonly leaves: ReadonlyArray<Leaf>
  /** Where the footer begins. */
  readonly end: number
}

const groupOf = (
  { metadata, leaves, end }: Whole,
  group: t.TypeOf<typeof Group>,
  index: number,
): RowGroup => {
  const rows = Number(group.num_rows)
  if (rows < 0) damage(`row group ${index} states ${rows} rows`)
  if (group.columns.length !== leaves.length)
    damage(`row group ${index} has ${group.columns.length} columns, the schema ${leaves.length}`)
  const chunks = group.columns.flatMap((chunk, i) => {
    const leaf = leaves[i]
    return leaf === undefined ? [] : [placeOf(chunk, leaf, end, rows)]
  })
  if (chunks.reduce((sum, c) => sum + c.end - c.begin, 0) > end)
    damage(`the columns of row group ${index} overlap`)
  return {
    rows,
    chunks,
    metadata: {
      ...metadata,
      num_rows: group.num_rows,
      row_groups: metadata.row_groups.slice(index, index + 1),
    },
  }
}

// reading ----------------------------------------------------------------------------------------

const checkEnds = async (file: AsyncBuffer): Promise<number> => {
  const size = file.byteLength
  if (size < 12) return damage('it is too short for Parquet')
  const [first, last] = [await file.slice(0, 4), await file.slice(size - 8, size)]
  const word = (bytes: ArrayBuffer, at: number): string => Buffer.from(bytes).toString('latin1', at, at + 4)
  if (word(last, 4) === 'PARE') return refuse('it is encrypted')
  if (word(first, 0) !== 'PAR1' || word(last, 4) !== 'PAR1')
    return damage('it does not begin and end with PAR1')
  const length = new DataView(last).getUint32(0, true)
  if (length > maxFooterBytes) return refuse(`its footer is larger than ${maxFooterBytes} bytes`)
  return length + 12 <= size ? size - 8 - length : damage('its footer is longer than the file')
}

/** Reads and checks the footer. Throws `Damage`. */
export const readFooter = async (file: AsyncBuffer): Promise<ParquetFile> => {
  const end = await checkEnds(file)
  const metadata = await parquetMetadataAsync(file, { geoparquet: false })
  const footer = Footer.decode(metadata)
  if (E.isLeft(footer)) return damage(`in its footer, ${errorLine(footer.left)}`)
  const { schema, num_rows, row_groups } = footer.right
  const leaves = leavesOf(schema)
  const whole: Whole = { metadata, leaves, end }
  const groups = row_groups.map((group, i) => groupOf(whole, group, i))
  const rows = groups.reduce((sum, group) => sum + group.rows, 0)
  if (BigInt(rows) !== num_rows) damage(`it states ${num_rows.toString()} rows, its row groups hold ${rows}`)
  return { columns: [...new Set(leaves.flatMap(({ path }) => path.slice(0, 1)))], groups }
}
