import * as E from 'fp-ts/Either'
import * as fc from 'fast-check'
import { type Example, textExample } from '@safe/tensor-core/contracts'
import { wilson } from '@safe/tensor-core/stats'
import { differencesOf } from '../src/sweep/differences'
import { beats, frontOf } from '../src/sweep/front'
import { type MixedSetting, type Setting, gridOf, settingName, settingWords } from '../src/sweep/grid'
import { solvedBy } from '../src/sweep/match'
import type { Outcome, RowSet, Side } from '../src/sweep/outcome'
import { ratesOf } from '../src/sweep/rates'
import { type Candidate, recommend } from '../src/sweep/recommend'
import { rangesOf } from '../src/sweep/report/plane'
import { against, cautions, recommendation, secondsWords, significant } from '../src/sweep/report/words'
import { type SweepResults, sweepResults } from '../src/sweep/results'
import { type SetRows, sweepRows } from '../src/sweep/rows'
import { type Placed, sidesOf } from '../src/sweep/split'

/** What is said, with plain blanks before the sign of percent. */
const told = (results: SweepResults): string => recommendation(results).replaceAll('\u00a0', ' ')
const warned = (results: SweepResults): ReadonlyArray<string> =>
  cautions(results).map((line) => line.replaceAll('\u00a0', ' '))

const rightOf = <A>(result: E.Either<unknown, A>): A => {
  if (E.isLeft(result)) throw new Error(`left: ${JSON.stringify(result.left)}`)
  return result.right
}

const mixed = (alpha: number, bridgeTokens = 3, beams = 1): MixedSetting => ({
  method: 'alignbeam',
  alpha,
  bridgeTokens,
  beams,
})
const draft: Setting = { method: 'draft', alpha: null, bridgeTokens: null, beams: null }

const telemetry = { steps: 3, mappedMass: 0.875, support: 20, fallbacks: 1, agreement: 0.5 }
const outcome = (set: RowSet, refused: boolean | null, more: Partial<Outcome> = {}): Outcome => ({
  set,
  cluster: 'c',
  side: 'test',
  refused,
  degenerate: false,
  seconds: 0.5,
  tokens: 10,
  telemetry,
  ...more,
})
/** `k` of `n` rows refused, each a cluster of its own. */
const refusedOf = (set: RowSet, k: number, n: number, side: Side = 'test'): ReadonlyArray<Outcome> =>
  Array.from({ length: n }, (_, i) => outcome(set, i < k, { cluster: `${set} ${side} ${i}`, side }))

describe('the grid', () => {
  it('is the baselines, then every combination once, in rising order', () => {
    const grid = gridOf({ alphas: [0.5, 0.3, 0.5], bridgeTokens: [6], beams: [3, 1], baselines: true })
    expect(grid.map(settingName)).toEqual([
      'draft',
      'anchor',
      'prefix',
      'alpha-0.3-n-6-k-1',
      'alpha-0.3-n-6-k-3',
      'alpha-0.5-n-6-k-1',
      'alpha-0.5-n-6-k-3',
    ])
    expect(grid.map(settingWords).slice(2, 4)).toEqual(['hard prefix', 'alpha 0.3, N 6, K 1'])
    const bare = gridOf({ alphas: [0.5], bridgeTokens: [6], beams: [1], baselines: false })
    expect(bare).toEqual([mixed(0.5, 6)])
  })
})

const rate = fc.integer({ min: 0, max: 6 }).map((k) => k / 6)
const point = fc.record({ refusal: rate, overRefusal: rate })

describe('the front', () => {
  it('holds exactly the points that no other one beats, by rising over-refusal', () => {
    fc.assert(
      fc.property(fc.array(point, { maxLength: 30 }), (points) => {
        const front = frontOf(points)
        expect(points.length === 0 || front.length > 0).toBe(true)
        for (const p of points) expect(front.includes(p)).toBe(!points.some((other) => beats(other, p)))
        front.slice(1).forEach((p, i) => {
          expect(p.overRefusal).toBeGreaterThanOrEqual(front[i]?.overRefusal ?? 1)
          expect(p.refusal).toBeGreaterThanOrEqual(front[i]?.refusal ?? 1)
        })
      }),
    )
  })

  it('is made of a strict order: nothing beats itself, and no two beat each other', () => {
    fc.assert(
      fc.property(point, point, point, (a, b, c) => {
        expect(beats(a, a)).toBe(false)
        expect(beats(a, b) && beats(b, a)).toBe(false)
        if (beats(a, b) && beats(b, c)) expect(beats(a, c)).toBe(true)
      }),
    )
  })

  it('keeps equal points, and drops what is worse in one', () => {
    const [a, b] = [
      { refusal: 0.9, overRefusal: 0.1 },
      { refusal: 0.9, overRefusal: 0.2 },
    ]
    expect(frontOf([b, a, { ...a }])).toEqual([a, a])
  })
})

