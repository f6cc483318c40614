import * as E from 'fp-ts/Either'
import { judgeEntry, judgeNamed, judges } from '../../src/judges'

describe('judges', () => {
  it('are named and versioned, each once', () => {
    const ids = judges.map((j) => `${j.name}@${j.version}`)
    expect(ids).toEqual([
      'refusal@1',
      'refusal-gcg@2',
      'refusal-alignbeam@1',
      'refusal-openings@1',
      'harm-rubric@1',
    ])
    expect(new Set(judges.map((j) => j.name)).size).toBe(judges.length)
    judges.forEach((j) => {
      expect(j.needs).toHaveLength(j.kind === 'model' ? 1 : 0)
      if (j.kind === 'ready') expect(j.judge.id).toBe(`${j.name}@${j.version}`)
    })
  })
  it('are found by name, with and without their version', () => {
    expect(judgeNamed('refusal')).toEqual(judgeNamed('refusal@1'))
    expect(judgeEntry('harm-rubric')).toBe(judgeEntry('harm-rubric@1'))
    expect(E.isLeft(judgeNamed('refusal@2'))).toBe(true)
    expect(E.isLeft(judgeNamed('refusal-gcg@1'))).toBe(true)
  })
  it('are refused by name where unknown, or where they need a model', () => {
    expect(judgeNamed('else')).toMatchObject({
      left: {
        _tag: 'UnknownJudge',
        kind: 'input',
        message: 'there is no judge else',
        remedy: 'give one of refusal, refusal-gcg, refusal-alignbeam, refusal-openings',
      },
    })
    expect(judgeNamed('harm-rubric', { where: 'suite.judge' })).toMatchObject({
      left: { where: 'suite.judge', message: 'the judge harm-rubric needs a model' },
    })
  })
})
