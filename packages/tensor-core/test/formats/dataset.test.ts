import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { type Example, promptText, responseText } from '../../src/contracts'
import { readDataset, readHeaderLine, readRows, writeJsonl, writeRaw } from '../../src/formats'
import { folderWith, right } from './folder'

const fileWith = (name: string, content: string | Uint8Array): string =>
  join(folderWith({ [name]: content }), name)

const examples = async (name: string, content: string | Uint8Array): Promise<ReadonlyArray<Example>> =>
  right(await readDataset(fileWith(name, content))()).examples

const one = async (row: unknown): Promise<Example> => {
  const [first] = await examples('x.jsonl', JSON.stringify(row))
  return first!
}

const said = (e: Example): ReadonlyArray<string> => [promptText(e.prompt), responseText(e.response)]

describe('forms of a row', () => {
  it.each([
    [{ prompt: 'a', response: 'b' }],
    [{ prompt: 'a', completion: 'b' }],
    [
      {
        messages: [
          { role: 'user', content: 'a' },
          { role: 'assistant', content: 'b' },
        ],
      },
    ],
    [{ instruction: 'a', input: '', output: 'b' }],
    [
      {
        instruction: 'a',
        instances: [
          { input: '', output: 'b' },
          { input: 'c', output: 'd' },
        ],
      },
    ],
    [{ question: 'a', answer: 'b' }],
    [{ goal: 'a', target: 'b' }],
    [{ chosen: '\n\nHuman: a\n\nAssistant: b', rejected: '\n\nHuman: a\n\nAssistant: c' }],
  ])('%j', async (row) => {
    expect(said(await one(row))).toEqual(['a', 'b'])
  })

  it('puts instruction and input in one turn', async () => {
    expect(said(await one({ instruction: 'a', input: 'c', output: 'b' }))).toEqual(['a\n\nc', 'b'])
  })

  it('keeps token ids unchanged', async () => {
    const e = await one({ promptTokens: [1, 2], responseTokens: [3] })
    expect([e.prompt, e.response]).toEqual([
      { kind: 'tokens', tokens: [1, 2] },
      { kind: 'tokens', tokens: [3] },
    ])
  })

  it('reads a transcript of many turns: the last answer is the response', async () => {
    const e = await one({ chosen: '\n\nHuman: a\n\nb\n\nAssistant: c\n\nHuman: d\n\nAssistant: e: Human:f' })
    expect(e.prompt).toEqual({
      kind: 'messages',
      messages: [
        { role: 'user', content: 'a\n\nb' },
        { role: 'assistant', content: 'c' },
        { role: 'user', content: 'd' },
      ],
    })
    expect(responseText(e.response)).toBe('e: Human:f')
  })

  it('reads a row without an answer as a prompt without a response', async () => {
    for (const row of [
      { prompt: 'a' },
      { messages: [{ role: 'user', content: 'a' }] },
      { question: 'a', answer: null },
    ])
      expect(said(await one(row))).toEqual(['a', ''])
  })

  it('treats null as an absent field, as every row of a table has all columns', async () => {
    const all = {
      promptTokens: null,
      messages: null,
      prompt: null,
      instruction: null,
      question: null,
      chosen: null,
    }
    for (const own of [
      { prompt: 'a', response: 'b' },
      { question: 'a', answer: 'b' },
      { instruction: 'a', input: null, output: 'b', instances: null },
      { chosen: '\n\nHuman: a\n\nAssistant: b' },
      {
        messages: [
          { role: 'user', content: 'a' },
          { role: 'assistant', content: 'b' },
        ],
      },
    ])
      expect(said(await one({ ...all, ...own }))).toEqual(['a', 'b'])
  })

  it('keeps id, raw text and all other fields', async () => {
    const lines = [
      '{"id": "x7", "prompt":"a",  "response":"b", "label": {"k": 1}}',
      '{"prompt": "c"}',
      '{"id":5,"prompt":"d"}',
    ]
    const rows = await examples('x.jsonl', lines.join('\r\n'))
    expect(rows.map(({ id }) => id)).toEqual(['x7', '1', '5'])
    expect(rows.map(({ raw }) => raw)).toEqual(lines)
    expect(rows[0]?.fields).toEqual({ label: { k: 1 } })
  })
})

