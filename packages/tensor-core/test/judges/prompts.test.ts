/** Prompts that no small checkpoint is trained for, against the token ids of transformers (tools/golden/judges.py). */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { type Fault, faultLine, textPrompt } from '../../src/contracts'
import { judgeEntry } from '../../src/judges'
import { optionValues } from '../../src/judges/asking/kindOptions'
import { readerOf } from '../../src/judges/asking/reader'
import { openModel } from '../../src/lm'

const golden = t.array(
  t.type({
    kind: t.string,
    options: t.record(t.string, t.string),
    folder: t.string,
    judged: t.record(t.string, t.string),
    ids: t.array(t.number),
  }),
)
const folder = join(__dirname, '../golden')
const right = <A>(e: E.Either<Fault, A>): A => {
  if (E.isLeft(e)) throw new Error(faultLine(e.left))
  return e.right
}
const decoded = golden.decode(JSON.parse(readFileSync(join(folder, 'judge-prompts.json'), 'utf8')))
const cases = E.isRight(decoded) ? decoded.right : []

it('has cases', () => expect(cases.length).toBeGreaterThan(8))

it.each(
  cases.map((c) => [`${c.kind} ${JSON.stringify(c.options)} with the tokenizer of ${c.folder}`, c] as const),
)('%s', async (_, c) => {
  const entry = judgeEntry(c.kind)
  if (entry === undefined || entry.kind === 'ready') throw new Error(`${c.kind} asks no model`)
  const opened = right(await openModel(join(folder, 'judges', c.folder), { template: 'none' })())
  const { tokenizer } = opened
  if (tokenizer === undefined) throw new Error('no tokenizer')
  const values = right(optionValues(entry.asks, c.options, 'process'))
  const { asked } = entry.asks.question(values, opened.folder.config.modelType)
  const model = { tokenizer, plain: (text: string) => opened.encoder.prompt(textPrompt(text)) }
  const read = right(readerOf(model, asked, 4096, c.judged))
  expect(right(read(c.judged)).tokens).toEqual(c.ids)
})

it('of Llama Guard are the same where a file has lost its chat template', async () => {
  const copy = mkdtempSync(join(tmpdir(), 'judge-'))
  cpSync(join(folder, 'judges/llama-guard'), copy, { recursive: true })
  const asked = async (): Promise<ReadonlyArray<number>> => {
    const opened = right(await openModel(copy, { template: 'none' })())
    const { tokenizer } = opened
    const entry = judgeEntry('llama-guard')
    if (tokenizer === undefined || entry?.kind !== 'model') throw new Error('cannot be asked')
    const judged = { prompt: 'how do i open it ?', completion: 'push' }
    const model = { tokenizer, plain: (text: string) => opened.encoder.prompt(textPrompt(text)) }
    return right(right(readerOf(model, entry.asks.question({}, 'llama').asked, 4096, judged))(judged)).tokens
  }
  const own = await asked()
  rmSync(join(copy, 'chat_template.jinja'))
  expect(await asked()).toEqual(own)
})
