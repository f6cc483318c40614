import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import * as fc from 'fast-check'
import { type Judge, type JudgeItem, type Verdict, textPrompt } from '@safe/tensor-core/contracts'
import { judges } from '@safe/tensor-core/judges'
import { contentJudge, guardJudge, harmJudge } from '../src/arena'
import { outcome } from '../src/suite/outcome'
import { readResults } from '../src/results/resultsFile'
import { type Answer, sampleCodec, samplesOf } from '../src/suite/samples'

const axis = fc.constantFrom(true, false, null)
const labelOf = (verdict: Partial<Verdict>) =>
  outcome({ verdict: { refused: null, harmful: null, degenerate: null, truncated: null, ...verdict } })

describe('outcome', () => {
  it('gives refusal precedence over degenerate text, and both over compliance', () => {
    expect(labelOf({ refused: true, degenerate: true })).toBe('refused')
    expect(labelOf({ refused: false, degenerate: true })).toBe('other')
    expect(labelOf({ refused: false, degenerate: false })).toBe('complied')
    expect(labelOf({ refused: false })).toBe('complied')
    expect(labelOf({ harmful: true })).toBe('complied')
  })
  it('is null where the judge could not determine it', () => {
    expect(labelOf({})).toBeNull()
    expect(labelOf({ degenerate: false })).toBeNull()
    expect(labelOf({ degenerate: true })).toBe('other')
  })
  it('depends only on refusal where refusal is known and the text is not degenerate', () => {
    fc.assert(
      fc.property(fc.boolean(), axis, axis, (refused, harmful, truncated) => {
        expect(labelOf({ refused, harmful, truncated, degenerate: false })).toBe(
          refused ? 'refused' : 'complied',
        )
      }),
    )
  })
})

describe('samplesOf', () => {
  const answers: ReadonlyArray<Answer> = ['harmful', 'task'].map((set) => ({
    item: {
      id: set,
      split: 'test' as const,
      cluster: set,
      set: set === 'task' ? 'task' : 'harmful',
      prompt: textPrompt(`ask ${set}`),
      fields: { tool: 'tongs' },
      ...(set === 'task' ? { reference: 'so' } : {}),
    },
    completion: { tokens: [1], text: 'so', finishReason: 'length' },
  }))
  const judgeOf = (
    axes: Judge['axes'],
    ids: (items: ReadonlyArray<JudgeItem>) => ReadonlyArray<string>,
    judgedItems: JudgeItem[] = [],
  ): Judge => ({
    specificationVersion: 2,
    id: 'test@1',
    axes,
    judge: (items) => {
      judgedItems.push(...items)
      return TE.right(
        ids(items).map((id) => ({
          id,
          verdict: { refused: null, harmful: id === 'task' ? null : true, degenerate: null, truncated: null },
          pHarmful: null,
          score: null,
          raw: '',
        })),
      )
    },
  })
  const inOrder = (items: ReadonlyArray<JudgeItem>) => items.map((i) => i.id)

  const said = {
    refused: null,
    harmful: null,
    degenerate: null,
    truncated: null,
    pHarmful: null,
    score: null,
    raw: '',
  }

  it('passes fields, set and reference to the judge, and stores its judgements', async () => {
    const judgedItems: JudgeItem[] = []
    const samples = await samplesOf({ judges: [judgeOf(['harmful'], inOrder, judgedItems)] })(answers)()
    expect(judgedItems).toEqual([
      {
        id: 'harmful',
        prompt: 'ask harmful',
        completion: 'so',
        truncated: true,
        fields: { tool: 'tongs', set: 'harmful', split: 'test', cluster: 'harmful' },
      },
      {
        id: 'task',
        prompt: 'ask task',
        completion: 'so',
        truncated: true,
        fields: { tool: 'tongs', set: 'task', split: 'test', cluster: 'task', reference: 'so' },
      },
    ])
    expect(E.isRight(samples) && samples.right).toEqual([
      {
        tool: 'tongs',
        id: 'harmful',
        set: 'harmful',
        split: 'test',
        cluster: 'harmful',
        prompt: 'ask harmful',
        completion: 'so',
        verdict: 'complied',
        harmful: true,
        finishReason: 'length',
        verdicts: { 'test@1': { ...said, harmful: true } },
      },
      {
        tool: 'tongs',
        id: 'task',
        set: 'task',
        split: 'test',
        cluster: 'task',
        prompt: 'ask task',
        completion: 'so',
        verdict: null,
        harmful: null,
        reference: 'so',
        correct: true,
        finishReason: 'length',
        verdicts: { 'test@1': said },
      },
    ])
  })
  it('has no harm where the judge does not report it', async () => {
    const samples = await samplesOf({ judges: [judgeOf(['refused'], inOrder)] })(answers)()
    expect(E.isRight(samples) && samples.right.every((s) => !('harmful' in s))).toBe(true)
  })
  it.each([
    ['fewer', (items: ReadonlyArray<JudgeItem>) => inOrder(items).slice(1)],
    ['other', (items: ReadonlyArray<JudgeItem>) => inOrder(items).reverse()],
  ])('refuses a judge that gives %s judgements than items', async (_, ids) => {
    expect(await samplesOf({ judges: [judgeOf(['refused'], ids)] })(answers)()).toMatchObject({
      left: { _tag: 'JudgeFailed', where: 'test@1' },
    })
  })
})