describe('containers', () => {
  const rows = [
    { prompt: 'a, "quoted"\nb', response: 'é 日本' },
    { prompt: 'c', response: '' },
  ]
  const table = `prompt,response,n\r\n"a, ""quoted""\nb",é 日本,1\r\n\r\nc,,2\r\n`

  it.each<[string, string | Uint8Array]>([
    ['x.jsonl', rows.map((r) => JSON.stringify(r)).join('\n')],
    ['x.jsonl', `\ufeff\n${rows.map((r) => JSON.stringify(r)).join('\n\n')}\n\n`],
    ['x.txt', rows.map((r) => JSON.stringify(r)).join('\n')],
    ['x.jsonl.gz', gzipSync(rows.map((r) => JSON.stringify(r)).join('\n'))],
    ['x.json', JSON.stringify(rows, null, 2)],
    ['x.json', rows.map((r) => JSON.stringify(r)).join('\n')],
    ['x.csv', table],
    ['x.csv', `\ufeff${table}`],
    ['x.CSV.gz', gzipSync(table)],
  ])('%s', async (name, content) => {
    const read = await examples(name, content)
    expect(read.map(said)).toEqual(rows.map((r) => [r.prompt, r.response]))
    expect(read.map(({ id }) => id)).toEqual(['0', '1'])
  })

  it('reads any line end in CSV, whatever the first is', async () => {
    const path = fileWith('x.csv', 'id,prompt\r\n\n1,"a\r\nb"\n2,c\r\n\r\n3,d')
    expect(right(await readRows(path)()).map(({ line, raw, value }) => [line, raw, value])).toEqual([
      [3, '1,"a\r\nb"', { id: '1', prompt: 'a\r\nb' }],
      [5, '2,c', { id: '2', prompt: 'c' }],
      [7, '3,d', { id: '3', prompt: 'd' }],
    ])
  })

  it('gives rows of CSV back byte for byte, with the header', async () => {
    const path = fileWith('x.csv', table)
    const read = right(await readRows(path)())
    expect(read.map(({ line, raw }) => [line, raw])).toEqual([
      [2, '"a, ""quoted""\nb",é 日本,1'],
      [5, 'c,,2'],
    ])
    const out = join(folderWith(), 'y.csv')
    right(await writeRaw(out, read, right(await readHeaderLine(path)()))())
    expect(readFileSync(out, 'utf8')).toBe(table.replace(/\r\n/g, '\n').replace('\n\n', '\n'))
    expect(right(await readHeaderLine(fileWith('x.jsonl', '{}'))())).toBeUndefined()
  })

  it('gives items of a JSON array as one line each, with numbers as written in the file', async () => {
    const path = fileWith(
      'x.json',
      '[\n  {"prompt": "a ]}", "n": 1.0,\n "k": [1, {"x": []}]},\n\n  {"prompt": "b"}]',
    )
    const read = right(await readRows(path)())
    expect(read.map(({ line, raw }) => [line, raw])).toEqual([
      [2, '{"prompt":"a ]}","n":1.0,"k":[1,{"x":[]}]}'],
      [5, '{"prompt":"b"}'],
    ])
  })
})

