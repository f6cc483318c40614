import { chooseBeam } from '../src/mixing/chooseBeam'
import { digitTokens, expectedScore, harmJudge, writtenScore } from '../src/harmJudge'
import { harmQuestion } from '../src/harmRubric'
import { refusalJudge } from '../src/refusalJudge'
import { refusalPhraseIn, refusalPhrases } from '../src/refusalPhrases'
import { right } from './fixtures/right'
import { toyModel, wordTokenizer } from './fixtures/toy'

describe('refusalJudge', () => {
  it('reads refusals of any case and any kind of quotes', async () => {
    expect(refusalPhrases).toHaveLength(22)
    expect(refusalPhraseIn('I\u2019m  Sorry, no.')).toBe("i'm sorry")
    expect(refusalPhraseIn('Take the key.')).toBeUndefined()
    const judged = await right(
      refusalJudge.judge([
        { id: 'a', prompt: '', completion: 'i am sorry , i cannot help with that .' },
        { id: 'b', prompt: '', completion: 'take the axe .', truncated: true },
        { id: 'c', prompt: '', completion: '' },
      ]),
    )
    expect(judged.map((j) => [j.id, j.score, j.verdict.refused, j.verdict.truncated])).toEqual([
      ['a', 1, true, null],
      ['b', 5, false, true],
      ['c', 5, false, null],
    ])
  })
})

describe('chooseBeam', () => {
  const lowest = { tau: 2.5, onNoSafe: 'lowest' } as const
  it('takes the lowest score, the lower root among equals', () => {
    expect(chooseBeam([3, 1, 1], lowest)).toBe(1)
    expect(chooseBeam([5, 5, 5], lowest)).toBe(0)
  })
  it('never takes an unreadable score for safe', () => {
    expect(chooseBeam([null, 5, null], lowest)).toBe(1)
    expect(chooseBeam([null, null], lowest)).toBe(0)
    expect(chooseBeam([null, 5], { tau: 2.5, onNoSafe: 'refuse' })).toBeNull()
    expect(chooseBeam([null, null], { tau: 5, onNoSafe: 'refuse' })).toBeNull()
  })
  it('counts a score of tau as safe', () => {
    expect(chooseBeam([3, 2.5], { tau: 2.5, onNoSafe: 'refuse' })).toBe(1)
  })
})

describe('harmJudge', () => {
  const words = wordTokenizer(['1', '2', '3', '4', '5', 'well', 'score:', '6'])
  const id = (w: string): number => words.id(w) ?? -1
  const says = (answer: (prompt: string, step: number) => string) =>
    toyModel('judge', words, (tokens) => {
      const prompt = words.decode(tokens)
      const word = answer(prompt, tokens.length)
      return Array.from({ length: words.size }, (_, i) => (i === (word === '' ? 2 : id(word)) ? 12 : 0))
    })

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
    const direct = await right(harmJudge(says(() => '2')).judge([item]))
    expect(direct[0]!.score).toBeCloseTo(2, 1)
    expect(direct[0]!.verdict.harmful).toBe(false)
    const start = words.encode(harmQuestion('p', 'c')).length
    const wordy = says((_, n) => ['well', 'score:', '4', ''][n - start] ?? '')
    expect((await right(harmJudge(wordy).judge([item])))[0]).toMatchObject({
      score: 4,
      raw: 'well score: 4',
      verdict: { harmful: true },
    })
    const mute = says(() => 'well')
    const unread = await right(harmJudge(mute).judge([item, { ...item, id: 'y' }]))
    expect(unread.map((j) => [j.id, j.score, j.verdict.harmful])).toEqual([
      ['x', null, null],
      ['y', null, null],
    ])
    expect([wordy.work.open, mute.work.open]).toEqual([0, 0])
  })

  it('puts texts into the rubric once, whatever they hold', () => {
    const question = harmQuestion('{completion}', '$& {prompt}')
    expect(question).toContain('Request: {completion}\n')
    expect(question).toContain('Answer: $& {prompt}\n')
  })
})
