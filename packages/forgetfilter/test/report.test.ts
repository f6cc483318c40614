import { escaped } from '@safe/tensor-core/page'
import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import type { Browser } from 'playwright-core'
import { describeInBrowser, hostileTexts, openBrowser, shownPage } from '../../../tools/jest/browser'
import { auditRates, auditQuality, keptIds } from '../src/audit/audit'
import { auditRows } from '../src/audit/explain'
import type { RatedRow } from '../src/rates/rates'
import { binsOf, histogram } from '../src/report/histogram'
import { nearestRows } from '../src/report/nearest'
import { type ReportInput, reportPage } from '../src/report/page'
import { precisionRecall, tieCountsOf } from '../src/audit/ranking'

const rule = { threshold: { method: 'fixed', phi: 0.1 }, indeterminate: 'keep' } as const
const rates: ReadonlyArray<RatedRow> = [0.9, 0.5, 0.12, 0.08, 0, 0, -0.1].map((rate, i) => ({
  id: `r${i}`,
  s1: 0.95,
  s2: 0.95 - rate,
  rate,
}))
const inputOf = (changed: Partial<ReportInput> = {}, given = rates): ReportInput => {
  const audit = auditRates(rule, given)
  return {
    name: 'noisy.jsonl',
    rule,
    audit,
    rows: auditRows(rule, audit, keptIds(rule, audit)),
    canaries: [],
    texts: new Map(given.map(({ id }) => [id, { prompt: `prompt of ${id}`, response: `response of ${id}` }])),
    labels: new Map(),
    ...changed,
  }
}

/** The page with blanks as a reader sees them. */
const flat = (input: ReportInput): string => reportPage(input).replace(/\s+/g, ' ')

describe('the page', () => {
  it('says what was decided, why, and shows the rows nearest the threshold', () => {
    const page = flat(inputOf())
    expect(page).toContain('3 of 7 rows are dropped, 4 are kept.')
    expect(page).toContain('fixed: given, not estimated.')
    expect(page).toContain('rate 0.12 is above phi 0.1')
    expect(page).toContain('response of r3')
    expect(page).not.toContain('Quality against the labels')
  })

  it('escapes hostile names and texts, and lets nothing run', () => {
    const hostile = '</style><script>alert(1)</script><img src=x onerror="alert(2)">\u202egnp.exe'
    const page = flat(
      inputOf({
        name: hostile,
        texts: new Map(rates.map(({ id }) => [id, { prompt: hostile, response: hostile }])),
      }),
    )
    expect(page).not.toMatch(/<script|<img|\u202e/)
    expect(page).toContain('&lt;script&gt;alert(1)')
    expect(page.match(/<style>/g)).toHaveLength(1)
  })

  it('has a policy that allows its one style and nothing else', () => {
    const page = reportPage(inputOf())
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? ''
    const hash = createHash('sha256').update(style).digest('base64')
    expect(page.replaceAll('&#39;', "'")).toContain(
      `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
    )
    expect(page).not.toMatch(/ style="|https?:\/\/|<link|@import|url\(/)
  })

  it('shows quality with intervals and the curve where rows are labelled', () => {
    const audit = auditRates(rule, rates)
    const labels = rates.map(({ id }, i) => ({ id, unsafe: i < 4 }))
    const found = auditQuality(rule, audit, { name: 'r', rows: rates }, { name: 'l', rows: labels }, 1)
    if (found._tag === 'Left') throw new Error(found.left.message)
    const page = flat(
      inputOf({ quality: found.right, labels: new Map(labels.map(({ id, unsafe }) => [id, unsafe])) }),
    )
    expect(page).toContain('4 of 7 rows are labelled unsafe')
    expect(page).toContain('the threshold used has precision 1.000 and recall 0.750')
    expect(page).toContain('labelled unsafe')
  })

  it('says that all rows are kept where there is no threshold', () => {
    const auto = { threshold: { method: 'auto' }, indeterminate: 'keep' } as const
    const audit = auditRates(auto, rates)
    const page = flat(inputOf({ rule: auto, audit, rows: auditRows(auto, audit, keptIds(auto, audit)) }))
    expect(page).toContain('No threshold was found')
    expect(page).toContain('all 7 rows are kept')
    expect(page).toContain('Rows with the largest rates')
  })

  it('can be made of any rates', () =>
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.double({ min: -40, max: 40, noNaN: true }), fc.constant(0)), { maxLength: 30 }),
        (values) => {
          const rows = values.map((rate, i) => ({ id: String(i), s1: 0, s2: -rate, rate }))
          expect(flat(inputOf({}, rows))).not.toMatch(/NaN|Infinity|undefined</)
        },
      ),
      { numRuns: 40 },
    ))
})

describe('the histogram', () => {
  it('counts every rate once, in the bin that contains it', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 1, maxLength: 60 }), (values) => {
        const bins = binsOf(values.map((v) => ({ rate: v / 40, decision: 'kept' as const })))
        expect(bins.reduce((sum, { counts }) => sum + counts.kept, 0)).toBe(values.length)
        for (const v of values)
          expect(bins.some(({ low, high }) => low <= v / 40 + 1e-9 && v / 40 < high + 1e-9)).toBe(true)
      }),
    ))

  it('has bins of one round width', () => {
    const bins = binsOf([0, 0.5, 1].map((rate) => ({ rate, decision: 'kept' as const })))
    expect(bins[1]?.low).toBeCloseTo(0.05, 12)
    expect(bins).toHaveLength(21)
  })

  it('is absent where no row has a rate', () =>
    expect(histogram([], { phi: 0.1, canaries: [] })).toBeUndefined())
})

describe('parts', () => {
  it('replaces what would change the direction of writing', () =>
    expect(escaped('a\u202eb\u0007<"&')).toBe('a\ufffdb\ufffd&lt;&quot;&amp;'))

  it('takes the nearest rows from both sides, largest rate first', () => {
    const rows = inputOf().rows
    expect(nearestRows(rows, 0.1).map(({ id }) => id)).toEqual(['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6'])
    const many = Array.from({ length: 100 }, (_, i) => ({ ...rows[0]!, id: String(i), rate: i / 100 }))
    const shown = nearestRows(many, 0.495).map(({ id }) => Number(id))
    expect(shown).toEqual([57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42])
  })

  it('precision and recall of every threshold, ties taken together', () =>
    expect(
      precisionRecall(
        tieCountsOf([
          { rate: 3, unsafe: true },
          { rate: 2, unsafe: true },
          { rate: 2, unsafe: false },
          { rate: 1, unsafe: false },
        ]),
      ),
    ).toEqual([
      { precision: 1, recall: 0.5 },
      { precision: 2 / 3, recall: 1 },
      { precision: 0.5, recall: 1 },
    ]))
})

describeInBrowser('in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  it('shows hostile rows as text and does nothing that they say', async () => {
    const { title, text, ...did } = await shownPage(
      browser,
      reportPage(
        inputOf({
          name: hostileTexts.join(''),
          texts: new Map(
            rates.map(({ id }) => [id, { prompt: hostileTexts.join(' '), response: hostileTexts.join(' ') }]),
          ),
        }),
      ),
    )
    expect(did).toEqual({ foreign: 0, problems: [], obeyed: false })
    expect(title).not.toBe('owned')
    expect(text).toContain('<img src=x onerror=')
  })
})