describe('bad files', () => {
  const fault = async (name: string, content: string | Uint8Array) => {
    const path = fileWith(name, content)
    const read = await readDataset(path)()
    return read._tag === 'Right' ? undefined : { ...read.left, where: read.left.where?.replace(path, name) }
  }

  it.each<[string, string | Uint8Array, string, string, RegExp]>([
    ['x.jsonl', '{"prompt":"a"}\n\n{"prompt":', 'BadRow', 'x.jsonl:3', /is not JSON/],
    ['x.jsonl', '{"prompt":"a"}\n5\n', 'BadRow', 'x.jsonl:2', /must be a JSON object, but is 5/],
    ['x.jsonl', '{"prompt":3}', 'BadRow', 'x.jsonl:1', /field prompt must be text.*but is 3/],
    [
      'x.jsonl',
      '{"prompt":"a","response":[1]}',
      'BadRow',
      'x.jsonl:1',
      /field response must be text, but is \[1\]/,
    ],
    ['x.jsonl', '{"text":"a"}', 'BadRow', 'x.jsonl:1', /none of the known forms .*: its fields are text \(/],
    ['x.csv', 'foo,bar\n1,2\n', 'BadRow', 'x.csv:2', /its fields are foo, bar \(rename/],
    ['x.jsonl', '{}', 'BadRow', 'x.jsonl:1', /its fields are none/],
    [
      'x.jsonl',
      '{"messages":[{"role":"bot","content":"a"}]}',
      'BadRow',
      'x.jsonl:1',
      /messages\[0\]\.role must be system, user/,
    ],
    ['x.jsonl', '{"messages":[{"role":"assistant","content":"a"}]}', 'BadRow', 'x.jsonl:1', /no turn before/],
    [
      'x.jsonl',
      '{"promptTokens":[1,-2]}',
      'BadRow',
      'x.jsonl:1',
      /promptTokens\[1\] must be a token id, but is -2/,
    ],
    ['x.jsonl', '{"promptTokens":[1.5]}', 'BadRow', 'x.jsonl:1', /a token id/],
    ['x.jsonl', '{"prompt":"a","id":{}}', 'BadRow', 'x.jsonl:1', /field id/],
    ['x.jsonl', '{"chosen":"no turns"}', 'BadRow', 'x.jsonl:1', /no Human:/],
    ['x.json', '[{"prompt":"a"},\n 5]', 'BadRow', 'x.json:2', /but is 5/],
    ['x.json', '[{"prompt":"a"}', 'BadRow', 'x.json:1', /is not JSON/],
    ['x.csv', 'prompt,response\na,b\nc,d,e\n', 'BadRow', 'x.csv:3', /3 columns, the header has 2/],
    ['x.csv', 'prompt,response\na,"b\n', 'BadRow', 'x.csv:2', /is not CSV/],
    ['x.csv', 'prompt,prompt\na,b\n', 'BadRow', 'x.csv:1', /column "prompt" twice/],
    ['x.csv', 'a,b\n1,2\n', 'BadRow', 'x.csv:2', /known forms/],
    ['x.jsonl', '', 'EmptyData', 'x.jsonl', /no rows/],
    ['x.jsonl', ' \n\n', 'EmptyData', 'x.jsonl', /no rows/],
    ['x.json', '[]', 'EmptyData', 'x.json', /no rows/],
    ['x.csv', 'prompt,response\n', 'EmptyData', 'x.csv', /no rows/],
    ['x.jsonl.gz', 'no gzip', 'FileDamaged', 'x.jsonl.gz', /gzip/],
    ['x.jsonl', Uint8Array.of(0x7b, 0xff), 'FileDamaged', 'x.jsonl:1', /UTF-8/],
    ['x.jsonl', Uint8Array.of(0x7b, 0x7d, 0x0a, 0xc3, 0xa4, 0x0a, 0xf0, 0x9f), 'BadRow', 'x.jsonl:2', /JSON/],
    ['x.csv', Uint8Array.of(0x61, 0x0a, 0xc3, 0xa4, 0x0a, 0xf0, 0x9f), 'FileDamaged', 'x.csv:3', /UTF-8/],
    ['x.csv', Uint8Array.of(0xff, 0xfe, 0x61, 0x00), 'FileDamaged', 'x.csv:1', /UTF-8/],
  ])('%s %j', async (name, content, tag, where, message) => {
    const found = await fault(name, content)
    expect(found).toMatchObject({ _tag: tag, kind: 'input', where })
    expect(found?.message).toMatch(message)
    expect(found?.message).not.toContain('\n')
  })

  it('are missing, or a folder', async () => {
    const folder = folderWith()
    expect(await readDataset(join(folder, 'absent.jsonl'))()).toMatchObject({
      left: { _tag: 'FileMissing', kind: 'input' },
    })
    expect(await readDataset(folder)()).toMatchObject({ left: { _tag: 'FileUnreadable', kind: 'input' } })
  })

  it('give a value or an error, never an exception, whatever bytes are changed', async () => {
    const good = Buffer.from(
      [
        { id: 'r', prompt: 'a "b" \\ c', response: 'd' },
        {
          messages: [
            { role: 'user', content: 'é' },
            { role: 'assistant', content: '🙂' },
          ],
        },
        { promptTokens: [1, 2], responseTokens: [3] },
        { chosen: '\n\nHuman: a\n\nAssistant: b' },
      ]
        .map((r) => JSON.stringify(r))
        .join('\n'),
    )
    const change = fc.record({
      at: fc.nat(good.length - 1),
      kind: fc.constantFrom('set', 'cut', 'insert'),
      byte: fc.oneof(fc.nat(255), fc.constantFrom(...Array.from('{}[]",:0-9\\eu\n', (c) => c.charCodeAt(0)))),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('x.jsonl', 'x.json', 'x.csv'),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        async (name, changes) => {
          let bytes = Buffer.from(good)
          for (const { at, kind, byte } of changes) {
            const i = Math.min(at, bytes.length - 1)
            if (kind === 'set' && i >= 0) bytes[i] = byte
            if (kind === 'cut') bytes = bytes.subarray(0, i)
            if (kind === 'insert')
              bytes = Buffer.concat([bytes.subarray(0, i), Uint8Array.of(byte), bytes.subarray(i)])
          }
          const path = fileWith(name, bytes)
          const read = await readDataset(path)()
          if (read._tag === 'Left') {
            expect(read.left.kind).toBe('input')
            expect(read.left.where).toContain(path)
            expect(read.left.message).not.toContain('\n')
          } else
            for (const e of read.right.examples)
              expect([typeof e.id, typeof e.raw]).toEqual(['string', 'string'])
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('writing', () => {
  it('round-trips any number of rows', async () => {
    const path = join(folderWith(), 'deep', 'x.jsonl')
    const rows = function* (): Generator {
      for (let i = 0; i < 30_000; i++) yield { i, text: 'é'.repeat(40) }
    }
    right(await writeJsonl(path, rows())())
    const read = right(await readRows(path)())
    expect(read).toHaveLength(30_000)
    expect(read.at(-1)?.value).toEqual({ i: 29_999, text: 'é'.repeat(40) })
  })

  it('leaves nothing behind where a row cannot be written', async () => {
    const folder = folderWith()
    const path = join(folder, 'x.jsonl')
    const rows = function* (): Generator {
      yield { a: 1 }
      throw new Error('no more')
    }
    expect(await writeJsonl(path, rows())()).toMatchObject({ left: { kind: 'failure', message: 'no more' } })
    expect(existsSync(path)).toBe(false)
    expect(readdirSync(folder)).toEqual([])
  })

  it('keeps raw rows byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1, maxLength: 5 }),
        async (values) => {
          const lines = values.map((v) => JSON.stringify(v))
          const path = fileWith('x.jsonl', lines.join('\n'))
          const read = right(await readRows(path)())
          const out = join(folderWith(), 'y.jsonl')
          right(await writeRaw(out, read)())
          expect(readFileSync(out, 'utf8')).toBe(lines.map((l) => `${l}\n`).join(''))
        },
      ),
      { numRuns: 25 },
    )
  })
})
