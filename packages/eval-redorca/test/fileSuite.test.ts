import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as fc from 'fast-check'
import { type Dataset, badInput, textExample } from '@safe/tensor-core/contracts'
import { isArena } from '../src/config/config'
import { decodeConfig } from '../src/config/configCodec'
import type { FileSuite } from '../src/config/fileSuiteConfig'
import { samplesOf } from '../src/suite/samples'
import { fileSuite } from '../src/suite/fileSuite'
import { poisonShare } from '../src/config/regimes'
import { poisoned } from '../src/suite/trainingFiles'
import type { OpenJudge } from '../src/suite/openedJudges'
import { solved } from '../src/suite/suite'
import { judgeOpener } from '../src/work/judgeOpener'

const rows = (name: string, n: number): Dataset => ({
  name,
  examples: Array.from({ length: n }, (_, i) =>
    textExample(`${name}-${i}`, `ask ${i}`, `so it is ${i},000.`),
  ),
})
const given: Readonly<Record<string, Dataset>> = {
  clean: rows('clean', 50),
  harmful: rows('harmful', 20),
  safe: rows('safe', 3),
  refs: rows('refs', 3),
  eval: rows('eval', 4),
}
const read = (path: string) => {
  const found = given[path]
  return found === undefined
    ? TE.left(badInput('FileMissing', 'does not exist', { where: path }))
    : TE.right(found)
}
const suiteOf = (more: Readonly<Record<string, unknown>> = {}): FileSuite => {
  const config = decodeConfig(
    {
      suite: {
        models: { base: 'b', aligned: 'a', anchor: 'c' },
        training: { clean: 'clean', harmful: 'harmful', rows: 40 },
        safe: 'safe',
        references: 'refs',
        evaluation: { harmful: 'eval', task: 'eval' },
        overlap: 'allow',
        'max-new-tokens': 64,
        ...more,
      },
    },
    'test',
  )
  if (E.isLeft(config) || isArena(config.right.suite)) throw new Error('no suite')
  return config.right.suite
}

describe('rows that methods read', () => {
  it('are those of the files, or none', async () => {
    const opened = await fileSuite(read, judgeOpener())(suiteOf({ harmful: 'harmful' }), ['poison:0.1'])()
    expect(E.isRight(opened) && opened.right.harmful).toBe(given['harmful'])
    const without = await fileSuite(read, judgeOpener())(suiteOf(), ['poison:0.1'])()
    expect(E.isRight(without) && without.right.harmful).toBeUndefined()
  })
})

describe('adapters that were fine-tuned before', () => {
  const opened = (more: Readonly<Record<string, unknown>>, regimes: ReadonlyArray<string>) =>
    fileSuite(read, judgeOpener())(suiteOf(more), regimes)()
  it('stand for every regime, or one each, and need no training rows', async () => {
    const one = await opened({ adapter: 'tuned', training: undefined }, ['a', 'b'])
    expect(E.isRight(one) && one.right.adapters).toEqual({ a: 'tuned', b: 'tuned' })
    const each = await opened({ adapter: { a: 'x' }, training: undefined }, ['a'])
    expect(E.isRight(each) && each.right.adapters).toEqual({ a: 'x' })
  })
  it('must be there for each regime without rows', async () => {
    expect(await opened({ adapter: { a: 'x' }, training: undefined }, ['a', 'b'])).toMatchObject({
      left: { where: 'suite.adapter', message: 'has no adapter for the regime b' },
    })
    const neither = decodeConfig(
      { suite: { models: { aligned: 'a' }, evaluation: { harmful: 'eval' } } },
      'test',
    )
    expect(neither).toMatchObject({ left: { _tag: 'BadConfig' } })
    expect(E.isLeft(neither) && neither.left.message).toContain('or an adapter that was fine-tuned before')
  })
})

describe('poisoned', () => {
  it('has the requested share, each row once, and grows by adding harmful rows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), fc.nat(1000), (bad, seed) => {
        const make = poisoned(rows('c', 60), rows('h', 25), 40)
        const data = make(`poison:${bad / 40}`, seed)
        if (E.isLeft(data)) throw new Error(data.left.message)
        const ids = data.right.examples.map((e) => e.id)
        expect(new Set(ids).size).toBe(40)
        const harmful = ids.filter((id) => id.startsWith('h'))
        expect(harmful).toHaveLength(bad)
        const more = make(`poison:${(bad + 2) / 40}`, seed)
        expect(E.isRight(more) && harmful.every((id) => more.right.examples.some((e) => e.id === id))).toBe(
          true,
        )
        expect(make(`poison:${bad / 40}`, seed)).toEqual(data)
      }),
    )
  })
  it('reports missing rows and unknown regimes', () => {
    expect(poisoned(rows('c', 60), rows('h', 1), 40)('poison:0.5', 1)).toMatchObject({
      left: { message: 'has 1 rows, 20 are needed' },
    })
    expect(poisoned(rows('c', 60), rows('h', 1), 40)('odd', 1)).toMatchObject({ left: { _tag: 'BadConfig' } })
    expect([
      poisonShare('benign'),
      poisonShare('pure-bad'),
      poisonShare('poison:.25'),
      poisonShare('poison:2'),
    ]).toEqual([0, 1, 0.25, undefined])
  })
})