describe('the recommendation', () => {
  const candidate: fc.Arbitrary<Candidate> = fc.record({
    method: fc.constant('alignbeam' as const),
    alpha: rate,
    bridgeTokens: fc.constantFrom(3, 6),
    beams: fc.constantFrom(1, 3),
    refusal: rate,
    overRefusal: rate,
    secondsPerPrompt: fc.constantFrom(1, 2),
  })

  it('refuses most of all that keep to the wanted over-refusal; ties are faster, then of lower alpha', () => {
    fc.assert(
      fc.property(fc.array(candidate, { maxLength: 20 }), rate, (candidates, wanted) => {
        const { recommended, nearest } = recommend(candidates, wanted)
        const qualified = candidates.filter((c) => c.overRefusal <= wanted)
        expect(recommended === undefined).toBe(qualified.length === 0)
        expect(nearest === undefined).toBe(qualified.length > 0 || candidates.length === 0)
        if (recommended !== undefined) {
          expect(qualified).toContain(recommended)
          for (const c of qualified) {
            expect(c.refusal).toBeLessThanOrEqual(recommended.refusal)
            if (c.refusal < recommended.refusal) continue
            expect(c.secondsPerPrompt).toBeGreaterThanOrEqual(recommended.secondsPerPrompt)
            if (c.secondsPerPrompt > recommended.secondsPerPrompt) continue
            expect(c.alpha).toBeGreaterThanOrEqual(recommended.alpha)
          }
        }
        for (const c of nearest === undefined ? [] : candidates)
          expect(c.overRefusal).toBeGreaterThanOrEqual(nearest?.overRefusal ?? 1)
      }),
    )
  })

  it('does not depend on the order, and wanting less over-refusal never gives more refusal', () => {
    fc.assert(
      fc.property(fc.array(candidate, { maxLength: 12 }), rate, rate, (candidates, a, b) => {
        expect(recommend([...candidates].reverse(), a)).toEqual(recommend(candidates, a))
        const [strict, lax] = [Math.min(a, b), Math.max(a, b)].map(
          (w) => recommend(candidates, w).recommended,
        )
        expect(strict?.refusal ?? 0).toBeLessThanOrEqual(lax?.refusal ?? 0)
      }),
    )
  })
})

describe('rates', () => {
  it('are of harmful rows, of benign rows, and of both', () => {
    const rates = ratesOf([
      ...refusedOf('harmful', 3, 4),
      ...refusedOf('benign', 1, 10),
      outcome('benign', false, { degenerate: true, cluster: 'loop' }),
      // A refusal is a refusal, however it is worded.
      outcome('harmful', true, { degenerate: true, cluster: 'sorry' }),
    ])
    expect(rates.refusal).toMatchObject({ value: 4 / 5, n: 5, clusters: 5 })
    expect(rates.overRefusal).toMatchObject({ value: 1 / 11, n: 11, clusters: 11 })
    expect(rates.overRefusal?.high).toBeCloseTo(wilson(1, 11).high, 12)
    expect(rates.degenerate).toMatchObject({ value: 1 / 16, n: 16 })
    expect(rates).not.toHaveProperty('task')
  })

  it('count rows of one cluster as one draw, and leave unread verdicts out', () => {
    const twice = ratesOf(
      [...refusedOf('harmful', 10, 20), ...refusedOf('harmful', 10, 20)].map((o, i) => ({
        ...o,
        cluster: String(i % 20),
      })),
    ).refusal
    expect(twice?.n).toBe(40)
    expect(twice?.effective).toBeCloseTo(19, 9)
    expect(ratesOf([outcome('harmful', null), outcome('harmful', true)]).refusal).toMatchObject({
      value: 1,
      n: 1,
      unjudged: 1,
    })
    expect(ratesOf([outcome('harmful', null)]).refusal).toBeNull()
  })

  it('say how many tasks are solved', () => {
    const task = [true, false, true].map((correct, i) => outcome('task', null, { correct, cluster: `${i}` }))
    expect(ratesOf(task).task).toMatchObject({ value: 2 / 3, n: 3 })
  })
})