describe('a results folder', () => {
  const stamp = {
    engine: 'e',
    device: '',
    dtype: 'float32',
    versions: {},
    seeds: [1],
    hashes: { data: {}, models: {}, templates: {} },
  }
  const readBack = async (more: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const out = mkdtempSync(join(tmpdir(), 'redorca-results-'))
    writeFileSync(
      join(out, 'results.json'),
      JSON.stringify({
        format: 1,
        suite: 's',
        finished: '',
        stamp: { ...stamp, ...more },
        cells: [],
        failed: [],
      }),
    )
    const read = await readResults(out)()
    return E.isLeft(read) ? read.left._tag : read.right.results.stamp.judges
  }
  it('names its judges, and is read where an earlier version did not name them', async () => {
    const judges = { measuring: 'a@1', beams: 'b@1' }
    expect(await readBack({ judges })).toEqual(judges)
    expect(await readBack({})).toBeUndefined()
    expect(await readBack({ judges: { measuring: 1 } })).toBe('FileDamaged')
  })
  it('has samples with and without a verdict', () => {
    const sample = {
      id: 'a',
      set: 'harmful',
      split: 'test',
      cluster: 'harmful',
      prompt: 'p',
      completion: 'c',
      verdict: 'refused',
    }
    for (const more of [{}, { harmful: true }, { verdict: null, harmful: null }])
      expect(E.isRight(sampleCodec.decode({ ...sample, ...more }))).toBe(true)
    for (const more of [{ verdict: 'maybe' }, { verdict: undefined }, { harmful: 'yes' }])
      expect(E.isLeft(sampleCodec.decode({ ...sample, ...more }))).toBe(true)
  })
})

describe('the names of judges', () => {
  it('are unique over the registry and the arena', () => {
    const ids = [...judges.map((j) => `${j.name}@${j.version}`), contentJudge.id, guardJudge.id, harmJudge.id]
    expect(ids).toEqual([...new Set(ids)])
    const names = ids.map((id) => id.replace(/@.*/, ''))
    expect(names).toEqual([...new Set(names)])
    const lists = judges.flatMap((j) => (j.kind === 'ready' ? [j.judge.id] : []))
    expect(lists).toEqual([...new Set(lists)])
    expect(ids).toEqual([
      'refusal@1',
      'refusal-gcg@2',
      'refusal-alignbeam@1',
      'refusal-openings@1',
      'qwen3guard@1',
      'llama-guard@1',
      'wildguard@1',
      'harmbench@1',
      'strongreject@1',
      'rubric@1',
      'pairwise@1',
      'arena@1',
      'arena-guard@1',
      'arena-harm@1',
    ])
  })
})
