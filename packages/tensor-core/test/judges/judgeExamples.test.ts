import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { type Fault, faultLine } from '../../src/contracts'
import { selectEngine } from '../../src/engine'
import { readDataset } from '../../src/formats'
import { type LabelledItem, judgeExamples, openJudge, verdictWords } from '../../src/judges'
import { openModel, recipeDefaults, trainAdapter } from '../../src/lm'

const golden = join(__dirname, '../golden')
const folder = (name: string): string => join(golden, 'judges', name)
const right = <A>(e: E.Either<Fault, A>): A => {
  if (E.isLeft(e)) throw new Error(faultLine(e.left))
  return e.right
}
const labelled = (word: string, completion = 'push it'): LabelledItem => ({
  item: { id: 'x', prompt: 'how do i open it ?', completion },
  word,
})
const decoded = async (name: string, ids: ReadonlyArray<number>): Promise<string | undefined> =>
  right(await openModel(folder(name), { template: 'none' })()).tokenizer?.decode(ids, { skipSpecial: false })
const spelled = async (name: string, ids: ReadonlyArray<number>): Promise<string> => {
  const { tokenizer } = right(await openModel(folder(name), { template: 'none' })())
  return ids.map((id) => tokenizer?.token(id) ?? '?').join('')
}

const cases = t.array(
  t.type({
    kind: t.string,
    options: t.record(t.string, t.string),
    folder: t.string,
    judged: t.record(t.string, t.string),
    ids: t.array(t.number),
  }),
)
const prompts = cases.decode(JSON.parse(readFileSync(join(golden, 'judge-prompts.json'), 'utf8')))

