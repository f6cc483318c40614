/**
 * safetensors, one file and shards. The oracle is independent of the reader: with `JSON.parse`, a search for duplicate keys by the
 * `yaml` package and plain arithmetic it decides whether a file is valid and which bytes each tensor has.
 */
import { join } from 'node:path'
import { parseDocument } from 'yaml'
import { openWeights, readSafetensors } from '../../../src/formats'
import { mutateBytes } from '../mutateBytes'
import { mutateJson } from '../mutateJson'
import type { Random } from '../random'
import { type Files, type Subject, settled } from '../subject'

// files ------------------------------------------------------------------------------------------

const widths: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  F8_E8M0: 1,
  C64: 8,
}

export const fileOf = (
  tensors: ReadonlyArray<readonly [string, string, ReadonlyArray<number>]>,
  fill: number,
  metadata = true,
): Buffer => {
  let at = 0
  const header: Record<string, unknown> = metadata ? { __metadata__: { format: 'pt' } } : {}
  for (const [name, dtype, shape] of tensors) {
    const length = shape.reduce((n, d) => n * d, widths[dtype]!)
    header[name] = { dtype, shape, data_offsets: [at, at + length] }
    at += length
  }
  return assembled(
    JSON.stringify(header),
    Buffer.from(Array.from({ length: at }, (_, i) => (i * 7 + fill) & 127)),
  )
}

const assembled = (header: string, data: Uint8Array): Buffer => {
  const text = Buffer.from(header)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  return Buffer.concat([length, text, data])
}

const whole = fileOf(
  [
    ['a', 'F32', [2, 3]],
    ['b.c', 'BF16', [4]],
    ['empty', 'F16', [0, 5]],
    ['scalar', 'I64', []],
    ['flags', 'BOOL', [3]],
    ['half', 'F16', [3]],
    ['bytes', 'U8', [5]],
    ['double', 'F64', [2]],
    ['small', 'I16', [2]],
  ],
  1,
)

/** Bytes anywhere, or the header as JSON with a length that fits it. */
export const mutateSafetensors = (file: Buffer, random: Random): Buffer => {
  if (random.chance(0.5)) return mutateBytes(file, random)
  const end = 8 + Number(file.readBigUInt64LE(0))
  const header = mutateJson(file.toString('utf8', 8, end), random)
  const out = assembled(header, file.subarray(end))
  return random.chance(0.1) ? mutateBytes(out, random) : out
}

// oracle -----------------------------------------------------------------------------------------

export type Sound = ReadonlyMap<
  string,
  { readonly dtype: string; readonly shape: ReadonlyArray<number>; readonly bytes: Buffer }
>

const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === 'object' && u !== null && !Array.isArray(u)
const counts = (u: unknown): ReadonlyArray<number> | undefined =>
  Array.isArray(u) &&
  u.every((n): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0 && !Object.is(n, -0))
    ? u
    : undefined

const repeatsKey = (text: string): boolean =>
  parseDocument(text, { uniqueKeys: true }).errors.some(({ code }) => code === 'DUPLICATE_KEY')

/** The tensors of a valid file; undefined where the file is not valid. */
export const soundTensors = (file: Buffer): Sound | undefined => {
  if (file.length < 8) return undefined
  const length = file.readBigUInt64LE(0)
  if (length > 100_000_000n || 8n + length > BigInt(file.length)) return undefined
  const end = 8 + Number(length)
  let text: string
  let json: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file.subarray(8, end))
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!text.startsWith('{') || !isRecord(json)) return undefined
  const meta = json['__metadata__']
  if (meta !== undefined && !(isRecord(meta) && Object.values(meta).every((v) => typeof v === 'string')))
    return undefined
  const found = new Map<
    string,
    { dtype: string; shape: ReadonlyArray<number>; bytes: Buffer; from: number; to: number }
  >()
  for (const [name, place] of Object.entries(json)) {
    if (name === '__metadata__') continue
    if (!isRecord(place) || Object.keys(place).length !== 3) return undefined
    const shape = counts(place['shape'])
    const offsets = counts(place['data_offsets'])
    const dtype = place['dtype']
    if (
      typeof dtype !== 'string' ||
      !Object.hasOwn(widths, dtype) ||
      shape === undefined ||
      offsets?.length !== 2
    )
      return undefined
    const [from = 0, to = 0] = offsets
    if (to - from !== shape.reduce((n, d) => n * d, 1) * widths[dtype]! || end + to > file.length)
      return undefined
    found.set(name, { dtype, shape, bytes: file.subarray(end + from, end + to), from, to })
  }
  let reached = 0
  for (const { from, to } of [...found.values()].sort((x, y) => x.from - y.from || x.to - y.to)) {
    if (from !== reached) return undefined
    reached = to
  }
  return end + reached === file.length && !repeatsKey(text) ? found : undefined
}

