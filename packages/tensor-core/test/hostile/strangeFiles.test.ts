/** Files that are not regular files, never end, change, or expand without limit: each soon gives an error that says so. */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import {
  openModelFolder,
  openWeights,
  readAdapter,
  readDataset,
  readRows,
  readSafetensors,
} from '../../src/formats'
import { lineReader } from '../../src/formats/dataset/jsonl'
import { rowBytes } from '../../src/formats/dataset/memory'
import { loadTokenizer } from '../../src/text'
import { compileTemplate } from '../../src/text/chatTemplate'
import { folderWith, right } from '../formats/folder'
import { fileOf } from './subjects/safetensors'

const endings = ['jsonl', 'jsonl.gz', 'json', 'csv', 'parquet']
const fault = async (path: string) => {
  const read = await readRows(path)()
  return read._tag === 'Left' ? read.left : undefined
}

describe.each(endings)('x.%s', (ending) => {
  const name = `x.${ending}`

  it('is a folder, a pipe, a loop of links, absent, empty', async () => {
    const folder = folderWith()
    const path = join(folder, name)
    mkdirSync(path)
    expect(await fault(path)).toMatchObject({ _tag: 'FileUnreadable', message: 'is a folder, not a file' })
    const pipe = join(folder, `pipe.${ending}`)
    execFileSync('mkfifo', [pipe])
    expect(await fault(pipe)).toMatchObject({
      _tag: 'FileUnreadable',
      message: expect.stringContaining('pipe') as unknown,
    })
    const loop = join(folder, `loop.${ending}`)
    symlinkSync(loop, loop)
    expect(await fault(loop)).toMatchObject({ _tag: 'FileUnreadable', kind: 'input' })
    expect(await fault(join(folder, `absent.${ending}`))).toMatchObject({ _tag: 'FileMissing' })
    expect(await fault(join(folder, `nul\0.${ending}`))).toMatchObject({ kind: 'input' })
    const empty = join(folder, `empty.${ending}`)
    writeFileSync(empty, '')
    const tag = (await fault(empty))?._tag
    expect(['EmptyData', 'FileDamaged']).toContain(tag)
  })

  it('reads through a link to a file, and refuses one to a device', async () => {
    const folder = folderWith()
    symlinkSync('/dev/zero', join(folder, name))
    expect(await fault(join(folder, name))).toMatchObject({ _tag: 'FileUnreadable' })
  })
})

describe('text that never ends', () => {
  // text that gzip cannot compress much: a high compression ratio alone would be refused
  const long = randomBytes(3 << 18)
    .toString('base64')
    .repeat(65)

  it.each<[string, () => Uint8Array | string]>([
    ['x.jsonl', () => `{"prompt":"a"}\n{"prompt":"${long}"}`],
    ['x.jsonl.gz', () => gzipSync(`{"prompt":"a"}\n{"prompt":"${long}"}`, { level: 1 })],
    ['x.csv', () => `prompt\na\n"${long}`],
  ])('%s names the line', async (name, content) => {
    const path = join(folderWith({ [name]: content() }), name)
    const found = await fault(path)
    expect(found).toMatchObject({ _tag: 'BadRow', kind: 'input' })
    if (!name.includes('csv')) expect(found?.where).toBe(`${path}:2`)
    expect(found?.message).toMatch(/longer|Max Record Size/)
  })

  it('is refused where a small file expands more and more', async () => {
    const member = gzipSync(Buffer.alloc(1 << 25, `${' '.repeat(65_535)}\n`))
    const bomb = Buffer.concat(Array.from({ length: 4 }, () => member))
    const path = join(folderWith({ 'x.jsonl.gz': bomb }), 'x.jsonl.gz')
    expect(await fault(path)).toMatchObject({
      _tag: 'FileDamaged',
      message: 'expands to more than 500 times its size',
    })
  })

  it('is refused before memory is full', () => {
    const reader = lineReader('x.jsonl', 50 << 20)
    const line = `{"prompt":"a","k":[${'[],'.repeat(30_000)}1]}\n`
    const taken = Array.from({ length: 100 }, () => reader.push(line)._tag)
    expect(taken.indexOf('Left')).toBeGreaterThan(20)
    expect(taken.indexOf('Left')).toBeLessThan(50)
    expect(reader.push(line)).toMatchObject({ left: { _tag: 'FileUnsupported' } })
  })

  it('is estimated by its size in memory: a list of lists takes far more than prose', () => {
    expect(rowBytes('[[],[],[]]')).toBeGreaterThan(500)
    expect(rowBytes('x'.repeat(1000))).toBeLessThan(2500)
  })
})

