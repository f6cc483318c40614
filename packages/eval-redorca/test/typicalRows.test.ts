import fc from 'fast-check'
import { type Dataset, textExample } from '@safe/tensor-core/contracts'
import { typicalRows } from '../src/work/typicalRows'

const rows = (lengths: ReadonlyArray<number>): Dataset => ({
  name: 'rows',
  examples: lengths.map((length, i) => textExample(`r${i}`, 'x'.repeat(length), 'y')),
})
const recipe = { batchSize: 2, accumulate: 1, maxLength: 256, groupByLength: true }
const promptLengths = ({ examples }: Dataset): ReadonlyArray<number> =>
  examples.map(({ prompt }) => (prompt.kind === 'text' ? prompt.text.length : 0))

describe('the rows of a typical step', () => {
  it('have about the mean length where batches are of like rows', () => {
    const lengths = [
      ...Array.from({ length: 90 }, (_, i) => 20 + i),
      ...Array.from({ length: 10 }, () => 800),
    ]
    // The mean is 138, between the two kinds of rows.
    expect(promptLengths(typicalRows(rows(lengths), recipe))).toEqual([109, 800])
  })

  it('count a row that is cut as long as it is trained on', () => {
    const lengths = [...Array.from({ length: 20 }, (_, i) => 100 + i), 1_000_000]
    expect(Math.max(...promptLengths(typicalRows(rows(lengths), { ...recipe, maxLength: 30 })))).toBeLessThan(
      1e6,
    )
  })

  it('are all rows where batches are drawn from all of them', () => {
    const data = rows([5, 900, 3])
    expect(typicalRows(data, { ...recipe, groupByLength: false })).toBe(data)
  })

  it('are as many as a step takes, or all there are, around the mean', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        (lengths, batchSize) => {
          const chosen = typicalRows(rows(lengths), { ...recipe, batchSize, maxLength: 10_000 })
          expect(chosen.examples).toHaveLength(Math.min(batchSize, lengths.length))
          const found = chosen.examples.map(({ raw }) => raw.length)
          const all = rows(lengths).examples.map(({ raw }) => raw.length)
          const mean = all.reduce((a, b) => a + b, 0) / all.length
          const below = Math.max(...all.filter((length) => length < mean))
          const above = Math.min(...all.filter((length) => length >= mean))
          expect(found.some((length) => length === below || length === above)).toBe(true)
        },
      ),
    )
  })
})
