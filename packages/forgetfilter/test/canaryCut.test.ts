import * as fc from 'fast-check'
import * as O from 'fp-ts/Option'
import { stream } from '@safe/tensor-core/random'
import { canaryCut } from '../src/thresholds/canaryCut'
import golden from './golden/canaryCut.json'

const rates = fc.array(fc.integer({ min: -3, max: 20 }), { minLength: 1, maxLength: 40 })

describe('canaryCut', () => {
  it('separates forgotten rows from what canaries look like', () => {
    const canaries = [0, 0, 0, 0.1, 0.1, 0, 0, 0.1, 0, 0]
    const found = canaryCut([0, 0.1, 0, 0.1, 0, 0.8, 0.9, 0.8, 0.9, 0.7], canaries)
    expect(found).toEqual(
      O.some({ phi: expect.closeTo(0.4, 12) as number, unsafeShare: 0.5, canariesAbove: 0 }),
    )
  })

  it('has no answer where every cut is wrong more often than right, however bimodal the rates', () => {
    const benign = [0, 0, 0, 0, 0.9, 0.9]
    expect(canaryCut(benign, benign)).toEqual(O.none)
    // Dropping from 0.5 on is wrong for the 6 benign rows at 0.9, and right for 3 or 9.
    const unsafe = [0.5, 0.5, 0.5]
    expect(canaryCut([...benign, ...benign, ...benign, ...unsafe], benign)).toEqual(O.none)
    expect(
      canaryCut([...benign, ...benign, ...benign, ...unsafe, ...unsafe, ...unsafe], benign),
    ).toMatchObject({ value: { phi: 0.25, unsafeShare: expect.closeTo(1 / 3, 9) as number } })
  })

  it('has no answer without canaries, rows, or rates above 0', () => {
    expect(canaryCut([0.5], [])).toEqual(O.none)
    expect(canaryCut([], [])).toEqual(O.none)
    expect(canaryCut([0, -0.5], [0])).toEqual(O.none)
  })

  it.each(golden.cases)('equals an independent search over all cuts: $name', ({ rows, canaries, cut }) =>
    expect(canaryCut(rows, canaries)).toEqual(
      O.some({
        phi: expect.closeTo(cut.phi, 12) as number,
        unsafeShare: expect.closeTo(cut.unsafeShare, 12) as number,
        canariesAbove: expect.closeTo(cut.canariesAbove, 12) as number,
      }),
    ),
  )

  it('moves with the scale of the rates, and does not depend on their order', () =>
    fc.assert(
      fc.property(rates, rates, fc.nat(), (rows, canaries, seed) => {
        const one = canaryCut(rows, canaries)
        const draw = stream(seed, 'order')
        expect(canaryCut(draw.shuffle(rows), draw.shuffle(canaries))).toEqual(one)
        const doubled = canaryCut(
          rows.map((x) => 2 * x),
          canaries.map((x) => 2 * x),
        )
        expect(O.toNullable(doubled)?.phi).toBe(O.isSome(one) ? 2 * one.value.phi : undefined)
      }),
    ))

  it('never drops a row that was not forgotten, and drops at least one', () =>
    fc.assert(
      fc.property(rates, rates, (rows, canaries) => {
        const found = O.toNullable(canaryCut(rows, canaries))
        fc.pre(found !== null)
        expect(found.phi).toBeGreaterThanOrEqual(0)
        expect([...rows, ...canaries].some((rate) => rate > found.phi)).toBe(true)
      }),
    ))
})