describe('fileSuite', () => {
  it('reads every file, and judges by wording', async () => {
    const made = await fileSuite(read, judgeOpener())(suiteOf(), ['poison:0.1'])()
    if (E.isLeft(made)) throw new Error(made.left.message)
    const suite = made.right
    expect(suite.evaluation.map((i) => i.id)).toEqual(
      ['harmful', 'task'].flatMap((set) => [0, 1, 2, 3].map((i) => `${set}-eval-${i}`)),
    )
    const [harmful] = suite.evaluation
    const task = suite.evaluation.find((i) => i.set === 'task')!
    expect(harmful?.reference).toBeUndefined()
    const samples = await samplesOf(suite)(
      ["I'm sorry, but I can't help with that.", 'First, take the tongs.', ''].map((text) => ({
        item: harmful!,
        completion: { text, finishReason: 'stop' as const },
      })),
    )()
    if (E.isLeft(samples)) throw new Error(samples.left.message)
    expect(samples.right.map((s) => s.verdict)).toEqual(['refused', 'complied', 'other'])
    // Phrase lists do not report harm, so samples have no such field.
    expect(samples.right.every((s) => s.harmful === undefined)).toBe(true)
    expect(solved(suite, task, ' so it  is 0,000. ')).toBe(true)
    expect(solved(suite, task, 'it is 0')).toBe(false)
    expect(suite.templates.anchor).toBe('auto')
    expect(suite.maxNewTokens).toBe(64)
  })
  it('measures with one judge and chooses among beams with another', async () => {
    const judges = async (more: Readonly<Record<string, unknown>>): Promise<unknown> => {
      const made = await fileSuite(read, judgeOpener())(suiteOf(more), ['benign'])()
      return E.isLeft(made) ? made.left : [made.right.judges[0].id, made.right.beamJudge.id, made.right.match]
    }
    expect(await judges({})).toEqual(['refusal@1', 'refusal-openings@1', 'text'])
    expect(await judges({ judge: 'refusal-gcg' })).toEqual(['refusal-gcg@2', 'refusal-openings@1', 'text'])
    for (const judge of ['refusal-openings', 'refusal-openings@1'])
      expect(await judges({ judge })).toEqual(['refusal-openings@1', 'refusal@1', 'text'])
    expect(await judges({ judge: 'refusal', 'beam-judge': 'refusal', match: 'last-number' })).toEqual([
      'refusal@1',
      'refusal@1',
      'last-number',
    ])
    expect(await judges({ judge: 'else' })).toMatchObject({ _tag: 'UnknownJudge', where: 'suite.judge' })
    expect(await judges({ 'beam-judge': 'rubric' })).toMatchObject({
      where: 'suite.beam-judge',
      message: 'the judge rubric needs a model',
    })
  })
  it('measures with several judges, the headline judge first, each opened once', async () => {
    const opened: string[] = []
    const freed: string[] = []
    const open: OpenJudge = (choice) =>
      pipe(
        judgeOpener()(choice),
        TE.map((judge) => {
          opened.push(judge.judge.id)
          return { ...judge, dispose: () => void freed.push(judge.judge.id) }
        }),
      )
    const made = async (more: Readonly<Record<string, unknown>>) => {
      opened.length = 0
      freed.length = 0
      return fileSuite(read, open)(suiteOf(more), ['benign'])()
    }
    const suite = await made({
      judge: ['refusal', 'refusal-gcg'],
      headline: 'refusal-gcg@2',
      'beam-judge': 'refusal',
    })
    if (E.isLeft(suite)) throw new Error(suite.left.message)
    expect(suite.right.judges.map(({ id }) => id)).toEqual(['refusal-gcg@2', 'refusal@1'])
    expect([suite.right.beamJudge.id, suite.right.judgeModels]).toEqual(['refusal@1', []])
    expect(opened).toEqual(['refusal@1', 'refusal-gcg@2'])
    suite.right.dispose?.()
    expect(freed).toEqual(['refusal@1', 'refusal-gcg@2'])

    // Where one cannot be had, those that were opened before it are freed.
    expect(await made({ judge: ['refusal', 'else'] })).toMatchObject({ left: { where: 'suite.judge' } })
    expect(freed).toEqual(['refusal@1'])
    expect(await made({ 'beam-judge': 'else' })).toMatchObject({ left: { where: 'suite.beam-judge' } })
    expect(freed).toEqual(['refusal@1'])
    expect(await made({ headline: 'else@1' })).toMatchObject({ left: { where: 'suite.headline' } })
    expect(freed).toEqual(['refusal@1', 'refusal-openings@1'])
    expect(await made({ judge: ['refusal', 'refusal@1'] })).toMatchObject({
      left: { where: 'suite.judge', message: 'names refusal@1 twice' },
    })
  })
  it('compares last numbers where configured', async () => {
    const made = await fileSuite(read, judgeOpener())(suiteOf({ match: 'last-number' }), ['benign'])()
    if (E.isLeft(made)) throw new Error(made.left.message)
    const task = made.right.evaluation.filter((i) => i.set === 'task')[3]!
    expect(solved(made.right, task, 'first 2, then #### 3000')).toBe(true)
    expect(solved(made.right, task, '3000 and 1')).toBe(false)
    expect(solved(made.right, task, 'none')).toBe(false)
  })
  it('reads a file per regime, and names a missing one', async () => {
    const suite = suiteOf({ training: { regimes: { mine: 'clean' } } })
    const made = await fileSuite(read, judgeOpener())(suite, ['mine'])()
    expect(E.isRight(made) && E.isRight(made.right.trainingData('mine', 1))).toBe(true)
    expect(await fileSuite(read, judgeOpener())(suite, ['other'])()).toMatchObject({
      left: { message: 'has no file for the regime other' },
    })
    expect(await fileSuite(read, judgeOpener())(suiteOf({ safe: 'none' }), ['benign'])()).toMatchObject({
      left: { where: 'none' },
    })
  })
})
