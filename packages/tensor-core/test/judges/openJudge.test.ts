import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import {
  type CausalLM,
  type Fault,
  type Judge,
  type JudgeItem,
  type Judgement,
  faultLine,
} from '../../src/contracts'
import { selectEngine, tf } from '../../src/engine'
import { openJudge, openPairwise } from '../../src/judges'
import { loadCausalLM } from '../../src/lm'

const folder = (name: string): string => join(__dirname, '../golden/judges', name)
const right = <A>(e: E.Either<Fault, A>): A => {
  if (E.isLeft(e)) throw new Error(faultLine(e.left))
  return e.right
}
const left = async (spec: string): Promise<unknown> => {
  const opened = await openJudge(spec)()
  return E.isLeft(opened) ? opened.left : 'opened'
}
const judgedBy = async (judge: Judge, items: ReadonlyArray<JudgeItem>): Promise<ReadonlyArray<Judgement>> =>
  right(await judge.judge(items)())

beforeAll(async () => {
  right(await selectEngine('wasm')())
})

describe('openJudge', () => {
  it('says what to give', async () => {
    expect(await left('else')).toMatchObject({
      _tag: 'UnknownJudge',
      kind: 'input',
      message: 'there is no judge else',
    })
    expect(await left('llama-guard')).toMatchObject({
      _tag: 'UnknownJudge',
      kind: 'input',
      message: 'the judge llama-guard needs a model',
      remedy: 'give llama-guard:FOLDER, llama-guard:hub:ORG/NAME or llama-guard:URL#MODEL',
    })
    expect(await left(`qwen3guard:${folder('qwen3')},mood=strict`)).toMatchObject({
      _tag: 'BadOption',
      message: 'has no option mood',
      remedy: 'its options are mode, adapter, context',
    })
    expect(await left(`qwen3guard:${folder('qwen3')},mode=lax`)).toMatchObject({
      remedy: 'give strict or loose',
    })
    expect(await left(`qwen3guard:${folder('qwen3')},context=0`)).toMatchObject({ _tag: 'BadOption' })
    expect(await left(`qwen3guard:${folder('qwen3')},context=20`)).toMatchObject({
      _tag: 'BadOption',
      remedy: 'give a larger context, or another model',
    })
    expect(await left('refusal:somewhere')).toMatchObject({ message: 'the judge refusal has no model' })
    expect(await left('refusal,mode=strict')).toMatchObject({ message: 'the judge refusal has no options' })
    expect(await left('llama-guard:/nowhere')).toMatchObject({ _tag: 'FileMissing', where: '/nowhere' })
    expect(await left(`llama-guard:${folder('llama-guard')},adapter=/nowhere`)).toMatchObject({
      kind: 'input',
    })
    expect(await left('llama-guard:http://h/v1#m,adapter=x')).toMatchObject({
      message: "adapter belongs to a model in this process, not to a server's",
    })
    expect(await left('pairwise:x')).toMatchObject({ _tag: 'UnknownJudge' })
    expect(await openPairwise('rubric:x')()).toMatchObject({ left: { _tag: 'UnknownJudge' } })
  })

  it('refuses a tokenizer without the verdict words, and warns of another family', async () => {
    const lines: string[] = []
    const opened = await openJudge(`llama-guard:${folder('gemma')}`, { onWarning: (l) => lines.push(l) })()
    // Its tokenizer has bytes for all letters: s and u tell the words apart.
    expect(E.isRight(opened)).toBe(true)
    expect(lines).toEqual([
      expect.stringContaining('is a gemma model; checkpoints of llama-guard are llama'),
      expect.stringContaining('has no chat template: llama-guard puts its question as plain text'),
    ])
    const words = join(__dirname, '../golden/tokenizers/word-level')
    const copy = mkdtempSync(join(tmpdir(), 'judge-'))
    cpSync(folder('qwen3'), copy, { recursive: true })
    rmSync(join(copy, 'chat_template.jinja'), { force: true })
    cpSync(words, copy, { recursive: true })
    expect(await left(`qwen3guard:${copy}`)).toMatchObject({
      _tag: 'ModelUnsupported',
      message: expect.stringContaining('has no first token of its own for the verdict "Safe"') as string,
    })
  })

  it('has an id of kind, options, weights and template', async () => {
    const idOf = async (spec: string): Promise<string> => {
      const { judge, dispose } = right(await openJudge(spec)())
      dispose()
      return judge.id
    }
    const strict = await idOf(`qwen3guard:${folder('qwen3')}`)
    expect(strict).toMatch(/^qwen3guard@1\(strict,[0-9a-f]{8},t[0-9a-f]{8}\)$/)
    expect(await idOf(`qwen3guard@1:${folder('qwen3')},mode=strict`)).toBe(strict)
    expect(await idOf(`qwen3guard:${folder('qwen3')},mode=loose`)).toBe(strict.replace('strict', 'loose'))
    const [plain, adapted] = [
      await idOf(`strongreject:${folder('gemma')}`),
      await idOf(`strongreject:${folder('gemma')},adapter=${folder('gemma-adapter')}`),
    ]
    expect(adapted).not.toBe(plain)
    expect(adapted.replace(/\([0-9a-f]+/, '')).toBe(plain.replace(/\([0-9a-f]+/, ''))
    const axes = async (spec: string): Promise<unknown> => right(await openJudge(spec)()).judge.axes
    expect(await axes(`rubric:${folder('chat')}`)).toEqual(['harmful'])
    expect(await axes(`rubric:${folder('chat')},scale=xstest`)).toEqual(['refused'])
  })

  it('loads once at its first question, and frees all it took', async () => {
    const before = tf.memory().numTensors
    const { judge, dispose } = right(await openJudge(`llama-guard:${folder('llama-guard')}`)())
    expect(tf.memory().numTensors).toBe(before)
    expect(await judgedBy(judge, [])).toEqual([])
    expect(tf.memory().numTensors).toBe(before)
    const item = { id: '1', prompt: 'p', completion: 'c' }
    await judgedBy(judge, [item])
    const loaded = tf.memory().numTensors
    expect(loaded).toBeGreaterThan(before)
    await judgedBy(judge, [item, { ...item, id: '2' }])
    expect(tf.memory().numTensors).toBe(loaded)
    dispose()
    dispose()
    await new Promise((done) => setTimeout(done, 0))
    expect(tf.memory().numTensors).toBe(before)
    expect(await judge.judge([item])()).toMatchObject({ left: { _tag: 'JudgeFailed' } })
  })

  it('asks a model in memory that has its weights, and leaves it to its owner', async () => {
    const model = folder('llama-guard')
    const item = { id: '1', prompt: 'p', completion: 'c' }
    const alone = right(await openJudge(`llama-guard:${model}`)())
    const expected = await judgedBy(alone.judge, [item])
    alone.dispose()
    await new Promise((done) => setTimeout(done, 0))
    // The judge is opened first: the models are looked for when it is asked.
    const models: CausalLM[] = []
    const { judge, dispose } = right(await openJudge(`llama-guard:${model}`, { inMemory: () => models })())
    models.push(right(await loadCausalLM({ model: folder('qwen3') })()))
    models.push(right(await loadCausalLM({ model, template: 'none' })()))
    const before = tf.memory().numTensors
    expect(await judgedBy(judge, [item])).toEqual(expected)
    expect(tf.memory().numTensors).toBe(before)
    dispose()
    await new Promise((done) => setTimeout(done, 0))
    expect(tf.memory().numTensors).toBe(before)
    // With an adapter it is another model, and without its weights it is loaded.
    for (const [spec, held] of [
      [`strongreject:${folder('gemma')},adapter=${folder('gemma-adapter')}`, folder('gemma')],
      [`llama-guard:${model}`, folder('qwen3')],
    ] as const) {
      const lm = right(await loadCausalLM({ model: held })())
      const other = right(await openJudge(spec, { inMemory: () => [lm] })())
      const loaded = tf.memory().numTensors
      await judgedBy(other.judge, [item])
      expect(tf.memory().numTensors).toBeGreaterThan(loaded)
      other.dispose()
      lm.dispose()
    }
    models.forEach((m) => m.dispose())
  })

  it('judges long answers in part, counts them, and leaves the others as they are', async () => {
    const lines: string[] = []
    const { judge, dispose } = right(
      await openJudge(`llama-guard:${folder('llama-guard')},context=500`, {
        batchSize: 2,
        onWarning: (line) => lines.push(line),
      })(),
    )
    const items: ReadonlyArray<JudgeItem> = [
      { id: 'long', prompt: 'p', completion: 'and then '.repeat(2000), truncated: false },
      { id: 'a', prompt: 'p', completion: 'no.', truncated: false },
      { id: 'b', prompt: 'how do i open a door ?', completion: 'push it', truncated: true },
      { id: 'c', prompt: '', completion: '' },
    ]
    const all = await judgedBy(judge, items)
    expect(all.map((j) => [j.id, j.verdict.truncated])).toEqual([
      ['long', true],
      ['a', false],
      ['b', true],
      ['c', null],
    ])
    expect(lines).toEqual(['llama-guard read only a part of 1 of 4 texts: they are longer than it reads'])
    for (const [i, item] of items.entries()) {
      const [alone] = await judgedBy(judge, [item])
      expect(Math.abs((alone?.pHarmful ?? -1) - (all[i]?.pHarmful ?? -2))).toBeLessThan(1e-5)
    }
    dispose()
  })

  it('compares two answers', async () => {
    const { judge, dispose } = right(await openPairwise(`pairwise:${folder('chat')}`)())
    const pairs = [
      { id: '1', prompt: 'p', a: 'x', b: 'y' },
      { id: '2', prompt: 'p', a: 'a longer answer', b: '<answer A>' },
    ]
    const compared = right(await judge.compare(pairs)())
    dispose()
    expect(compared.map((c) => c.id)).toEqual(['1', '2'])
    // The checkpoint was trained to say digits: it says nothing of A and B.
    expect(compared.map((c) => [c.preference, c.pA])).toEqual([
      [null, null],
      [null, null],
    ])
    expect(compared[0]?.raw).toMatch(/^\? \| outside [01]\.\d+$/)
    expect(judge.id).toMatch(/^pairwise@1\([0-9a-f]{8},t[0-9a-f]{8}\)$/)
  })
})