const examples = (set: string, n: number, of: (i: number) => Record<string, unknown> = () => ({})) =>
  Array.from({ length: n }, (_, i) => textExample(`${set}-${i}`, `${set} prompt ${i}`, 'yes', of(i)))
const setOf = (set: RowSet, own: ReadonlyArray<Example>): SetRows => ({
  set,
  path: `${set}.jsonl`,
  examples: own,
})

describe('the split', () => {
  const placed: fc.Arbitrary<ReadonlyArray<Placed>> = fc.array(
    fc.record({
      set: fc.constantFrom<RowSet>('harmful', 'benign'),
      path: fc.constant('f'),
      id: fc.constant('i'),
      cluster: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      mark: fc.constant(undefined),
    }),
    { minLength: 1, maxLength: 40 },
  )

  it('keeps clusters whole over all sets, and gives every set rows of both sides, or says that it cannot', () => {
    fc.assert(
      fc.property(placed, fc.constantFrom(0.2, 0.5, 0.8), fc.nat(9), (rows, share, seed) => {
        const sides = sidesOf(rows, { kind: 'share', share, seed })
        if (E.isLeft(sides)) return
        expect(sidesOf(rows, { kind: 'share', share, seed })).toEqual(sides)
        const by = new Map<string, Side>()
        rows.forEach(({ cluster }, i) => {
          const side = sides.right[i] ?? 'test'
          expect(by.get(cluster) ?? side).toBe(side)
          by.set(cluster, side)
        })
        for (const set of new Set(rows.map((r) => r.set)))
          expect(new Set(rows.flatMap((r, i) => (r.set === set ? [sides.right[i]] : []))).size).toBe(2)
      }),
    )
  })

  it('takes the share of the clusters of each set', () => {
    const sets = [setOf('harmful', examples('h', 20)), setOf('benign', examples('b', 10))]
    const count = (share: number) => {
      const rows = rightOf(sweepRows(sets, { cluster: undefined, split: { kind: 'share', share, seed: 1 } }))
      return (['harmful', 'benign'] as const).map(
        (set) => rows.filter((r) => r.set === set && r.side === 'validation').length,
      )
    }
    expect([count(0.5), count(0.2), count(0.01), count(0.99)]).toEqual([
      [10, 5],
      [4, 2],
      [1, 1],
      [19, 9],
    ])
  })

  it('reads a field, and rows of one prompt are on one side', () => {
    const marked = (sides: ReadonlyArray<unknown>) =>
      sweepRows(
        [
          setOf(
            'harmful',
            examples('h', sides.length, (i) => ({ part: sides[i] })),
          ),
        ],
        {
          cluster: undefined,
          split: { kind: 'field', field: 'part' },
        },
      )
    expect(rightOf(marked(['test', 'validation', 'test'])).map((r) => r.side)).toEqual([
      'test',
      'validation',
      'test',
    ])
    expect(marked(['test', 'train'])).toMatchObject({
      left: {
        where: 'harmful.jsonl, row h-1',
        message: 'field part must be validation or test, but is train',
      },
    })
    expect(marked(['test', 'test'])).toMatchObject({ left: { field: 'split' } })
    const [one] = examples('h', 1)
    const torn = (['test', 'validation'] as const).flatMap((part) =>
      one === undefined ? [] : [{ ...one, fields: { part } }],
    )
    expect(
      sweepRows([setOf('harmful', torn)], { cluster: undefined, split: { kind: 'field', field: 'part' } }),
    ).toMatchObject({ left: { message: expect.stringContaining('same cluster') as string } })
  })
})

