/** GGUF containers: what is read, and what is refused with one line. Headers are made here, byte by byte. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { openModelFolder } from '../../src/formats'
import { openGguf } from '../../src/formats/gguf/file'
import { restoreRows } from '../../src/formats/gguf/names'
import { loadTokenizer } from '../../src/text'
import { folderWith, right } from './folder'

// files ------------------------------------------------------------------------------------------

const u32 = (n: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(n)
  return bytes
}
const u64 = (n: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(n))
  return bytes
}
const f32 = (x: number): Buffer => Buffer.from(Float32Array.of(x).buffer)
const text = (s: string): Buffer => Buffer.concat([u64(Buffer.byteLength(s)), Buffer.from(s)])

type Value = Buffer
const number = (n: number): Value => Buffer.concat([u32(4), u32(n)])
const real = (x: number): Value => Buffer.concat([u32(6), f32(x)])
const words = (s: string): Value => Buffer.concat([u32(8), text(s)])
const texts = (list: ReadonlyArray<string>): Value =>
  Buffer.concat([u32(9), u32(8), u64(list.length), ...list.map(text)])
const numbers = (list: ReadonlyArray<number>): Value =>
  Buffer.concat([u32(9), u32(4), u64(list.length), ...list.map(u32)])

interface Tensor {
  readonly name: string
  /** Row-major. */
  readonly shape: ReadonlyArray<number>
  readonly type?: number
  readonly offset?: number
  readonly values?: ReadonlyArray<number>
}

const size = (shape: ReadonlyArray<number>): number => shape.reduce((n, d) => n * d, 1)

interface FileChoice {
  readonly version?: number
  readonly entries?: ReadonlyArray<readonly [string, Value]>
  readonly tensors?: ReadonlyArray<Tensor>
  readonly counts?: readonly [number | bigint, number | bigint]
}

/** A GGUF file of float32 tensors, each at the next multiple of 32. */
const fileOf = ({ version = 3, entries = [], tensors = [], counts }: FileChoice): Buffer => {
  const state = { at: 0 }
  const placed = tensors.map((tensor) => {
    const at = state.at
    state.at += Math.ceil((4 * size(tensor.shape)) / 32) * 32
    return { at, ...tensor }
  })
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    u32(version),
    u64(counts?.[0] ?? tensors.length),
    u64(counts?.[1] ?? entries.length),
    ...entries.flatMap(([key, value]) => [text(key), value]),
    ...placed.flatMap(({ name, shape, type = 0, at, offset = at }) => [
      text(name),
      u32(shape.length),
      ...[...shape].reverse().map(u64),
      u32(type),
      u64(offset),
    ]),
  ])
  const start = Math.ceil(header.length / 32) * 32
  const out = Buffer.alloc(start + state.at)
  header.copy(out)
  for (const { at, shape, values } of placed)
    Buffer.from(Float32Array.from({ length: size(shape) }, (_, i) => values?.[i] ?? i).buffer).copy(
      out,
      start + at,
    )
  return out
}

const written = (bytes: Buffer): string => join(folderWith({ 'x.gguf': bytes }), 'x.gguf')

const sizes: ReadonlyArray<readonly [string, Value]> = [
  ['general.architecture', words('llama')],
  ['llama.block_count', number(1)],
  ['llama.embedding_length', number(8)],
  ['llama.feed_forward_length', number(8)],
  ['llama.attention.head_count', number(2)],
  ['llama.attention.layer_norm_rms_epsilon', real(1e-5)],
  ['llama.context_length', number(64)],
]
const layer: ReadonlyArray<Tensor> = [
  { name: 'token_embd.weight', shape: [4, 8] },
  { name: 'output_norm.weight', shape: [8] },
  ...['attn_q', 'attn_k', 'attn_v', 'attn_output', 'ffn_gate', 'ffn_up', 'ffn_down'].map((part) => ({
    name: `blk.0.${part}.weight`,
    shape: [8, 8],
  })),
  { name: 'blk.0.attn_norm.weight', shape: [8] },
  { name: 'blk.0.ffn_norm.weight', shape: [8] },
]
const model = (choice: FileChoice = {}): string =>
  written(
    fileOf({
      ...choice,
      entries: [...sizes, ...(choice.entries ?? [])],
      tensors: [...layer, ...(choice.tensors ?? [])],
    }),
  )

// containers -------------------------------------------------------------------------------------