describe('text that is odd', () => {
  it.each<[string, Uint8Array | string, string, string | undefined]>([
    ['x.jsonl', '{"prompt":"a"}\r\n\r\n{"prompt":"b"}\r\n', 'read', undefined],
    ['x.jsonl', '\ufeff{"prompt":"a"}\n', 'read', undefined],
    ['x.jsonl', '{"prompt":"a"}\n\ufeff{"prompt":"b"}\n', 'BadRow', ':2'],
    ['x.jsonl', Buffer.from('{"prompt":"a"}\n{"prompt":"\xff"}\n', 'latin1'), 'FileDamaged', ':2'],
    ['x.jsonl', '{"prompt":"a\0b"}\n', 'BadRow', ':1'],
    ['x.jsonl', '{"prompt":"a\\u0000b"}\n', 'read', undefined],
    ['x.jsonl', `{"prompt":${'['.repeat(100_000)}${']'.repeat(100_000)}}\n`, 'BadRow', ':1'],
    ['x.jsonl', `{"prompt":"a","k":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}\n`, 'BadRow', ':1'],
    [
      'x.jsonl',
      '{"prompt":"a","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
      'read',
      undefined,
    ],
    ['x.json', Buffer.from('[{"prompt":"\xff"}]', 'latin1'), 'FileDamaged', ':1'],
    ['x.csv', 'prompt,response\na\0,b\n', 'read', undefined],
    ['x.csv', '__proto__,prompt\n1,b\n', 'read', undefined],
  ])('%s %#', async (name, content, tag, at) => {
    const path = join(folderWith({ [name]: content }), name)
    const read = await readDataset(path)()
    expect(read._tag === 'Right' ? 'read' : read.left._tag).toBe(tag)
    if (read._tag === 'Left' && at !== undefined) expect(read.left.where).toBe(`${path}${at}`)
    expect({}).not.toHaveProperty('polluted')
  })
})

describe('untrusted models', () => {
  const folderOf = (files: Readonly<Record<string, string | Uint8Array>>): string => folderWith(files)

  it('with pipes and devices in the folder are not opened', async () => {
    const folder = folderOf({})
    execFileSync('mkfifo', [join(folder, 'config.json')])
    expect(await openModelFolder(folder)()).toMatchObject({ left: { _tag: 'FileUnreadable' } })
    const other = folderOf({})
    for (const name of ['tokenizer.json', 'adapter_config.json', 'model.safetensors'])
      symlinkSync('/dev/zero', join(other, name))
    expect(await loadTokenizer(other)()).toMatchObject({ left: { _tag: 'FileUnreadable' } })
    expect(await readAdapter(other)()).toMatchObject({ left: { _tag: 'FileUnreadable' } })
    expect(await openWeights(other)()).toMatchObject({ left: { _tag: 'FileUnreadable' } })
  })

  it('whose file changes between header and tensors are refused', async () => {
    const path = join(folderOf({ 'x.safetensors': fileOf([['a', 'F32', [2]]], 1) }), 'x.safetensors')
    const file = right(await readSafetensors(path)())
    right(await file.read('a')())
    writeFileSync(path, fileOf([['b', 'F32', [2]]], 2))
    utimesSync(path, new Date(), new Date(Date.now() + 5000))
    expect(await file.read('a')()).toMatchObject({
      left: { _tag: 'FileDamaged', message: 'changed while it was in use' },
    })
    appendFileSync(path, 'x')
    expect(await file.readRaw('a')()).toMatchObject({ left: { kind: 'input' } })
  })

  it('with a wrong length of header or tensor are refused', async () => {
    const before = process.resourceUsage().maxRSS
    const header = Buffer.from(
      '{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}',
    )
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(header.length))
    const lying = Buffer.concat([length, header])
    length.writeBigUInt64LE(99_999_999n)
    for (const bytes of [lying, Buffer.concat([length, header]), Buffer.alloc(8, 255)]) {
      const path = join(folderOf({ 'x.safetensors': bytes }), 'x.safetensors')
      expect(await readSafetensors(path)()).toMatchObject({ left: { _tag: 'FileDamaged' } })
    }
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(100 * 1024)
  })
})

