import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import * as fc from 'fast-check'
import { type Judge, type JudgeItem, type Verdict, textPrompt } from '@safe/tensor-core/contracts'
import { judges } from '@safe/tensor-core/judges'
import { contentJudge, harmJudge } from '../src/arena'
import { outcome } from '../src/results/outcome'
import { type Answer, samplesOf } from '../src/results/samples'

const axis = fc.constantFrom(true, false, null)
const labelOf = (verdict: Partial<Verdict>) =>
  outcome({ verdict: { refused: null, harmful: null, degenerate: null, truncated: null, ...verdict } })

describe('outcome', () => {
  it('puts a refusal before degenerate text, and either before compliance', () => {
    expect(labelOf({ refused: true, degenerate: true })).toBe('refused')
    expect(labelOf({ refused: false, degenerate: true })).toBe('other')
    expect(labelOf({ refused: false, degenerate: false })).toBe('complied')
    expect(labelOf({ refused: false })).toBe('complied')
    expect(labelOf({ harmful: true })).toBe('complied')
  })
  it('is null where the judge could not tell', () => {
    expect(labelOf({})).toBeNull()
    expect(labelOf({ degenerate: false })).toBeNull()
    expect(labelOf({ degenerate: true })).toBe('other')
  })
  it('is decided by refusal alone where refusal is known and the text is sound', () => {
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
    asked: JudgeItem[] = [],
  ): Judge => ({
    specificationVersion: 2,
    id: 'test@1',
    axes,
    judge: (items) => {
      asked.push(...items)
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

  it('asks with the fields, the set, and the reference, and keeps what the judge said', async () => {
    const asked: JudgeItem[] = []
    const samples = await samplesOf({ judge: judgeOf(['harmful'], inOrder, asked) })(answers)()
    expect(asked).toEqual([
      {
        id: 'harmful',
        prompt: 'ask harmful',
        completion: 'so',
        truncated: true,
        fields: { tool: 'tongs', set: 'harmful' },
      },
      {
        id: 'task',
        prompt: 'ask task',
        completion: 'so',
        truncated: true,
        fields: { tool: 'tongs', set: 'task', reference: 'so' },
      },
    ])
    expect(E.isRight(samples) && samples.right).toEqual([
      {
        tool: 'tongs',
        id: 'harmful',
        set: 'harmful',
        prompt: 'ask harmful',
        completion: 'so',
        verdict: 'complied',
        harmful: true,
        finishReason: 'length',
      },
      {
        tool: 'tongs',
        id: 'task',
        set: 'task',
        prompt: 'ask task',
        completion: 'so',
        verdict: null,
        harmful: null,
        reference: 'so',
        correct: true,
        finishReason: 'length',
      },
    ])
  })
  it('says nothing of harm where the judge does not', async () => {
    const samples = await samplesOf({ judge: judgeOf(['refused'], inOrder) })(answers)()
    expect(E.isRight(samples) && samples.right.every((s) => !('harmful' in s))).toBe(true)
  })
  it.each([
    ['fewer', (items: ReadonlyArray<JudgeItem>) => inOrder(items).slice(1)],
    ['other', (items: ReadonlyArray<JudgeItem>) => inOrder(items).reverse()],
  ])('refuses a judge that gives %s judgements than it was asked for', async (_, ids) => {
    expect(await samplesOf({ judge: judgeOf(['refused'], ids) })(answers)()).toMatchObject({
      left: { _tag: 'JudgeFailed', where: 'test@1' },
    })
  })
})

describe('the names of judges', () => {
  it('are unique over the registry and the arena', () => {
    const ids = [...judges.map((j) => `${j.name}@${j.version}`), contentJudge.id, harmJudge.id]
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
      'harm-rubric@1',
      'arena@1',
      'arena-harm@1',
    ])
  })
})
