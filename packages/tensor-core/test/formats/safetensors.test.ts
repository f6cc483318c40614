import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import * as TE from 'fp-ts/TaskEither'
import { failure } from '../../src/contracts'
import { openWeights, readSafetensors, writeSafetensors } from '../../src/formats'
import { folderWith, fromBase64, golden, right } from './folder'

/** A file from its parts, for headers that no writer would write. */
const raw = (header: string, data: Uint8Array = new Uint8Array(0), length?: bigint): Uint8Array => {
  const json = Buffer.from(header)
  const head = Buffer.alloc(8)
  head.writeBigUInt64LE(length ?? BigInt(json.byteLength))
  return Buffer.concat([head, json, data])
}

const refusal = async (content: Uint8Array): Promise<string> => {
  const path = join(folderWith({ 'x.safetensors': content }), 'x.safetensors')
  const opened = await readSafetensors(path)()
  if (opened._tag === 'Right') return ''
  expect(opened.left).toMatchObject({ kind: 'input', _tag: 'FileDamaged', where: path })
  expect(opened.left.message).not.toContain('\n')
  return opened.left.message
}

const tensor = (begin: number, end: number, shape = [end - begin], dtype = 'U8'): string =>
  JSON.stringify({ dtype, shape, data_offsets: [begin, end] })

describe('reading, against the reference implementation', () => {
  const path = join(folderWith({ 'x.safetensors': fromBase64(golden.types.file) }), 'x.safetensors')

  /** Integer tensors are no weights: their values are those of the raw bytes. */
  const integers: Readonly<Record<string, (bytes: Uint8Array) => ReadonlyArray<number>>> = {
    I64: (b) => Array.from(new BigInt64Array(b.slice().buffer), Number),
    I32: (b) => Array.from(new Int32Array(b.slice().buffer)),
    I16: (b) => Array.from(new Int16Array(b.slice().buffer)),
    I8: (b) => Array.from(new Int8Array(b.slice().buffer)),
    U8: (b) => Array.from(b),
    BOOL: (b) => Array.from(b),
  }

  it.each(Object.entries(golden.types.tensors))('%s', async (name, { shape, values }) => {
    const file = right(await readSafetensors(path)())
    expect(file.tensors.get(name)?.shape).toEqual(shape)
    const { dtype, bytes } = right(await file.readRaw(name)())
    const integer = integers[dtype]
    const read = await file.read(name)()
    if (integer !== undefined) expect(read).toMatchObject({ left: { _tag: 'FileUnsupported' } })
    const got = integer === undefined ? right(read) : integer(bytes)
    expect(Array.from(got)).toEqual(
      values.map((v) => Math.fround(typeof v === 'number' ? v : Number(v.replace('inf', 'Infinity')))),
    )
    expect(bytes.byteLength).toBeGreaterThanOrEqual(got.length)
  })

  it('keeps the metadata', async () => {
    expect(right(await readSafetensors(path)()).metadata).toEqual(golden.types.metadata)
  })

  it('names a tensor that does not exist', async () => {
    const file = right(await readSafetensors(path)())
    expect(await file.read('absent')()).toMatchObject({
      left: { kind: 'input', message: 'has no tensor "absent"' },
    })
  })
})

describe('writing', () => {
  it('rounds to nearest even, as torch does', async () => {
    const values = new Float32Array(Int32Array.from(golden.rounding.float32).buffer)
    const path = join(folderWith(), 'x.safetensors')
    const shape = [values.length]
    right(
      await writeSafetensors(path, [
        { name: 'b', dtype: 'BF16', shape, values },
        { name: 'h', dtype: 'F16', shape, values: TE.right(values) },
      ])(),
    )
    const file = right(await readSafetensors(path)())
    const bits = async (name: string): Promise<ReadonlyArray<number>> => {
      const { bytes } = right(await file.readRaw(name)())
      return Array.from(new Uint16Array(bytes.slice().buffer))
    }
    expect(await bits('b')).toEqual(golden.rounding.bfloat16)
    expect(await bits('h')).toEqual(golden.rounding.float16)
  })

  it('round-trips tensors of any name', async () => {
    const names = fc.uniqueArray(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor', '0', 'é"\\')),
      { minLength: 1, maxLength: 6 },
    )
    await fc.assert(
      fc.asyncProperty(names, fc.array(fc.float({ noNaN: true }), { maxLength: 9 }), async (given, list) => {
        const wanted = given.filter((n) => n !== '__metadata__' && !/[\ud800-\udfff]/.test(n))
        const values = Float32Array.from(list)
        const path = join(folderWith(), 'x.safetensors')
        const metadata = Object.fromEntries(wanted.map((n) => [n, n]))
        right(
          await writeSafetensors(
            path,
            wanted.map((name, i) => ({
              name,
              dtype: i % 2 === 0 ? 'F32' : 'F64',
              shape: [1, values.length],
              values,
            })),
            metadata,
          )(),
        )
        const file = right(await readSafetensors(path)())
        expect([...file.tensors.keys()].sort()).toEqual([...wanted].sort())
        expect(Object.entries(file.metadata)).toEqual(Object.entries(metadata))
        for (const name of wanted) expect(right(await file.read(name)())).toEqual(values)
      }),
      { numRuns: 15 },
    )
  })

  it('leaves nothing behind where it fails', async () => {
    const folder = folderWith({ 'x.safetensors': 'old' })
    const path = join(folder, 'x.safetensors')
    const good = { name: 'a', dtype: 'F32' as const, shape: [1], values: Float32Array.of(1) }
    for (const bad of [
      { ...good, name: 'b', values: TE.left(failure('WriteFailed', 'no')) },
      { ...good, name: 'b', shape: [3] },
      good,
      { ...good, name: '__metadata__' },
      { name: 'b', dtype: 'F3', shape: [1], bytes: new Uint8Array(1) },
    ])
      expect((await writeSafetensors(path, [good, bad])())._tag).toBe('Left')
    expect(readdirSync(folder)).toEqual(['x.safetensors'])
    expect(readFileSync(path, 'utf8')).toBe('old')
  })

  it('round-trips a tensor of many chunks', async () => {
    const values = Float32Array.from({ length: 5_000_001 }, (_, i) => i % 251)
    const path = join(folderWith(), 'x.safetensors')
    const shape = [values.length]
    right(await writeSafetensors(path, [{ name: 'a', dtype: 'BF16', shape, values }])())
    const read = right(await right(await readSafetensors(path)()).read('a')())
    expect(Buffer.compare(Buffer.from(read.buffer), Buffer.from(values.buffer))).toBe(0)
  })
})

