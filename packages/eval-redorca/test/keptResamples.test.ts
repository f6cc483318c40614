import * as fc from 'fast-check'
import { stream } from '@safe/tensor-core/random'
import { type BootstrapOptions, eachResample, eachResampleBlock } from '../src/stats'

const anew = (groups: ReadonlyArray<number>, options?: BootstrapOptions): ReadonlyArray<number> => {
  const all: number[] = []
  eachResample(
    groups,
    (counts) => counts.forEach((group) => group.forEach((count) => all.push(count))),
    options,
  )
  return all
}
const inBlocks = (groups: ReadonlyArray<number>, options?: BootstrapOptions) => {
  const all: number[] = []
  const blocks: number[] = []
  eachResampleBlock(
    groups,
    ({ counts, resamples, units }) => {
      expect(counts).toHaveLength(resamples * units)
      blocks.push(resamples)
      for (const count of counts) all.push(count)
    },
    options,
  )
  return { all, blocks }
}

describe('blocks of resamples', () => {
  it('are those that are drawn anew, however often and in whatever order they are asked for', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 4 }), { minLength: 1, maxLength: 12 }),
        fc.nat(2),
        (asked, seed) => {
          for (const groups of [...asked, ...asked]) {
            const options = { resamples: 5, seed }
            expect(inBlocks(groups, options)).toEqual({ all: anew(groups, options), blocks: [5] })
          }
        },
      ),
      { numRuns: 30 },
    )
  })
  it('are several where one would be too large, the last with the rest', () => {
    const [groups, options] = [[300_000, 1], { resamples: 8 }]
    const { all, blocks } = inBlocks(groups, options)
    expect(blocks).toEqual([6, 2])
    expect(
      Buffer.from(Uint8Array.from(all)).equals(Buffer.from(Uint8Array.from(anew(groups, options)))),
    ).toBe(true)
  })
  it('are as many as by default, and drawn each time from a stream of the caller', () => {
    expect(inBlocks([3]).all).toEqual(anew([3]))
    const [one, other] = [stream(1, 'a'), stream(1, 'a')]
    for (let i = 0; i < 2; i++)
      expect(inBlocks([9], { resamples: 2, draws: one }).all).toEqual(
        anew([9], { resamples: 2, draws: other }),
      )
  })
})