describe('untrusted tokenizers', () => {
  const plain = {
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
  }
  const words = { type: 'WordLevel', vocab: { a: 0, b: 1, '<unk>': 2 }, unk_token: '<unk>' }
  const load = async (json: unknown) =>
    loadTokenizer(folderWith({ 'tokenizer.json': JSON.stringify(json), 'tokenizer_config.json': '{}' }))()

  it.each<[string, unknown, RegExp]>([
    [
      'an id beyond every list',
      { ...plain, model: { ...words, vocab: { a: 4_000_000_000 } } },
      /id of token "a" must be/,
    ],
    ['an id that is none', { ...plain, model: { ...words, vocab: { a: 'length' } } }, /id of token "a"/],
    [
      'an added token out of range',
      { ...plain, model: words, added_tokens: [{ id: -1, content: '<x>' }] },
      /added token "<x>"/,
    ],
    [
      'pieces of no length',
      { ...plain, model: words, pre_tokenizer: { type: 'FixedLength', length: 0 } },
      /positive length/,
    ],
    ['merges that are none', { ...plain, model: { type: 'BPE', vocab: {}, merges: [5] } }, /merges has 5/],
    ['an empty unigram model', { ...plain, model: { type: 'Unigram', vocab: [] } }, /list of 1 to/],
    ['a model of another kind', { ...plain, model: { type: 'toString', vocab: {} } }, /not supported/],
  ])('refuses %s', async (_, json, message) => {
    const loaded = await load(json)
    expect(loaded).toMatchObject({ left: { _tag: 'FileUnsupported', kind: 'input' } })
    expect(loaded._tag === 'Left' ? loaded.left.message : '').toMatch(message)
  })

  it('with a pattern that would take years are stopped with an error', async () => {
    const slow = { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated', invert: false }
    const loaded = right(await load({ ...plain, model: words, pre_tokenizer: slow }))
    expect(() => loaded?.encode(`${'a'.repeat(50)}b`)).toThrow(/longer than/)
  })

  it('with replacements that grow without end are stopped', async () => {
    const grow = { type: 'Replace', pattern: { String: 'a' }, content: 'a'.repeat(1000) }
    const loaded = await load({
      ...plain,
      model: words,
      normalizer: { type: 'Sequence', normalizers: [grow, grow, grow] },
    })
    expect(loaded).toMatchObject({ left: { _tag: 'FileUnsupported' } })
  })

  it.each<[string, unknown]>([
    ['normalizer', { type: 'Replace', pattern: { String: 'ab'.repeat(3000) }, content: 'a' }],
    [
      'pre_tokenizer',
      { type: 'Sequence', pretokenizers: [{ type: 'Split', pattern: { Regex: 'ab'.repeat(3000) } }] },
    ],
    ['decoder', { type: 'Sequence', decoders: [{ type: 'WordPiece', suffix: 'ab'.repeat(3000) }] }],
  ])('with a %s that looks for a long text, which nothing can stop, are refused', async (part, value) => {
    expect(await load({ ...plain, model: words, [part]: value })).toMatchObject({
      left: { _tag: 'FileUnsupported', message: expect.stringContaining('more than 4096') as unknown },
    })
  })

  it('have names whose control characters are escaped', () => {
    const made = compileTemplate('x\u001b[2J.jinja', '{% endless', {})
    expect(made).toMatchObject({ left: { kind: 'input' } })
  })
})

it('a Parquet page that puts its decoder into an endless loop is stopped', async () => {
  const path = join(__dirname, 'corpus', 'parquet-file', 'endless', 'x.parquet')
  expect(await fault(path)).toMatchObject({
    _tag: 'FileDamaged',
    message: 'cannot be read as Parquet (decoding does not end)',
  })
}, 60_000)