describe('containers', () => {
  it.each([2, 3])('of version %i are read', async (version) => {
    const file = right(
      await openGguf(
        written(fileOf({ version, entries: [['a', number(7)]], tensors: [{ name: 't', shape: [2, 3] }] })),
      )(),
    )
    expect(file.metadata).toEqual(new Map([['a', 7]]))
    const place = file.tensors.get('t')
    if (place === undefined) throw new Error('no tensor')
    const out = new Float32Array(6)
    right(await file.readValues(place, out)())
    expect([place.shape, [...out]]).toEqual([
      [2, 3],
      [0, 1, 2, 3, 4, 5],
    ])
  })

  const two = [
    { name: 'a', shape: [8] },
    { name: 'b', shape: [8] },
  ]
  it.each<[string, Buffer, string]>([
    ['version 1', fileOf({ version: 1 }), 'version 1'],
    ['a big-endian file', fileOf({ version: 0x03000000 }), 'big-endian'],
    ['another file', Buffer.from('PK'.repeat(40)), 'not a GGUF'],
    ['an empty file', Buffer.alloc(0), 'not a GGUF'],
    [
      'a key twice',
      fileOf({
        entries: [
          ['a', number(1)],
          ['a', number(2)],
        ],
      }),
      'twice',
    ],
    [
      'a tensor twice',
      fileOf({
        tensors: [
          { name: 'a', shape: [8] },
          { name: 'a', shape: [8] },
        ],
      }),
      'twice',
    ],
    [
      'an unaligned tensor',
      fileOf({ tensors: [{ name: 'a', shape: [8], offset: 4 }, ...two.slice(1)] }),
      'multiple of 32',
    ],
    [
      'overlapping tensors',
      fileOf({ tensors: [...two.slice(0, 1), { name: 'b', shape: [8], offset: 0 }] }),
      'overlap',
    ],
    [
      'a tensor outside the file',
      fileOf({ tensors: [{ name: 'a', shape: [8], offset: 1 << 20 }] }),
      'outside',
    ],
    ['an impossible shape', fileOf({ tensors: [{ name: 'a', shape: [0] }] }), 'impossible shape'],
    ['broken blocks', fileOf({ tensors: [{ name: 'a', shape: [8], type: 2 }] }), 'whole blocks'],
    ['a type that is not read', fileOf({ tensors: [{ name: 'a', shape: [32], type: 20 }] }), 'IQ4_NL'],
    ['a billion tensors', fileOf({ counts: [1e9, 0] }), 'more than'],
    ['endless metadata', fileOf({ counts: [0, 1n << 60n] }), 'more than the file can hold'],
    ['a missing end', fileOf({ counts: [0, 3] }), 'ends within'],
    ['a text without end', fileOf({ entries: [['a', Buffer.concat([u32(8), u64(1n << 50n)])]] }), 'bytes'],
    [
      'a list without end',
      fileOf({ entries: [['a', Buffer.concat([u32(9), u32(4), u64(1 << 30)])]] }),
      'more than the file',
    ],
    [
      'lists of lists',
      fileOf({ entries: [['a', Buffer.concat([u32(9), u32(9), u64(1)])]] }),
      'list of lists',
    ],
    ['an odd alignment', fileOf({ entries: [['general.alignment', number(24)]] }), 'power of two'],
  ])('%s: refused', async (_, bytes, message) => {
    const opened = await openGguf(written(bytes))()
    expect(opened).toMatchObject({ left: { kind: 'input' } })
    expect(opened._tag === 'Left' ? opened.left.message : '').toContain(message)
  })

  it('that are missing, pipes, or changed while in use are refused', async () => {
    const folder = folderWith()
    expect(await openModelFolder(join(folder, 'x.gguf'))()).toMatchObject({ left: { _tag: 'FileMissing' } })
    execFileSync('mkfifo', [join(folder, 'pipe.gguf')])
    expect(await openModelFolder(join(folder, 'pipe.gguf'))()).toMatchObject({
      left: { _tag: 'FileUnreadable' },
    })
    const path = model()
    const opened = right(await openModelFolder(path)())
    writeFileSync(path, Buffer.alloc(4096))
    expect(await opened.weights.read('model.norm.weight')()).toMatchObject({ left: { _tag: 'FileDamaged' } })
  })
})

// models -----------------------------------------------------------------------------------------

