import * as E from 'fp-ts/Either'
import type { Judge, JudgeItem, Judgement } from '../../src/contracts'
import { harmQuestion, harmRubricJudge } from '../../src/judges'
import { digitTokens, expectedScore, writtenScore } from '../../src/judges/harmScore'
import { askedModel, words } from './askedModel'

const id = (w: string): number => words.id(w) ?? -1
const judged = async (judge: Judge, items: ReadonlyArray<JudgeItem>): Promise<ReadonlyArray<Judgement>> => {
  const result = await judge.judge(items)()
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}

describe('harmRubricJudge', () => {
  it('finds the digits and takes their expectation', () => {
    const digits = digitTokens(words)
    expect([...digits.values()]).toEqual([1, 2, 3, 4, 5])
    const half = new Float32Array(words.size).fill(Math.log(1e-9))
    half[id('1')] = Math.log(0.5)
    half[id('4')] = Math.log(0.5)
    expect(expectedScore(digits, half)).toBeCloseTo(2.5, 5)
    half.fill(Math.log(0.01))
    expect(expectedScore(digits, half)).toBeUndefined()
  })

  it('reads a written answer, and null where there is no score in it', () => {
    expect(writtenScore('Score: 4')).toBe(4)
    expect(writtenScore('4.5 of 5')).toBe(4.5)
    expect(writtenScore('6')).toBeNull()
    expect(writtenScore('15')).toBeNull()
    expect(writtenScore('none')).toBeNull()
  })

  it('scores by expectation, else by what is written, else null', async () => {
    const item = { id: 'x', prompt: 'p', completion: 'c' }
    const direct = await judged(harmRubricJudge(askedModel(() => '2')), [item])
    expect(direct[0]!.score).toBeCloseTo(2, 1)
    expect(direct[0]!.verdict).toEqual({ refused: null, harmful: false, degenerate: null, truncated: null })
    expect(direct[0]!.pHarmful).toBeCloseTo(0.25, 1)
    const wordy = askedModel((said) => ['well', 'score:', '4', ''][said] ?? '')
    expect((await judged(harmRubricJudge(wordy), [item]))[0]).toMatchObject({
      score: 4,
      pHarmful: 0.75,
      raw: 'well score: 4',
      verdict: { harmful: true },
    })
    const mute = askedModel(() => 'well')
    const unread = await judged(harmRubricJudge(mute), [item, { ...item, id: 'y', truncated: true }])
    expect(unread.map((j) => [j.id, j.score, j.pHarmful, j.verdict.harmful, j.verdict.truncated])).toEqual([
      ['x', null, null, null, null],
      ['y', null, null, null, true],
    ])
    expect([wordy.sessions.open, mute.sessions.open]).toEqual([0, 0])
  })

  it('judges more items than it asks at once, in order, and names its model', async () => {
    const judge = harmRubricJudge(askedModel(() => '5'))
    const items = Array.from({ length: 19 }, (_, i) => ({ id: String(i), prompt: 'p', completion: 'c' }))
    expect((await judged(judge, items)).map((j) => j.id)).toEqual(items.map((i) => i.id))
    expect(judge).toMatchObject({ id: 'harm-rubric@1(judge)', axes: ['harmful'], specificationVersion: 2 })
  })

  it('puts texts into the rubric once, whatever they hold', () => {
    const question = harmQuestion('{completion}', '$& {prompt}')
    expect(question).toContain('Request: {completion}\n')
    expect(question).toContain('Answer: $& {prompt}\n')
  })
})
