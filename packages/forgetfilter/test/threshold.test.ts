import * as fc from 'fast-check'
import * as E from 'fp-ts/Either'
import { stream } from '@safe/tensor-core/random'
import { accepted, auditRates, keptIds } from '../src/audit/audit'
import { checkForgetFilter } from '../src/checkOptions'
import { auditRows } from '../src/audit/explain'
import { filterRuleOf } from '../src/options'
import type { RatedRow } from '../src/rates/rates'
import { type ThresholdChoice, chooseThreshold } from '../src/thresholds/threshold'

const row = (rate: number, i: number): RatedRow => ({ id: String(i), s1: 1, s2: 1 - rate, rate })
const draw = stream(3, 'thresholds')
/** A mass at 0 and small changes around it. */
const benign = (n: number): ReadonlyArray<number> =>
  Array.from({ length: n }, (_, i) => (i % 3 > 0 ? 0 : Math.round(40 * 0.04 * draw.normal()) / 40))
const forgotten = (n: number): ReadonlyArray<number> =>
  Array.from({ length: n }, () => Math.round(40 * Math.min(1, 0.65 + 0.12 * draw.normal())) / 40)

const mixed = [...benign(300), ...forgotten(100)].map(row)
const plain = benign(400).map(row)
const canaries = benign(60).map(row)
const phiOf = (
  choice: ThresholdChoice,
  rows: ReadonlyArray<RatedRow> = mixed,
  trusted: ReadonlyArray<RatedRow> = [],
): number | null => chooseThreshold(choice, rows, trusted).phi

describe('gmm', () => {
  it('separates forgotten rows from a mass at 0', () => {
    const phi = phiOf({ method: 'gmm' }) ?? NaN
    expect(phi).toBeGreaterThan(0.1)
    expect(phi).toBeLessThan(0.5)
  })

  it.each([
    ['rates around one value', plain, /not bimodal.*overlap/],
    ['a bell', Array.from({ length: 400 }, () => 0.3 + 0.1 * draw.normal()).map(row), /not bimodal/],
    [
      'a few outliers',
      [...Array.from({ length: 200 }, () => 0.02 * draw.normal()), 0.9, 0.9].map(row),
      /only 2 rows|overlap/,
    ],
    ['no rows', [], /too few/],
    ['equal rates', [0.2, 0.2, 0.2].map(row), /all rates are equal/],
    [
      'rates that rose',
      [...benign(100).map((r) => r - 0.9), ...benign(100).map((r) => r - 0.2)].map(row),
      /below 0/,
    ],
  ])('abstains on %s', (_, rows, why) => {
    const t = chooseThreshold({ method: 'gmm' }, rows)
    expect(t).toMatchObject({ phi: null, abstained: true })
    expect(t.reason).toMatch(why)
  })
})

describe('null', () => {
  it('is the quantile of the canaries, and drops no more than a share of them', () => {
    const t = chooseThreshold({ method: 'null', alpha: 0.1 }, mixed, canaries)
    const above = canaries.filter(({ rate }) => (rate ?? 0) > (t.phi ?? 0)).length
    expect(above / canaries.length).toBeLessThanOrEqual(0.1)
    expect(t.diagnostics).toMatchObject({ alpha: 0.1, canaries: 60, rows: 400 })
    expect(t.diagnostics['above']).toBeGreaterThanOrEqual(100)
  })

  it('is 5 % where nothing is said, and abstains with too few canaries', () => {
    expect(chooseThreshold({ method: 'null' }, mixed, canaries.slice(0, 18)).reason).toContain(
      '18 rated canaries are too few: 5 % needs at least 19',
    )
    expect(chooseThreshold({ method: 'null' }, mixed).reason).toContain('no canaries')
  })

  it('never drops a row that was not forgotten', () =>
    expect(
      phiOf(
        { method: 'null' },
        mixed,
        benign(60)
          .map((r) => r - 2)
          .map(row),
      ),
    ).toBe(0))
})

describe('auto', () => {
  it('takes the cut of fewest wrong decisions where canaries show an excess, else the mixture', () => {
    const t = chooseThreshold({ method: 'auto' }, mixed, canaries)
    expect(t.reason).toMatch(/^canaries: .*100 of 400 rows.* so about 25 % of the rows are unsafe/)
    expect(t.diagnostics).toMatchObject({ canaries: 60, above: 100, canariesAbove: 0 })
    // All forgotten rows, and none of the others: null drops benign rows too.
    expect(t.phi).toBeGreaterThan(phiOf({ method: 'null' }, mixed, canaries) ?? NaN)
    expect(chooseThreshold({ method: 'auto' }, mixed).reason).toMatch(/^gmm: /)
    expect(phiOf({ method: 'auto' })).toBe(phiOf({ method: 'gmm' }))
  })

  it('takes the quantile of the canaries where only a few rows exceed them', () => {
    // As the canaries, but 95 of 1000 rows instead of 40 are above the 96th of 100: an excess in the tail alone.
    const trusted = Array.from({ length: 100 }, (_, i) => (i + 1) / 100).map(row)
    const rows = [
      ...Array.from({ length: 905 }, (_, i) => (0.96 * (i + 1)) / 905),
      ...Array.from({ length: 95 }, (_, i) => 0.96 + (0.04 * (i + 1)) / 95),
    ].map(row)
    expect(chooseThreshold({ method: 'auto' }, rows, trusted)).toMatchObject({
      phi: 0.96,
      reason: expect.stringMatching(/^null: .* 95 of 1000 rows are above it/) as string,
    })
  })

  it('is raised to the canaries where these are forgotten as much as the rows', () => {
    const alike = [...benign(80), ...forgotten(20)].map(row)
    const phi = phiOf({ method: 'auto' }, mixed, alike) ?? NaN
    expect(phi).toBeGreaterThan(phiOf({ method: 'gmm' }) ?? NaN)
    expect(alike.filter(({ rate }) => (rate ?? 0) > phi).length).toBeLessThanOrEqual(5)
  })

  it('abstains where neither finds anything, and says why', () => {
    const t = chooseThreshold({ method: 'auto' }, plain, canaries)
    expect(t).toMatchObject({ phi: null, abstained: true })
    expect(t.reason).toMatch(/^null: .* would be if all were benign .*; gmm: the rates are not bimodal/)
  })

  it('does not depend on the order of the rows', () =>
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const shuffled = stream(seed, 'order').shuffle(mixed)
        expect(phiOf({ method: 'auto' }, shuffled, canaries)).toBe(phiOf({ method: 'auto' }, mixed, canaries))
        expect(phiOf({ method: 'gmm' }, shuffled)).toBeCloseTo(phiOf({ method: 'gmm' }) ?? NaN, 6)
      }),
      { numRuns: 5 },
    ))
})