const floats: ReadonlyArray<string> = ['F64', 'F32', 'F16', 'BF16']

/** The numbers of little-endian floats, computed a second way; undefined where there is none (F16, all integers). */
const numbersOf = (dtype: string, b: Buffer): ReadonlyArray<number> | undefined => {
  const each = (width: number, read: (at: number) => number): ReadonlyArray<number> =>
    Array.from({ length: b.length / width }, (_, i) => read(i * width))
  switch (dtype) {
    case 'F32':
      return each(4, (i) => b.readFloatLE(i))
    case 'F64':
      return each(8, (i) => Math.fround(b.readDoubleLE(i)))
    case 'BF16':
      return each(2, (i) => Buffer.from([0, 0, b[i]!, b[i + 1]!]).readFloatLE(0))
    default:
      return undefined
  }
}

const sameNumbers = (x: ArrayLike<number>, y: ArrayLike<number>): boolean =>
  x.length === y.length && Array.from(x).every((v, i) => Object.is(v, y[i]) || v === y[i])

type Readable =
  Awaited<ReturnType<ReturnType<typeof openWeights>>> extends infer E
    ? E extends { right: infer R }
      ? R
      : never
    : never

export const readProblem = async (source: Readable, expected: Sound): Promise<string | undefined> => {
  if ([...source.tensors.keys()].sort().join('\n') !== [...expected.keys()].sort().join('\n'))
    return 'other tensors than the file has'
  for (const [name, { dtype, shape, bytes }] of expected) {
    const raw = await source.readRaw(name)()
    if (raw._tag === 'Left')
      return `tensor ${JSON.stringify(name)} of a sound file is refused: ${raw.left.message}`
    if (
      raw.right.dtype !== dtype ||
      raw.right.shape.join() !== shape.join() ||
      !Buffer.from(raw.right.bytes).equals(bytes)
    )
      return `tensor ${JSON.stringify(name)} is read wrong`
    const numbers = numbersOf(dtype, bytes)
    const read = await source.read(name)()
    if (!floats.includes(dtype) && read._tag === 'Right')
      return `tensor ${JSON.stringify(name)} of ${dtype} is read as a weight`
    if (numbers !== undefined && (read._tag === 'Left' || !sameNumbers(read.right, numbers)))
      return `the numbers of ${JSON.stringify(name)} are read wrong`
  }
  return undefined
}

export const safetensors: Subject = {
  name: 'safetensors',
  share: 22,
  mutant: (random) => ({ 'x.safetensors': mutateSafetensors(whole, random) }),
  problem: async (folder, files) => {
    const expected = soundTensors(Buffer.from(files['x.safetensors'] as Uint8Array))
    const { value, problem } = settled(await readSafetensors(join(folder, 'x.safetensors'))())
    if (problem !== undefined) return problem
    if (expected === undefined) return value === undefined ? undefined : 'an unsound file is read'
    return value === undefined ? 'a sound file is refused' : readProblem(value, expected)
  },
}

// shards -----------------------------------------------------------------------------------------

const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const
const shardA = fileOf(
  [
    ['a', 'F32', [2, 2]],
    ['b', 'BF16', [3]],
  ],
  3,
)
const shardB = fileOf(
  [
    ['c', 'F32', [1]],
    ['d', 'F16', [2, 2]],
  ],
  5,
  false,
)
/** The file outside the folder has the same tensors with other bytes, so reading it would be detected. */
const outside = fileOf(
  [
    ['a', 'F32', [2, 2]],
    ['b', 'BF16', [3]],
    ['c', 'F32', [1]],
    ['d', 'F16', [2, 2]],
  ],
  77,
)
const index = JSON.stringify({
  metadata: { total_size: 34 },
  weight_map: { a: first, b: first, c: second, d: second },
})

export const shards: Subject = {
  name: 'shards',
  share: 8,
  mutant: (random): Files => {
    const what = random.below(4)
    return {
      'm/model.safetensors.index.json':
        what === 0 ? mutateBytes(Buffer.from(index), random) : what < 3 ? mutateJson(index, random) : index,
      [`m/${first}`]: what === 3 ? mutateSafetensors(shardA, random) : shardA,
      [`m/${second}`]: shardB,
      'outside.safetensors': outside,
      'm/.outside.safetensors': outside,
    }
  },
  problem: async (folder, files) => {
    const { value, problem } = settled(await openWeights(join(folder, 'm'))())
    if (problem !== undefined || value === undefined) return problem
    const inside = new Map([
      ...(soundTensors(Buffer.from(files[`m/${first}`] as Uint8Array)) ?? []),
      ...(soundTensors(shardB) ?? []),
    ])
    const expected = new Map([...inside].filter(([name]) => value.tensors.has(name)))
    return readProblem(value, expected)
  },
}
