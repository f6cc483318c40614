import * as E from 'fp-ts/Either'
import { sameRun } from '../../src/lm/training/record'

const now = {
  full: false,
  model: { contents: 'm' },
  rank: 4,
  maxSteps: undefined,
  groupByLength: false,
  noShuffle: false,
  'the defence': 'dualselect',
  'data (its rows as tokens)': { contents: 'd' },
}

const fault = (earlier: Readonly<Record<string, unknown>>): unknown => {
  const result = sameRun('out', earlier, now)
  return E.isLeft(result) ? [result.left.field, result.left.message] : 'the same'
}

describe('a run continues', () => {
  it('one of the same options, as JSON has kept them', () => {
    expect(fault(JSON.parse(JSON.stringify(now)) as Record<string, unknown>)).toBe('the same')
  })
  it('one whose record names flags, as they were first written', () => {
    expect(
      fault({
        '--full': false,
        '--model': { contents: 'm' },
        '--rank': 4,
        '--no-shuffle': false,
        defence: 'dualselect',
        'data (its rows as tokens)': { contents: 'd' },
      }),
    ).toBe('the same')
  })
  it.each([
    [{ rank: 5 }, 'rank', 'holds a run with `rank` 5, this one has 4'],
    [{ maxSteps: 3 }, 'maxSteps', 'holds a run with `maxSteps` 3, this one has not given'],
    [{ model: { contents: 'n' } }, 'model', 'holds a run with another `model`'],
    [
      { 'the defence': undefined },
      undefined,
      'holds a run with the defence not given, this one has "dualselect"',
    ],
    [
      { 'data (its rows as tokens)': { contents: 'e' } },
      undefined,
      'holds a run with another data (its rows as tokens)',
    ],
  ])('no other: %j', (change, field, message) => {
    expect(fault({ ...now, ...change })).toEqual([field, message])
  })
})