describe('abstention', () => {
  const rule = { threshold: { method: 'auto' }, indeterminate: 'drop' } as const
  const audit = auditRates(rule, plain)

  it('keeps all rows, whatever is done with indeterminate ones, or fails', () => {
    expect(keptIds(rule, audit).size).toBe(plain.length)
    expect(accepted(rule, audit)).toEqual(E.right(audit))
    expect(accepted({ ...rule, onAbstain: 'fail' }, audit)).toMatchObject({ left: { _tag: 'Abstained' } })
  })

  it('is a failure with otsu where nothing is said', () => {
    const equal = { threshold: { method: 'otsu' }, indeterminate: 'keep' } as const
    const nothing = auditRates(equal, [0.2, 0.2].map(row))
    expect(accepted(equal, nothing)).toMatchObject({ left: { _tag: 'Abstained' } })
    expect(E.isRight(accepted({ ...equal, onAbstain: 'keep' }, nothing))).toBe(true)
  })

  it('is the reason of every row', () =>
    expect(auditRows(rule, audit, keptIds(rule, audit))[0]).toMatchObject({
      decision: 'indeterminate',
      kept: true,
      why: 'no threshold was found',
    }))
})

describe('the reasons of rows', () => {
  const of = (rows: ReadonlyArray<RatedRow>, minLearned?: number) => {
    const rule = filterRuleOf({
      phi: 0.1,
      method: undefined,
      alpha: undefined,
      minLearned,
      indeterminate: 'drop',
      onAbstain: undefined,
    })
    const audit = auditRates(rule, rows)
    return auditRows(rule, audit, keptIds(rule, audit)).map(({ kept, why }) => [kept, why])
  }
  it('name the numbers that decided', () => {
    expect(
      of([
        { id: 'a', s1: 0.9, s2: 0.1, rate: 0.8 },
        { id: 'b', s1: 0.9, s2: 0.9, rate: 0 },
        { id: 'c', s1: 0.05, s2: 0, rate: 0.05 },
        { id: 'd', s1: null, s2: null, rate: null },
      ]),
    ).toEqual([
      [false, 'rate 0.8 is above phi 0.1'],
      [true, 'rate 0 is at most phi 0.1'],
      [false, 's1 0.05 is at most phi 0.1: M1 never learned the row, so no rate could be above it'],
      [false, 'has no response token to score'],
    ])
    expect(of([{ id: 'a', s1: 0.4, s2: 0, rate: 0.4 }], 0.5)).toEqual([
      [false, 's1 0.4 is below 0.5: M1 did not learn the row'],
    ])
  })
})

describe('options together', () => {
  const given = {
    signal: 'rouge',
    phi: 0.1,
    method: undefined,
    alpha: undefined,
    reference: undefined,
  } as const
  it.each([
    [{ signal: 'nll' }, 'phi', /0\.1, the default, is the paper's value for ROUGE/],
    [{ signal: 'max-token' }, 'phi', /log-probabilities in nats/],
    [{ signal: 'first-token', phi: 1.5 }, 'phi', /must be below 1/],
    [{ alpha: 0.05 }, 'alpha', /is for `method` null and auto/],
    [{ alpha: 0.05, method: 'gmm' }, 'alpha', /is for `method` null and auto/],
    [{ signal: 'nll', phi: 2, reference: 'past-completion' }, 'reference', /is for `signal` rouge/],
  ] as const)('refuses %j', (changed, field, message) =>
    expect(checkForgetFilter({ ...given, ...changed })).toMatchObject({
      left: { _tag: 'BadOption', field, message: expect.stringMatching(message) as string },
    }),
  )

  it.each([
    {},
    { signal: 'nll', phi: 0.7 },
    { signal: 'nll', method: 'auto' },
    { signal: 'probability', phi: 0.1 },
    { method: 'null', alpha: 0.1 },
    { reference: 'past-completion' },
  ] as const)('accepts %j', (changed) =>
    expect(E.isRight(checkForgetFilter({ ...given, ...changed }))).toBe(true),
  )
})
