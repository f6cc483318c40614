import fc from 'fast-check'
import { type PartialDistribution, partialDistribution } from '@safe/tensor-core/contracts'
import { type MixOptions, mix, mixBy } from '../src/mixing/mix'
import { isPartial, probabilitiesOf } from '../src/mixing/nextToken'

const size = 8
const full = fc
  .array(fc.double({ min: -6, max: 6, noNaN: true }), { minLength: size, maxLength: size })
  .map((logits) => {
    const total = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0))
    return Float32Array.from(logits, (x) => x - total)
  })
const listed = (row: Float32Array, count: number): PartialDistribution =>
  partialDistribution(
    partialDistribution([...row].map((logProb, id) => ({ id, logProb }))).top.slice(0, count),
  )
const options: fc.Arbitrary<MixOptions> = fc.record({
  alpha: fc.double({ min: 0.01, max: 1, noNaN: true }),
  top: fc.integer({ min: 1, max: size }),
  support: fc.constantFrom('anchor', 'union'),
  draftMass: fc.constantFrom('once', 'literal'),
})
const maps = fc.array(fc.integer({ min: -1, max: size - 1 }), { minLength: size, maxLength: size })

describe('a distribution of which everything is listed', () => {
  it('is mixed as a full one, and says that nothing is unlisted', () => {
    fc.assert(
      fc.property(full, full, maps, options, (anchor, draft, map, o) => {
        const { known, ...mixed } = mixBy((id) => map[id] ?? -1, o)(listed(anchor, size), listed(draft, size))
        expect(mixed).toEqual(mix({ map: Int32Array.from(map) }, o)(anchor, draft))
        expect(known?.effectiveTop).toBe(o.top)
        expect(known?.anchorUnlisted).toBeCloseTo(0, 5)
        expect(known?.draftUnlisted).toBeCloseTo(0, 5)
      }),
    )
  })
})

describe('a distribution of which some is listed', () => {
  it('has the probabilities of its tokens and the mass of the others', () => {
    fc.assert(
      fc.property(full, fc.integer({ min: 1, max: size }), (row, count) => {
        const next = probabilitiesOf(listed(row, count))
        const whole = probabilitiesOf(row)
        expect(next.top(size)).toEqual(whole.top(count))
        next.ids().forEach((id) => expect(next.of(id)).toBe(whole.of(id)))
        const sum = next.ids().reduce((mass, id) => mass + next.of(id), 0)
        expect(sum + next.unlisted).toBeCloseTo(1, 5)
      }),
    )
  })

  it('of the anchor is mixed as a full one with a smaller B', () => {
    fc.assert(
      fc.property(
        full,
        full,
        maps,
        options,
        fc.integer({ min: 1, max: size }),
        (anchor, draft, map, given, count) => {
          const o: MixOptions = { ...given, support: 'anchor' }
          const { known, ...mixed } = mixBy((id) => map[id] ?? -1, o)(listed(anchor, count), draft)
          const fewer = { ...o, top: Math.min(o.top, count) }
          expect(mixed).toEqual(mix({ map: Int32Array.from(map) }, fewer)(anchor, draft))
          expect(known?.effectiveTop).toBe(fewer.top)
        },
      ),
    )
  })

  it('of the draft counts what is not listed as 0', () => {
    const draft = partialDistribution([{ id: 1, logProb: Math.log(0.6) }])
    const anchor = Float32Array.from([Math.log(0.3), Math.log(0.7)])
    const mixed = mixBy((id) => id, { alpha: 0.5, top: 2, support: 'anchor', draftMass: 'once' })(
      anchor,
      draft,
    )
    // 0.15 + 0 and 0.35 + 0.3, divided by their sum.
    expect(mixed.probabilities[0]).toBeCloseTo(0.15 / 0.8, 6)
    expect(mixed.probabilities[1]).toBeCloseTo(0.65 / 0.8, 6)
    expect(mixed.known?.draftUnlisted).toBeCloseTo(0.4, 12)
  })

  it('is told from a full one', () => {
    expect([isPartial(listed(new Float32Array(size), 1)), isPartial(new Float32Array(size))]).toEqual([
      true,
      false,
    ])
  })
})