describe('judgeExamples', () => {
  it.each(
    (E.isRight(prompts) ? prompts.right : [])
      .filter((c) => c.kind !== 'pairwise' && c.options['scale'] !== 'strongreject')
      .map((c) => [`${c.kind} ${JSON.stringify(c.options)} of ${c.folder}`, c] as const),
  )('has the prompts that transformers gives: %s', async (_, c) => {
    const { prompt = '', completion = '', context } = c.judged
    const fields = context === undefined ? {} : { fields: { context } }
    const spec = { kind: c.kind, model: folder(c.folder), options: c.options }
    const [word = ''] = right(verdictWords(spec))
    const rows = right(
      await judgeExamples(spec, [{ item: { id: 'x', prompt, completion, ...fields }, word }])(),
    )
    expect(rows.map(({ promptTokens }) => promptTokens)).toEqual([c.ids])
  })

  it.each([
    ['llama-guard', 'llama-guard', 'unsafe', 'ĊĊunsafe<|eot_id|>'],
    ['rubric', 'chat', '4', '4<|eot_id|>'],
    ['rubric,scale=xstest', 'chat', '2_full_refusal', '2_full_refusal<|eot_id|>'],
    // Its blank is a token of its own, which tells no words apart.
    ['rubric', 'gemma', '4', '4<eos>'],
    ['harmbench', 'mistral', 'Yes', 'Yes</s>'],
    // Without a chat template the question ends in "Score:", after which a digit follows a blank.
    ['rubric', 'mistral', '4', '▁4</s>'],
    ['strongreject', 'gemma', '5', '5<eos>'],
  ])('teaches %s of %s to reply %s', async (given, name, word, reply) => {
    const [kind = '', option] = given.split(',')
    const spec = [`${kind}:${folder(name)}`, ...(option === undefined ? [] : [option])].join(',')
    const [row] = right(await judgeExamples(spec, [labelled(word)])())
    expect(await spelled(name, row?.responseTokens ?? [])).toBe(reply)
  })

  it('begins with the token that is scored, also where a tokenizer merges it with what follows', async () => {
    const copy = mkdtempSync(join(tmpdir(), 'merging-'))
    cpSync(folder('mistral'), copy, { recursive: true })
    const path = join(copy, 'tokenizer.json')
    const file = JSON.parse(readFileSync(path, 'utf8')) as {
      model: { vocab: Record<string, number>; merges: ReadonlyArray<unknown> }
    }
    const joined = (merge: unknown): string => [merge].flat().join('').replace(' ', '')
    // The piece in place of one that the reply does not need and that no other piece is made of.
    const spare = Object.keys(file.model.vocab).find(
      (piece) =>
        piece.length > 4 && file.model.merges.every((m) => !joined(m).includes(piece) || joined(m) === piece),
    )
    if (spare === undefined) throw new Error('no spare piece')
    const { [spare]: id = -1, ...vocab } = file.model.vocab
    const merges = [...file.model.merges.filter((m) => joined(m) !== spare), ['▁1', '_']]
    writeFileSync(
      path,
      JSON.stringify({ ...file, model: { ...file.model, vocab: { ...vocab, '▁1_': id }, merges } }),
    )
    const { tokenizer } = right(await openModel(copy, { template: 'none' })())
    expect(tokenizer?.encodeInner(' 1_full')[0]).toBe(id)
    const [row] = right(await judgeExamples(`rubric:${copy},scale=xstest`, [labelled('1_full_compliance')])())
    expect(row?.responseTokens[0]).toBe(tokenizer?.id('▁1'))
    expect(tokenizer?.decode(row?.responseTokens ?? [], { skipSpecial: true })).toBe('1_full_compliance')
    rmSync(copy, { recursive: true })
  })

  it('breaks up control text, cuts what is too long, and says so', async () => {
    const lines: string[] = []
    const spec = `llama-guard:${folder('llama-guard')},context=500`
    const rows = right(
      await judgeExamples(
        spec,
        [labelled('safe', 'so <|eot_id|> and'), labelled('safe', 'and then '.repeat(2000))],
        { onWarning: (line) => lines.push(line) },
      )(),
    )
    expect(rows.map(({ cut }) => cut)).toEqual([false, true])
    expect(await decoded('llama-guard', rows[0]?.promptTokens ?? [])).toContain('so < |eot_id|> and')
    expect(rows[1]?.promptTokens.length).toBeLessThanOrEqual(500)
    expect(lines).toEqual(['llama-guard read only a part of 1 of 2 texts: they are longer than it reads'])
  })

  it('trains a judge: two steps raise the share of the label', async () => {
    right(await selectEngine('wasm')())
    const spec = `llama-guard:${folder('llama-guard')}`
    const share = async (of: string): Promise<number> => {
      const { judge, dispose } = right(await openJudge(of)())
      const [said] = right(await judge.judge([labelled('').item])())
      dispose()
      return said?.pHarmful ?? Number.NaN
    }
    const before = await share(spec)
    const word = before > 0.5 ? 'safe' : 'unsafe'
    const rows = right(await judgeExamples(spec, [labelled(word)])())
    const work = mkdtempSync(join(tmpdir(), 'examples-'))
    const file = join(work, 'examples.jsonl')
    writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    const out = join(work, 'adapter')
    right(
      await trainAdapter({
        model: folder('llama-guard'),
        data: right(await readDataset(file)()),
        recipe: { ...recipeDefaults, rank: 4, dropout: 0, lr: 0.02, maxSteps: 2, maxLength: 2048 },
        seed: 1,
        out,
      })(),
    )
    const after = await share(`${spec},adapter=${out}`)
    expect(word === 'safe' ? before - after : after - before).toBeGreaterThan(0.01)
  })

  it('refuses what cannot be taught', async () => {
    const left = async (spec: string, ...items: ReadonlyArray<LabelledItem>): Promise<unknown> => {
      const made = await judgeExamples(spec, items)()
      return E.isLeft(made) ? made.left : 'made'
    }
    const at = folder('llama-guard')
    expect(await left(`llama-guard:${at}`, { ...labelled('bad'), where: 'l.jsonl:3' })).toMatchObject({
      _tag: 'BadRow',
      kind: 'input',
      where: 'l.jsonl:3',
      message: 'label bad is no verdict of this judge',
      remedy: 'its verdicts are safe, unsafe',
    })
    expect(await left(`qwen3guard:${folder('qwen3')}`)).toMatchObject({
      _tag: 'BadOption',
      message:
        'a reply of qwen3guard has several verdicts (safety, refusal), one label does not say them all',
    })
    expect(await left(`rubric:${at},scale=strongreject`)).toMatchObject({
      message: expect.stringContaining('refusal, convincing, specific') as string,
    })
    expect(await left('refusal')).toMatchObject({
      message: 'the judge refusal asks no model that could be trained',
    })
    expect(await left(`pairwise:${at}`)).toMatchObject({ _tag: 'BadOption' })
    expect(await left('llama-guard')).toMatchObject({ message: 'the judge llama-guard needs a model' })
    expect(await left('rubric:http://h/v1#m')).toMatchObject({ remedy: 'give the folder of a model' })
    expect(await left(`rubric:${at},scale=big`)).toMatchObject({ _tag: 'BadOption' })
    expect(await left('llama-guard:/nowhere')).toMatchObject({ _tag: 'FileMissing' })
  })
})
