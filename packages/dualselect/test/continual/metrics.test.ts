import * as fc from 'fast-check'
import { averageAccuracy, backwardTransfer, forgetting } from '../../src/continual/metrics'

const R = [[0.9], [0.6, 0.8], [0.7, 0.5, 1]]

it('are the means of the papers on a table done by hand', () => {
  expect(averageAccuracy(R)).toBeCloseTo((0.7 + 0.5 + 1) / 3)
  expect(backwardTransfer(R)).toBeCloseTo((0.7 - 0.9 + (0.5 - 0.8)) / 2)
  expect(forgetting(R)).toBeCloseTo((0.9 - 0.7 + (0.8 - 0.5)) / 2)
})

it('forgetting counts from the best accuracy, backward transfer from the first', () => {
  const rises = [[0.5], [0.9, 1], [0.6, 1, 1]]
  expect(forgetting(rises)).toBeCloseTo((0.9 - 0.6 + 0) / 2)
  expect(backwardTransfer(rises)).toBeCloseTo((0.6 - 0.5 + 0) / 2)
})

it('a single task has nothing to forget', () => {
  expect(averageAccuracy([[0.4]])).toBe(0.4)
  expect([backwardTransfer([[0.4]]), forgetting([[0.4]])]).toEqual([Number.NaN, Number.NaN])
})

const tables = fc
  .integer({ min: 2, max: 5 })
  .chain((n) =>
    fc.tuple(
      ...Array.from({ length: n }, (_, t) =>
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: t + 1, maxLength: t + 1 }),
      ),
    ),
  )

it('forgetting is never below minus the backward transfer', () => {
  fc.assert(
    fc.property(tables, (table) => {
      expect(forgetting(table)).toBeGreaterThanOrEqual(-backwardTransfer(table) - 1e-12)
    }),
  )
})
