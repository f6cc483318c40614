/** Parquet compared with pyarrow: the files of test/golden/parquet and the rows that pyarrow reads (tools/golden/parquet.py). */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promptText, responseText } from '../../src/contracts'
import { readDataset, readHeaderLine, readRows } from '../../src/formats'
import { folderWith, goldenFile, right } from './folder'

type Rows = ReadonlyArray<Readonly<Record<string, unknown>>>
const fixture = (name: string): string => goldenFile(join('parquet', `${name}.parquet`))
const expected = JSON.parse(readFileSync(goldenFile('parquet/expected.json'), 'utf8')) as Readonly<
  Record<string, Rows>
>
const said = async (name: string): Promise<ReadonlyArray<readonly [string, string]>> =>
  right(await readDataset(fixture(name))()).examples.map((e) => [
    promptText(e.prompt),
    responseText(e.response),
  ])

describe('rows of Parquet', () => {
  it.each(Object.keys(expected).filter((name) => name !== 'empty'))(
    '%s as pyarrow reads it',
    async (name) => {
      const rows = right(await readRows(fixture(name))())
      expect(rows.map(({ value }) => value)).toEqual(expected[name])
      expect(rows.map(({ line }) => line)).toEqual(rows.map((_, i) => i + 1))
      for (const { raw, value } of rows) {
        expect(JSON.parse(raw)).toEqual(value)
        expect(raw).not.toMatch(/\n/)
      }
    },
  )

  it('are read in every form', async () => {
    expect((await said('form-instruction'))[0]).toEqual(['do\n\nthis', 'done'])
    expect((await said('form-instruction'))[1]).toEqual(['do more', 'done more'])
    expect(await said('form-question')).toEqual([
      ['why?', 'so'],
      ['how?', 'thus'],
    ])
    expect(await said('form-goal')).toEqual([['g', 't']])
    expect(await said('form-preference')).toEqual([['a', 'b']])
    const [conversation] = right(await readDataset(fixture('messages'))()).examples
    expect(conversation?.prompt.kind).toBe('messages')
    const [tokens] = right(await readDataset(fixture('tokens'))()).examples
    expect(tokens).toMatchObject({ prompt: { kind: 'tokens', tokens: [0] }, response: { tokens: [0, 3] } })
    const pairs = right(await readDataset(fixture('pairs-zstd'))()).examples
    expect(pairs[3]).toMatchObject({ id: 'row 3', response: { kind: 'text', text: '' } })
  })

  it('are recognised by the ending of the name in upper or lower case, and have no header line', async () => {
    const path = join(folderWith(), 'X.PARQUET')
    copyFileSync(fixture('form-goal'), path)
    expect(right(await readRows(path)()).map(({ raw }) => raw)).toEqual(['{"goal":"g","target":"t"}'])
    expect(right(await readHeaderLine(path)())).toBeUndefined()
  })
})

describe('bad Parquet', () => {
  const fault = async (name: string, bytes: Uint8Array) => {
    const path = join(folderWith(), name)
    writeFileSync(path, bytes)
    const read = await readRows(path)()
    return read._tag === 'Right' ? undefined : { ...read.left, where: read.left.where?.replace(path, name) }
  }
  const bytesOf = (name: string): Buffer => readFileSync(fixture(name))

  it('is refused with its name', async () => {
    const whole = bytesOf('pairs-snappy')
    expect(await fault('x.parquet', new Uint8Array(0))).toMatchObject({
      _tag: 'FileDamaged',
      where: 'x.parquet',
    })
    expect(await fault('x.parquet', Buffer.from('{"prompt":"a"}'))).toMatchObject({
      _tag: 'FileDamaged',
      message: expect.stringContaining('PAR1') as unknown,
    })
    expect(await fault('x.parquet', whole.subarray(0, -20))).toMatchObject({
      _tag: 'FileDamaged',
      kind: 'input',
    })
    expect(await fault('x.parquet', bytesOf('empty'))).toMatchObject({ _tag: 'EmptyData' })
    expect(await fault('x.parquet.gz', whole)).toMatchObject({ _tag: 'FileUnsupported' })
    expect(await readRows(join(folderWith(), 'absent.parquet'))()).toMatchObject({
      left: { _tag: 'FileMissing' },
    })
    expect(await readRows(folderWith())()).toMatchObject({ left: { _tag: 'FileUnreadable' } })
  })

  it('names the row whose text is not UTF-8', async () => {
    const bytes = bytesOf('pairs-none')
    const at = bytes.indexOf('answer 2')
    bytes[at] = 0xff
    expect(await fault('x.parquet', bytes)).toMatchObject({
      _tag: 'BadRow',
      where: 'x.parquet:3',
      message: 'column "response" is not UTF-8 text',
    })
  })

  it('detects pages that do not agree with their checksum', async () => {
    const bytes = bytesOf('pairs-checksum')
    bytes[60] = (bytes[60] ?? 0) ^ 1
    expect((await fault('x.parquet', bytes))?.message).toMatch(/checksum|page/)
  })

  it('names the row whose form is unknown', async () => {
    const path = join(folderWith(), 'x.parquet')
    const bytes = bytesOf('form-goal')
    writeFileSync(path, Buffer.from(bytes.toString('latin1').replaceAll('goal', 'gaol'), 'latin1'))
    expect(await readDataset(path)()).toMatchObject({ left: { _tag: 'BadRow', where: `${path}:1` } })
  })
})
