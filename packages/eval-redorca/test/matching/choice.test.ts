import * as fc from 'fast-check'
import { bestCandidate } from '../../src/suite/matching/choice'

const score = (...logProbs: ReadonlyArray<number>) => ({ logProbs })

describe('bestCandidate', () => {
  it('compares totals, or means per token', () => {
    const scores = [score(-1.5), score(-1, -1), score(-3)]
    expect(bestCandidate(scores, false)).toBe(0)
    expect(bestCandidate(scores, true)).toBe(1)
  })
  it('takes the first of equals, and never a candidate without a token', () => {
    expect(bestCandidate([score(-2), score(-1, -1)], false)).toBe(0)
    expect(bestCandidate([score(), score(-100)], false)).toBe(1)
    expect(bestCandidate([score(), score(-100)], true)).toBe(1)
  })
  it('is no worse than any other candidate', () =>
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.double({ min: -20, max: 0, noNaN: true }), { minLength: 1, maxLength: 5 }), {
          minLength: 1,
          maxLength: 6,
        }),
        fc.boolean(),
        (rows, perToken) => {
          const value = (row: ReadonlyArray<number> | undefined): number =>
            (row ?? []).reduce((a, b) => a + b, 0) / (perToken ? (row ?? []).length : 1)
          const best = value(
            rows[
              bestCandidate(
                rows.map((logProbs) => ({ logProbs })),
                perToken,
              )
            ],
          )
          expect(rows.every((row) => value(row) <= best)).toBe(true)
        },
      ),
    ))
})