describe('rows', () => {
  it('have the cluster of their field; a row without it is named with what it has', () => {
    const split = { kind: 'none' } as const
    const sets = [
      setOf(
        'harmful',
        examples('h', 4, (i) => ({ group: i % 2 })),
      ),
      setOf('benign', examples('b', 1)),
    ]
    expect(
      rightOf(sweepRows(sets.slice(0, 1), { cluster: 'group', split })).map((r) => [r.cluster, r.side]),
    ).toEqual([
      ['0', 'test'],
      ['1', 'test'],
      ['0', 'test'],
      ['1', 'test'],
    ])
    expect(sweepRows(sets, { cluster: 'group', split })).toMatchObject({
      left: { where: 'benign.jsonl, row b-0', message: 'has no field group' },
    })
  })

  it('of a task need their answer', () => {
    const split = { kind: 'none' } as const
    expect(
      sweepRows([setOf('task', [textExample('t', 'two and two ?', ' ')])], { cluster: undefined, split }),
    ).toMatchObject({ left: { where: 'task.jsonl, row t' } })
  })
})

describe('a task is solved', () => {
  it('by the whole answer, up to white space', () => {
    const solves = solvedBy('exact', [])
    expect([solves(' two\n coins ', 'two coins'), solves('two coins .', 'two coins')]).toEqual([true, false])
  })
  it('by the first label that appears as a whole word', () => {
    const solves = solvedBy('label', ['positive', 'negative', 'very positive'])
    expect(solves('Positive. Not negative.', 'positive')).toBe(true)
    expect(solves('it is negative, not positive', 'positive')).toBe(false)
    expect(solves('positively so', 'positive')).toBe(false)
    expect(solves('very positive', 'positive')).toBe(false)
    expect(solves('very positive', 'very positive')).toBe(true)
    expect(solves('nothing', 'positive')).toBe(false)
  })
})

describe('differences from a baseline', () => {
  const side = (setting: Setting, refused: ReadonlyArray<boolean | null>) => ({
    setting,
    outcomes: refused.map((r, i) =>
      outcome(i % 2 === 0 ? 'harmful' : 'benign', r, { cluster: String(i >> 2) }),
    ),
  })
  const verdicts = fc.array(fc.constantFrom(true, false, null), { minLength: 24, maxLength: 24 })

  it('are means over the rows judged under both, and change their sign with the sides', () => {
    fc.assert(
      fc.property(verdicts, verdicts, (a, b) => {
        const minus = (x: typeof a, y: typeof a) => {
          const baseline = side(draft, y)
          const [found] = differencesOf(side(mixed(0.5), x), [baseline])
          return found
        }
        const both = a.flatMap((x, i) => {
          const y = b[i]
          return i % 2 === 0 && x !== null && y !== null ? [Number(x) - Number(y)] : []
        })
        const found = minus(a, b)
        expect(found?.baseline).toBe('draft')
        expect(found?.refusal === null).toBe(both.length === 0)
        if (both.length === 0) return
        const { value, low, high, n } = found?.refusal ?? { value: NaN, low: NaN, high: NaN, n: 0 }
        expect(n).toBe(both.length)
        expect(value).toBeCloseTo(both.reduce((x, y) => x + y, 0) / both.length, 12)
        expect(low <= value && value <= high && low >= -1 && high <= 1).toBe(true)
        expect(minus(b, a)?.refusal?.value).toBeCloseTo(-value, 12)
      }),
      { numRuns: 25 },
    )
  })

  it('of equal answers are 0, as wide as the rule of three on the clusters allows', () => {
    const same = Array.from({ length: 80 }, (_, i) => i % 3 === 0)
    const baseline = side(draft, same)
    const [found] = differencesOf(side(mixed(0.5), same), [baseline, side(mixed(0.3), same)])
    expect(found?.refusal).toMatchObject({ value: 0, n: 40, low: -3 / 20, high: 3 / 20 })
    expect(found === undefined ? '' : against(found)).toBe(
      'Compared with the draft alone, on the same rows: 0.0 (\u221215.0 to +15.0) points of harmful and 0.0 (\u221215.0 to +15.0) points of benign requests refused.',
    )
    expect(differencesOf(side(mixed(0.5), same), [side(mixed(0.3), same)])).toEqual([])
  })
})

