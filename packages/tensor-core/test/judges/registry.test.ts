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
      'qwen3guard@1',
      'llama-guard@1',
      'wildguard@1',
      'harmbench@1',
      'strongreject@1',
      'rubric@1',
      'pairwise@1',
    ])
    expect(new Set(judges.map((j) => j.name)).size).toBe(judges.length)
    judges.forEach((j) => {
      expect(j.needs.slice(0, 1)).toEqual(j.kind === 'ready' ? [] : ['a model'])
      if (j.kind === 'ready') expect(j.judge.id).toBe(`${j.name}@${j.version}`)
    })
  })
  it('are found by name, with and without their version', () => {
    expect(judgeNamed('refusal')).toEqual(judgeNamed('refusal@1'))
    expect(judgeEntry('rubric')).toBe(judgeEntry('rubric@1'))
    expect(E.isLeft(judgeNamed('refusal@2'))).toBe(true)
    expect(E.isLeft(judgeNamed('refusal-gcg@1'))).toBe(true)
  })
  it('are refused by name where unknown, or where they need a model', () => {
    expect(judgeNamed('else')).toMatchObject({
      left: {
        _tag: 'UnknownJudge',
        kind: 'input',
        message: 'there is no judge else',
        remedy: `give one of ${judges.map((j) => j.name).join(', ')}`,
      },
    })
    expect(judgeNamed('rubric', { where: 'suite.judge' })).toMatchObject({
      left: { where: 'suite.judge', message: 'the judge rubric needs a model' },
    })
  })
})