describe('a damaged or hostile header', () => {
  const two = new Uint8Array(2)
  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /too short/],
    ['only a length', new Uint8Array(8), /does not start with a brace/],
    ['a length beyond the file', raw('{}', two, 99n), /only 12 bytes long/],
    ['a length beyond the limit', raw('{}', two, 1n << 40n), /above the limit/],
    ['no object', raw('[]'), /start with a brace/],
    ['no JSON', raw('{"a": '), /not valid JSON/],
    ['text after the end', raw('{} {}'), /not valid JSON/],
    ['no UTF-8', raw('{"a').subarray(0, 10), /only 10 bytes|not valid|not UTF-8/],
    ['nesting without end', raw('{"a":' + '['.repeat(100000)), /nested too deeply/],
    ['a name twice', raw(`{"a":${tensor(0, 1)},"a":${tensor(1, 2)}}`, two), /occurs twice/],
    ['a name twice, escaped', raw(`{"a":${tensor(0, 1)},"\\u0061":${tensor(1, 2)}}`, two), /occurs twice/],
    ['an overlap', raw(`{"a":${tensor(0, 2)},"b":${tensor(1, 2)}}`, two), /overlaps/],
    ['a hole', raw(`{"a":${tensor(0, 1)},"b":${tensor(2, 3)}}`, new Uint8Array(3)), /hole of 1 bytes/],
    ['a hole at the start', raw(`{"a":${tensor(1, 2)}}`, two), /hole/],
    ['bytes after the last', raw(`{"a":${tensor(0, 1)}}`, two), /1 bytes after the last tensor/],
    ['an end beyond the file', raw(`{"a":${tensor(0, 3)}}`, two), /after the end of the file/],
    ['bytes but no tensor', raw('{}', two), /after the last tensor/],
    ['a shape of another size', raw(`{"a":${tensor(0, 2, [3])}}`, two), /needs 3/],
    ['a shape too large for numbers', raw(`{"a":${tensor(0, 2, [2 ** 50, 2 ** 50])}}`, two), /needs/],
    ['a negative dimension', raw(`{"a":${tensor(0, 2, [-1, -2])}}`, two), /no shape/],
    ['a broken dimension', raw(`{"a":${tensor(0, 2, [0.5, 4])}}`, two), /no shape/],
    ['offsets backwards', raw(`{"a":${tensor(2, 0)}}`, two), /no shape|spans/],
    ['an unknown type', raw(`{"a":${tensor(0, 2, [2], 'F3')}}`, two), /unknown dtype/],
    [
      'an unknown field',
      raw('{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"x":1}}', two),
      /unknown field/,
    ],
    ['no offsets', raw('{"a":{"dtype":"U8","shape":[2]}}', two), /data_offsets/],
    ['a tensor that is no object', raw('{"a":3}', two), /not described/],
    ['metadata that is no text', raw(`{"__metadata__":{"a":1},"a":${tensor(0, 2)}}`, two), /not text/],
    ['__proto__ as a tensor', raw('{"__proto__":{"dtype":"U8"}}', two), /no shape/],
  ])('%s is refused', async (_, content, message) => {
    expect(await refusal(content)).toMatch(message)
  })

  it('gives a value or an error, never an exception, whatever bytes are changed', async () => {
    const good = fromBase64(golden.types.file)
    const headerEnd = 8 + Number(Buffer.from(good).readBigUInt64LE())
    const change = fc.record({
      at: fc.oneof(fc.nat(7), fc.integer({ min: 8, max: headerEnd - 1 }), fc.nat(good.length - 1)),
      kind: fc.constantFrom('set', 'flip', 'cut', 'insert', 'double'),
      byte: fc.oneof(fc.nat(255), fc.constantFrom(...Array.from('{}[]",:0-9\\e', (c) => c.charCodeAt(0)))),
    })
    const before = Object.getOwnPropertyNames(Object.prototype).length
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        let bytes: Uint8Array = good.slice()
        for (const { at, kind, byte } of changes) {
          const i = Math.min(at, bytes.length - 1)
          if (kind === 'set') bytes[i] = byte
          if (kind === 'flip') bytes[i] = (bytes[i] ?? 0) ^ (1 << (byte % 8))
          if (kind === 'cut') bytes = bytes.slice(0, i + 1)
          if (kind === 'insert')
            bytes = Buffer.concat([bytes.slice(0, i), Uint8Array.of(byte), bytes.slice(i)])
          if (kind === 'double')
            bytes = Buffer.concat([bytes.slice(0, i), bytes.slice(Math.max(0, i - byte), i), bytes.slice(i)])
        }
        const path = join(folderWith({ 'x.safetensors': bytes }), 'x.safetensors')
        const opened = await readSafetensors(path)()
        if (opened._tag === 'Left') {
          expect(opened.left.kind).toBe('input')
          expect(opened.left.message).not.toContain('\n')
          return
        }
        for (const [name, { shape }] of opened.right.tensors) {
          const read = await opened.right.read(name)()
          if (read._tag === 'Right') expect(read.right.length).toBe(shape.reduce((a, b) => a * b, 1))
          else expect(read.left.kind).toBe('input')
        }
      }),
      { numRuns: 300 },
    )
    expect(Object.getOwnPropertyNames(Object.prototype)).toHaveLength(before)
  })
})