describe('models', () => {
  it('without head_count_kv have as many key heads as heads', async () => {
    const folder = right(await openModelFolder(model())())
    expect(folder.config).toMatchObject({ heads: 2, kvHeads: 2, headDim: 4, tieWordEmbeddings: true })
    const rows = right(await folder.weights.read('model.layers.0.self_attn.q_proj.weight')())
    expect([0, 8, 16, 24].map((at) => rows[at])).toEqual([0, 16, 8, 24])
  })

  it('with rope_freqs have its factors', async () => {
    const factors = [1, 4]
    const folder = right(
      await openModelFolder(
        model({ tensors: [{ name: 'rope_freqs.weight', shape: [2], values: factors }] }),
      )(),
    )
    expect(folder.config.rope.scaling).toMatchObject({
      kind: 'longrope',
      attentionFactor: 1,
      shortFactor: factors,
      longFactor: factors,
    })
    expect(folder.weights.tensors.has('rope_freqs.weight')).toBe(false)
  })

  it.each<[string, ReadonlyArray<readonly [string, Value]>, unknown]>([
    [
      'linear',
      [
        ['llama.rope.scaling.type', words('linear')],
        ['llama.rope.scaling.factor', real(4)],
      ],
      { kind: 'linear', factor: 4 },
    ],
    ['none', [['llama.rope.scaling.type', words('none')]], { kind: 'none' }],
    [
      'yarn',
      [
        ['llama.rope.scaling.type', words('yarn')],
        ['llama.rope.scaling.factor', real(4)],
        ['llama.rope.scaling.original_context_length', number(16)],
      ],
      { kind: 'yarn', factor: 4, originalMaxPositionEmbeddings: 16 },
    ],
  ])('with rope scaling %s', async (_, entries, scaling) => {
    const folder = right(await openModelFolder(model({ entries }))())
    expect(folder.config.rope.scaling).toMatchObject(scaling as object)
  })

  it.each<[string, FileChoice, string]>([
    ['experts', { entries: [['llama.expert_count', number(8)]] }, 'llama.expert_count 8'],
    ['another rope scaling', { entries: [['llama.rope.scaling.type', words('su')]] }, 'rope.scaling.type'],
    [
      'a changed temperature',
      { entries: [['llama.rope.scaling.attn_factor', real(2)]] },
      'llama.rope.scaling.attn_factor',
    ],
    [
      'a part of the head rotated',
      { entries: [['llama.rope.dimension_count', number(2)]] },
      'dimension_count 2',
    ],
    [
      'a tensor that llama lacks',
      { tensors: [{ name: 'blk.0.attn_q_norm.weight', shape: [4] }] },
      'attn_q_norm',
    ],
    ['a window', { entries: [['llama.attention.sliding_window', number(8)]] }, 'sliding_window 8'],
    ['several files', { entries: [['split.count', number(2)]] }, 'one part'],
  ])('with %s are refused by name', async (_, choice, message) => {
    const opened = await openModelFolder(model(choice))()
    expect(opened._tag === 'Left' ? opened.left.message : 'read').toContain(message)
    expect(opened).toMatchObject({ left: { kind: 'input' } })
  })

  it('of another architecture, or without sizes, are refused', async () => {
    expect(
      await openModelFolder(written(fileOf({ entries: [['general.architecture', words('mamba')]] })))(),
    ).toMatchObject({
      left: { _tag: 'FileUnsupported', message: expect.stringContaining('"mamba"') as unknown },
    })
    expect(await openModelFolder(written(fileOf({ entries: sizes.slice(0, 2) })))()).toMatchObject({
      left: { _tag: 'FileDamaged', message: 'lacks the metadata llama.embedding_length' },
    })
  })
})

// tokenizers -------------------------------------------------------------------------------------

describe('tokenizers', () => {
  const tokens: ReadonlyArray<readonly [string, Value]> = [
    ['tokenizer.ggml.model', words('gpt2')],
    ['tokenizer.ggml.tokens', texts(['a', 'b', 'ab', '<end>'])],
    ['tokenizer.ggml.token_type', numbers([1, 1, 1, 3])],
  ]
  const merges: readonly [string, Value] = ['tokenizer.ggml.merges', texts(['a b'])]

  it('are read from the metadata; a file without one has none', async () => {
    const tokenizer = right(await loadTokenizer(model({ entries: [...tokens, merges] }))())
    expect(tokenizer?.encode('abba<end>')).toEqual([2, 1, 0, 3])
    expect(right(await loadTokenizer(model())())).toBeUndefined()
  })

  it.each<[string, ReadonlyArray<readonly [string, Value]>, string]>([
    [
      'an id beyond the vocabulary',
      [...tokens, merges, ['tokenizer.ggml.eos_token_id', number(4)]],
      'beyond its vocabulary of 4',
    ],
    ['no merges', tokens, 'lacks the metadata tokenizer.ggml.merges'],
    [
      'a merge of unknown tokens',
      [...tokens, ['tokenizer.ggml.merges', texts(['b a'])]],
      'no pair of its tokens',
    ],
    ['another kind', [['tokenizer.ggml.model', words('bert')]], '"bert" is not supported'],
  ])('with %s are refused', async (_, entries, message) => {
    const loaded = await loadTokenizer(model({ entries }))()
    expect(loaded._tag === 'Left' ? loaded.left.message : 'read').toContain(message)
  })
})

// rows -------------------------------------------------------------------------------------------

it('rows of heads are put back into the order they were taken from', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 3 }),
      (heads, half, width) => {
        const rows = heads * half * 2
        const original = Uint8Array.from({ length: rows * width }, (_, i) => i)
        // llama.cpp's `permute`: [heads, 2, half, width] -> [heads, half, 2, width]
        const permuted = Uint8Array.from({ length: rows * width }, (_, i) => {
          const [row, column] = [Math.floor(i / width), i % width]
          const [head, within] = [Math.floor(row / (2 * half)), row % (2 * half)]
          const from = head * 2 * half + (within % 2) * half + Math.floor(within / 2)
          return original[from * width + column] ?? 0
        })
        restoreRows(permuted, rows, heads)
        expect(permuted).toEqual(original)
      },
    ),
  )
})
