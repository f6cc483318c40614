import * as fc from 'fast-check'
import { defaults, referenceScores, scores, standardise, taskScores } from '../src'

describe('scores', () => {
  it('is mu l - nu cos', () => {
    expect(scores(2, 0.5, 'none')({ losses: [1, 3], cosines: [1, -1] })).toEqual([1.5, 6.5])
  })

  it('takes mu of the side it scores', () => {
    const measures = { losses: [1], cosines: [0.5] }
    const options = { ...defaults, muRef: 3, muTask: 2 }
    expect(referenceScores(options)(measures)).toEqual([2.5])
    expect(taskScores(options)(measures)).toEqual([1.5])
  })

  it('standardises both parts with the population deviation', () => {
    expect(standardise([1, 3])).toEqual([-1, 1])
    expect(standardise([2, 2, 2])).toEqual([0, 0, 0])
    expect(scores(1, 1, 'zscore')({ losses: [1, 3], cosines: [0.2, -0.2] })).toEqual([-2, 2])
  })

  it('standardised values have mean 0 and deviation 1', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: -100, max: 100 }), { minLength: 2, maxLength: 20 }),
        (values) => {
          const z = standardise(values)
          expect(z.reduce((s, x) => s + x, 0) / z.length).toBeCloseTo(0, 9)
          expect(z.reduce((s, x) => s + x * x, 0) / z.length).toBeCloseTo(1, 9)
        },
      ),
    )
  })
})