describe('checkpoints', () => {
  const shard = (name: string, value: number): Uint8Array =>
    raw(
      `{"${name}":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`,
      new Uint8Array(Float32Array.of(value).buffer),
    )
  const index = (map: Readonly<Record<string, string>>): string =>
    JSON.stringify({ metadata: {}, weight_map: map })
  const indexName = 'model.safetensors.index.json'

  it('joins shards, without tensors that the index does not name', async () => {
    const folder = folderWith({
      'model-1.safetensors': shard('a', 1),
      'model-2.safetensors': shard('b', 2),
      'other.safetensors': shard('c', 3),
      [indexName]: index({ b: 'model-2.safetensors', a: 'model-1.safetensors' }),
    })
    const source = right(await openWeights(folder)())
    expect([...source.tensors.keys()].sort()).toEqual(['a', 'b'])
    expect(right(await source.read('b')())).toEqual(Float32Array.of(2))
    const print = right(await source.fingerprint())
    expect(right(await right(await openWeights(folder)()).fingerprint())).toBe(print)
    writeFileSync(join(folder, 'model-2.safetensors'), shard('b', 5))
    expect(right(await source.fingerprint())).not.toBe(print)
  })

  it.each([
    ['../secret.safetensors'],
    ['/etc/secret.safetensors'],
    ['sub/x.safetensors'],
    ['..\\x.safetensors'],
    ['.hidden.safetensors'],
    ['weights.bin'],
  ])('does not follow an index out of its folder: %s', async (name) => {
    const folder = folderWith({ [indexName]: index({ a: name }) })
    expect(await openWeights(folder)()).toMatchObject({ left: { _tag: 'FileDamaged', kind: 'input' } })
  })

  it('requires each tensor in the shard that the index names', async () => {
    const folder = folderWith({ 'm.safetensors': shard('a', 1), [indexName]: index({ b: 'm.safetensors' }) })
    expect(await openWeights(folder)()).toMatchObject({ left: { _tag: 'FileDamaged' } })
    const missing = folderWith({ [indexName]: index({ b: 'm.safetensors' }) })
    expect(await openWeights(missing)()).toMatchObject({ left: { _tag: 'FileMissing', kind: 'input' } })
  })

  it('opens a single file, and reports what is missing', async () => {
    const folder = folderWith({ 'model.safetensors': shard('a', 1) })
    expect([...right(await openWeights(folder)()).tensors.keys()]).toEqual(['a'])
    expect([...right(await openWeights(join(folder, 'model.safetensors'))()).tensors.keys()]).toEqual(['a'])
    expect(await openWeights(folderWith())()).toMatchObject({ left: { _tag: 'FileMissing', kind: 'input' } })
    expect(existsSync(join(folder, 'absent'))).toBe(false)
    expect(await openWeights(join(folder, 'absent'))()).toMatchObject({
      left: { _tag: 'FileMissing', kind: 'input' },
    })
  })
})
