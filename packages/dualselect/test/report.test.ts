import { escaped } from '@safe/tensor-core/page'
import type { Browser } from 'playwright-core'
import { describeInBrowser, hostileTexts, openBrowser, shownPage } from '../../../tools/jest/browser'
import { textExample } from '@safe/tensor-core/contracts'
import { defaults } from '../src'
import { binned, chart, ticksOf } from '../src/report/chart'
import { type TrainingStory, overlaps, timesSelected } from '../src/report/story'
import { trainingPage } from '../src/report/trainingPage'

const row = (step: number, indices: number[], losses: (number | null)[], cosines: (number | null)[]) => ({
  step,
  indices,
  losses,
  cosines,
  weights: indices.map(() => 1 / indices.length),
  among: { rows: 4, loss: 2, conflict: 0.25 },
})
const story: TrainingStory = {
  references: [
    { kind: 'reference', ...row(2, [0, 1], [1, 3], [-1, 1]) },
    { kind: 'reference', ...row(4, [1, 2], [1, 3], [-1, -1]) },
    { kind: 'reference', ...row(6, [1, 2], [1, 3], [-1, -1]) },
  ],
  tasks: [{ kind: 'task', ...row(2, [5], [1], [null]) }],
  steps: [{ step: 0, loss: 1 }],
}

it('overlaps are Jaccard with the selection before, and rows are counted', () => {
  expect(overlaps(story.references)).toEqual([
    { step: 4, overlap: 1 / 3 },
    { step: 6, overlap: 1 },
  ])
  expect(timesSelected(story.references)).toEqual([
    { number: 1, times: 3 },
    { number: 2, times: 2 },
    { number: 0, times: 1 },
  ])
})

it('the page states what was selected, and escapes what it shows', () => {
  const hostile = '</svg><script>alert("x")</script>'
  const page = trainingPage({
    title: hostile,
    task: hostile,
    options: defaults,
    story,
    references: {
      name: hostile,
      rows: [0, 1, 2].map((number) => ({ number, row: textExample(hostile, hostile, `\u202e${hostile}`) })),
    },
  })
  expect(page).not.toContain('<script')
  expect(page).not.toContain('\u202e')
  expect(page).toContain('&lt;/svg&gt;&lt;script&gt;')
  const text = page.replace(/[ \n]+/g, ' ')
  expect(text).toContain('3 refreshes selected 3 different references')
  expect(text).toContain('25\u00a0% of the task rows were learned from')
  // Overlap 2/3 on average, conflict a quarter.
  expect(text).toMatch(/mean overlap of refreshes<\/dt> <dd>67\u00a0%/)
  expect(text).toMatch(/references against the task<\/dt> <dd>25\u00a0%/)
})

it('only text that can be shown is left of control characters', () => {
  expect(escaped('a\u0000<b> & \'c\' "d"')).toBe('a\ufffd&lt;b&gt; &amp; &#39;c&#39; &quot;d&quot;')
})

describe('charts', () => {
  it('ticks are round and within the range', () => {
    expect(ticksOf(0, 1, 4)).toEqual([0, 0.5, 1])
    expect(ticksOf(3, 97, 5)).toEqual([20, 40, 60, 80])
    expect(ticksOf(2, 2, 4)).toEqual([2])
  })

  it('many points are averaged to few, the mean stays', () => {
    const points = Array.from({ length: 1000 }, (_, x) => ({ x, y: x % 2 }))
    const few = binned(points)
    expect(few.length).toBeLessThanOrEqual(90)
    expect(few.reduce((s, p) => s + p.y, 0) / few.length).toBeCloseTo(0.5, 1)
    expect(binned(points.slice(0, 5))).toEqual(points.slice(0, 5))
  })

  it('a chart without a value says so', () => {
    const parts = { title: 'Loss', caption: 'nats', xName: 'step' }
    expect(chart({ ...parts, series: [{ name: 'a', points: [{ x: 1, y: Number.NaN }] }] }).markup).toContain(
      'Nothing was measured.',
    )
    const one = chart({ ...parts, series: [{ name: 'a', points: [{ x: 1, y: 2 }] }] }).markup
    expect(one).not.toContain('NaN')
    // A single step: no tick between steps.
    expect(one.replace(/\s+/g, ' ')).toMatch(/>1<\/text/)
    expect(one).not.toContain('0.8')
  })
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
      trainingPage({
        title: hostileTexts.join(''),
        task: hostileTexts.join(''),
        options: defaults,
        story,
        references: {
          name: hostileTexts.join(''),
          rows: hostileTexts.map((text, number) => ({ number, row: textExample(text, text, text) })),
        },
      }),
    )
    expect(did).toEqual({ foreign: 0, problems: [], obeyed: false })
    expect(title).not.toBe('owned')
    expect(text).toContain('<img src=x onerror=')
  })
})