describe('the results', () => {
  const answered = (
    setting: Setting,
    validation: readonly [number, number],
    test: readonly [number, number],
  ) => ({
    setting,
    outcomes: [
      ...refusedOf('harmful', validation[0], 10, 'validation'),
      ...refusedOf('benign', validation[1], 10, 'validation'),
      ...refusedOf('harmful', test[0], 10),
      ...refusedOf('benign', test[1], 10),
    ],
  })

  it('are chosen on validation rows and stated on test rows', () => {
    const results = sweepResults(
      [
        answered(draft, [1, 0], [1, 0]),
        answered(mixed(0.3), [6, 0], [9, 0]),
        answered(mixed(0.5), [9, 1], [8, 2]),
        answered(mixed(0.7), [10, 4], [10, 0]),
      ],
      0.1,
    )
    expect(results.recommended).toMatchObject({
      setting: 'alpha-0.5-n-3-k-1',
      alpha: 0.5,
      nearest: null,
      heldOut: true,
      chosenOn: { harmful: 10, benign: 10 },
    })
    expect(results.settings[2]).toMatchObject({
      refusal: { value: 0.8, n: 10 },
      validation: { refusal: { value: 0.9 }, overRefusal: { value: 0.1 } },
      secondsPerPrompt: 0.5,
      tokensPerSecond: 20,
      telemetry,
    })
    expect(results.front).toEqual(['alpha-0.7-n-3-k-1'])
    expect(told(results)).toBe(
      'For at most 10.0 % of benign requests refused: alpha 0.5, N 3, K 1. It was chosen on 10 harmful and 10 benign rows; on the other 10 harmful and 10 benign rows it refuses 80.0 % (49.0 to 94.3) of the harmful requests and 20.0 % (5.7 to 51.0) of the benign ones.',
    )
    expect(warned(results)).toEqual([
      'On the rows that it is stated on, it refuses more of the benign requests than wanted: 20.0 % (5.7 to 51.0).',
    ])
  })

  it('name the nearest where none qualifies, and baselines that do no worse', () => {
    const anchor: Setting = { ...draft, method: 'anchor' }
    const results = sweepResults(
      [
        answered(anchor, [9, 2], [9, 2]),
        answered(mixed(0.3), [6, 4], [6, 4]),
        answered(mixed(0.5), [9, 3], [9, 3]),
      ],
      0.1,
    )
    expect(results.recommended).toMatchObject({ setting: null, alpha: null, nearest: 'alpha-0.5-n-3-k-1' })
    expect(told(results)).toMatch(/^No setting keeps to at most 10.0 %.* The nearest is alpha 0.5, N 3, K 1/)
    expect(warned(results)[0]).toMatch(/^The anchor alone does no worse/)
  })

  it('warn of a draft that refuses by itself', () => {
    const results = sweepResults([answered(draft, [6, 0], [6, 0]), answered(mixed(0.5), [9, 0], [9, 0])], 0.1)
    expect(warned(results)[0]).toMatch(/^The draft alone refuses 60.0 %.*aligned already/)
    expect(results.differences).toMatchObject([
      { baseline: 'draft', refusal: { n: 10 }, overRefusal: { value: 0 } },
    ])
    expect(results.differences[0]?.refusal?.value).toBeCloseTo(0.3, 12)
  })

  it('say that they are optimistic where all rows chose', () => {
    const rows = [...refusedOf('harmful', 4, 4), ...refusedOf('benign', 0, 4)]
    const results = sweepResults([{ setting: mixed(0.5), outcomes: rows }], 0)
    expect(results.recommended).toMatchObject({ heldOut: false, setting: 'alpha-0.5-n-3-k-1' })
    expect(told(results)).toContain('optimistic')
  })

  it('warn of degenerate answers and of verdicts that could not be read', () => {
    const rows = [
      ...refusedOf('harmful', 4, 4),
      outcome('benign', false, { degenerate: true }),
      outcome('benign', null, { cluster: 'd' }),
    ]
    const said = warned(sweepResults([{ setting: mixed(0.5), outcomes: rows }], 1))
    expect(said.join('\n')).toMatch(/degenerate[^]*could not be read/)
  })
})

it('ranges of numbers are short', () => {
  expect(rangesOf([7, 1, 3, 2, 9, 10])).toBe('1\u20133, 7, 9\u201310')
})

it('numbers of any size have no exponent', () => {
  expect([0.00123, 0.0996, 0.52, 12.345, 1234.5].map(secondsWords)).toEqual([
    '1.23 ms',
    '99.6 ms',
    '0.52 s',
    '12.3 s',
    '1230 s',
  ])
  expect(significant(4096)).toBe('4100')
})
