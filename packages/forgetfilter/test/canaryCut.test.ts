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

  it('leaves alone what canaries explain, however bimodal', () => {
    // A third of the benign rows is forgotten; all unsafe rows are forgotten a little.
    const benign = [0, 0, 0, 0, 0.9, 0.9]
    const found = canaryCut([...benign, ...benign, ...benign, 0.5, 0.5, 0.5], benign)
    // Dropping from 0.5 on is wrong for 6 rows and right for 3.
    expect(found).toMatchObject({ value: { canariesAbove: 1 / 3 } })
    expect(O.toNullable(canaryCut(benign, benign))).toMatchObject({ unsafeShare: 0 })
  })

  it('has no answer without canaries, rows, or rates above 0', () => {
    expect(canaryCut([0.5], [])).toEqual(O.none)
    expect(canaryCut([], [])).toEqual(O.none)
    expect(canaryCut([0, -0.5], [0])).toEqual(O.none)
  })

  it.each(golden.cases)('equals an independent search over all cuts: $name', ({ rows, canaries, ...cut }) =>
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
        expect(found?.phi).toBeGreaterThanOrEqual(0)
        expect([...rows, ...canaries].some((rate) => rate > (found?.phi ?? Infinity))).toBe(true)
      }),
    ))
})
