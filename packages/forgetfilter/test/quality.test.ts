import * as fc from 'fast-check'
import * as O from 'fp-ts/Option'
import { filterQuality } from '../src/audit/quality'
import { auroc, averagePrecision } from '../src/audit/ranking'
import golden from './golden/quality.json'

const rows = (rates: ReadonlyArray<number>, unsafe: ReadonlyArray<boolean>, phi: number) =>
  rates.map((rate, i) => ({ rate, unsafe: unsafe[i]!, removed: rate > phi }))

describe('filterQuality', () => {
  it('agrees with scikit-learn, ties included', () => {
    for (const c of golden.cases) {
      const q = filterQuality(rows(c.rates, c.unsafe, c.phi), 42)
      for (const metric of ['precision', 'recall', 'f1', 'auroc', 'auprc'] as const)
        expect(q[metric]).toBeCloseTo(c[metric], 12)
    }
  })

  it('puts intervals around its values, the same for the same seed', () => {
    const c = golden.cases[3]!
    const q = filterQuality(rows(c.rates, c.unsafe, c.phi), 7)
    expect(filterQuality(rows(c.rates, c.unsafe, c.phi), 7)).toEqual(q)
    expect(filterQuality(rows(c.rates, c.unsafe, c.phi), 8).intervals).not.toEqual(q.intervals)
    for (const metric of ['precision', 'recall', 'f1', 'auroc', 'auprc'] as const) {
      const { low, high } = q.intervals[metric]!
      expect(low).toBeLessThan(q[metric]!)
      expect(high).toBeGreaterThan(q[metric]!)
      expect(high - low).toBeLessThan(0.5)
    }
  })

  it('says null where a metric is undefined', () => {
    expect(filterQuality(rows([0, 0.05], [false, false], 0.1), 1)).toMatchObject({
      precision: null,
      recall: null,
      f1: null,
      auroc: null,
      auprc: null,
      intervals: { precision: null, auroc: null },
    })
    expect(filterQuality(rows([0, 0.05], [true, false], 0.1), 1)).toMatchObject({
      precision: null,
      recall: 0,
      f1: 0,
      auroc: 0,
    })
  })
})

describe('ranking', () => {
  const counts = fc
    .array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 8 })
    .map((g) => ({ positives: g.map(([p]) => p), negatives: g.map(([, n]) => n) }))
  it('reversing the scores turns AUROC into 1 - AUROC', () =>
    fc.assert(
      fc.property(counts, ({ positives, negatives }) => {
        const [a, b] = [
          auroc({ positives, negatives }),
          auroc({ positives: positives.toReversed(), negatives: negatives.toReversed() }),
        ]
        if (O.isSome(a) && O.isSome(b)) expect(a.value + b.value).toBeCloseTo(1, 12)
        else expect(O.isNone(a) && O.isNone(b)).toBe(true)
      }),
    ))
  it('all positives first is 1 on both', () => {
    const first = { positives: [3, 0], negatives: [0, 4] }
    expect([auroc(first), averagePrecision(first)]).toEqual([O.some(1), O.some(1)])
  })
})
