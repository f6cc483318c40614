import fc from 'fast-check'
import { stream } from '../../src/random'
import { lengthGroups } from '../../src/lm/training/lengthGroups'
import { planOf } from '../../src/lm/training/plan'
import { recipeDefaults } from '../../src/lm'

const lengths = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 300 })

/** Positions that hold no token, when every batch is padded to its longest row. */
const padding = (order: ReadonlyArray<number>, all: ReadonlyArray<number>, batchSize: number): number => {
  let sum = 0
  for (let at = 0; at < order.length; at += batchSize) {
    const batch = order.slice(at, at + batchSize).map((n) => all[n] ?? 0)
    sum += Math.max(...batch) * batch.length - batch.reduce((a, b) => a + b, 0)
  }
  return sum
}

describe('batches of similar length', () => {
  it('hold every row once, and within one group pad no more than any other whole batches', () =>
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 16 }), (all, batchSize) => {
        const order = stream(1, 'order').shuffle(all.map((_, i) => i))
        const grouped = lengthGroups(
          order,
          batchSize,
          (n) => all[n] ?? 0,
          (batches) => stream(2, 'groups').shuffle(batches),
        )
        expect([...grouped].sort((a, b) => a - b)).toEqual(all.map((_, i) => i))
        if (all.length <= 50 * batchSize && all.length % batchSize === 0)
          expect(padding(grouped, all, batchSize)).toBeLessThanOrEqual(padding(order, all, batchSize))
      }),
    ))
  it('are a function of the step alone, differ between epochs, and keep the part batch last', () => {
    const recipe = { ...recipeDefaults, batchSize: 4, epochs: 2, groupByLength: true }
    const plan = () => planOf(recipe, { rows: 30, warmupSteps: 0, seed: 5, lengthOf: (n) => (n * 7) % 30 })
    const batches = Array.from({ length: plan().totalSteps }, (_, s) => plan().at(s).batches.flat())
    expect(batches[7]).toHaveLength(2)
    expect(batches.slice(0, 8)).not.toEqual(batches.slice(8))
    expect(plan().at(11).batches.flat()).toEqual(batches[11])
    const spread = batches
      .slice(0, 7)
      .map((b) => Math.max(...b.map((n) => (n * 7) % 30)) - Math.min(...b.map((n) => (n * 7) % 30)))
    expect(Math.max(...spread)).toBe(3)
  })
})
