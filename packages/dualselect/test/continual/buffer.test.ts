import * as fc from 'fast-check'
import { textExample } from '@safe/tensor-core/contracts'
import { heldOut, replayBuffer } from '../../src/continual/buffer'

const task = (name: string, n: number) => ({
  name,
  examples: Array.from({ length: n }, (_, i) => textExample(`${name}-${i}`, 'ask', 'answer')),
})
const ids = (rows: ReadonlyArray<{ id: string }>): ReadonlyArray<string> => rows.map(({ id }) => id)

describe('the replay buffer', () => {
  it('holds equal shares of its capacity, the first tasks one row more', () => {
    const rows = ids(replayBuffer([task('a', 9), task('b', 9), task('c', 9)], 8, 1))
    expect(rows.map((id) => id[0])).toEqual(['a', 'a', 'a', 'b', 'b', 'b', 'c', 'c'])
    expect(new Set(rows).size).toBe(8)
  })

  it('keeps a part of what it kept as tasks are added, and depends on the seed', () => {
    fc.assert(
      fc.property(fc.nat({ max: 30 }), fc.nat(), (capacity, seed) => {
        const before = ids(replayBuffer([task('a', 20)], capacity, seed))
        const after = ids(replayBuffer([task('a', 20), task('b', 20)], capacity, seed))
        expect(before).toEqual(expect.arrayContaining(after.filter((id) => id.startsWith('a'))))
        expect(after.length).toBeLessThanOrEqual(capacity)
      }),
    )
    const of = (seed: number) => ids(replayBuffer([task('a', 20)], 5, seed))
    expect(of(1)).toEqual(of(1))
    expect(of(1)).not.toEqual(of(2))
  })

  it('is empty before the first task and never larger than what there is', () => {
    expect(replayBuffer([], 8, 1)).toEqual([])
    expect(replayBuffer([task('a', 2)], 8, 1)).toHaveLength(2)
  })
})

it('held-out rows and those to learn are a partition in file order', () => {
  const { train, test } = heldOut(task('a', 20), 0.25, { seed: 7, place: 0 })
  expect(test.examples).toHaveLength(5)
  expect([...train.examples, ...test.examples].map(({ id }) => id).sort()).toEqual(
    ids(task('a', 20).examples).slice().sort(),
  )
  const numbers = train.examples.map(({ id }) => Number(id.slice(2)))
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
})
