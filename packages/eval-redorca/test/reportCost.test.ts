/** The report's sections of cost, diagnostics and fidelity: rows, text of both forms, and as a browser shows them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { markdown, page } from '../src/report'
import { bytesWords, countWords, significant, timeWords } from '../src/report/amounts'
import { costRows } from '../src/report/cost'
import { panelsOf } from '../src/report/diagnostics'
import { readingOf } from '../src/report/reading'
import { type Results, resultsOf } from '../src/results/results'
import { describeInBrowser, openBrowser } from '../../../tools/jest/browser'
import { runWith } from './fakes/commandLine'
import { costlyCells, costlyFolder, fidelity, hostile } from './fakes/costlyFolder'
import { answers, cellOf, stamp } from './fakes/resultsFolder'

const regime = 'poison:0.05'
const resultsFrom = (cells = costlyCells): Results =>
  resultsOf({
    suite: 'small',
    finished: '2030-01-01T00:00:00.000Z',
    stamp: { ...stamp, fidelity },
    cells,
    failed: [],
  })
const rowsOf = (results: Results) => {
  const [here] = readingOf(results).regimes
  if (here === undefined) throw new Error('no regime')
  return costRows(results, here)
}

describe('amounts', () => {
  it('are short', () => {
    const spaced = (all: ReadonlyArray<string>) => all.map((s) => s.replace(/\u00a0/g, ' '))
    expect(spaced([0.04, 119.96, 121, 7300].map(timeWords))).toEqual(['0.0 s', '120.0 s', '2.0 min', '2.0 h'])
    expect(spaced([5.12e8, 1.5e9].map(bytesWords))).toEqual(['512 MB', '1.5 GB'])
    expect(spaced([9999, 12345, 4.5e6].map(countWords))).toEqual(['9999', '12.3 k', '4.5 M'])
    expect([0.02346, 7.5, 123.4, 4120].map(significant)).toEqual(['0.0235', '7.5', '123', '4120'])
  })
})

describe('cost', () => {
  it('is in relation to the undefended run', () => {
    const rows = rowsOf(resultsFrom())
    expect(rows[0]).toMatchObject({ name: 'no defence', total: 345.25, relative: 1, tokensDecoded: 34567 })
    const beam = rows.find(({ name }) => name === 'alignbeam')
    expect(beam?.relative).toBeCloseTo(9300 / 345.25)
    expect(beam).toMatchObject({ extraForwardPasses: 123456, peakBytes: 2e9 })
    expect(rows.find(({ name }) => name === 'forgetfilter')?.extraForwardPasses).toBeNull()
  })

  it('is the mean over seeds, and unknown where it is unknown of one', () => {
    const [bare] = costlyCells
    if (bare === undefined) throw new Error('no cell')
    const second = (seconds: typeof bare.seconds) => ({
      ...bare,
      id: 'second',
      factors: { ...bare.factors, seed: 2 },
      seconds,
    })
    const four = { data: 0, training: 100, weights: 0, decoding: 5.25 }
    expect(rowsOf(resultsFrom([bare, second(four)]))[0]?.total).toBe((345.25 + 105.25) / 2)
    const lacking = rowsOf(resultsFrom([bare, second({ ...four, training: null })]))
    expect(lacking[0]).toMatchObject({
      total: null,
      relative: null,
      seconds: { training: null, decoding: 25.25 },
    })
  })

  it('is not shown of results of earlier versions', () => {
    const results = resultsFrom([cellOf('old', {}, answers('harmful', 4, 1))])
    expect(rowsOf(results)).toEqual([])
    const made = page({ results, samples: new Map(), config: {}, linked: false })
    expect(made).not.toContain('<h3>Cost')
    expect(made).not.toContain('What the methods did')
    expect(markdown(results)).not.toContain('Cost.')
  })
})

describe('diagnostics', () => {
  it('have a column for each strength and a row for each value, lists left out', () => {
    const csulora = panelsOf(resultsFrom(), { regime }).find(({ method }) => method === 'csulora')
    expect(csulora?.strengths).toEqual(['1', '0.5', '0.2', '0.1', '0.05', '0.02'])
    expect(csulora?.rows.map(({ name }) => name)).toEqual([
      'modules',
      'energies LR',
      'energies Lp',
      'energies pR',
      'energies pp',
      'norm ratio',
      'gammas LR',
      'gammas Lp',
      'gammas pR',
      'gammas pp',
      'lost energy',
    ])
    expect(csulora?.rows[5]?.values[0]).toBe(0.75)
  })

  it('are means over seeds, of the cells in which the method acts alone', () => {
    const cell = (id: string, seed: number, dropped: number, weights = 'none') => ({
      ...cellOf(id, { data: 'sieve', seed, weights }, answers('harmful', 4, 1)),
      diagnostics: { sieve: { dropped, rows: [1, 2], how: 'by lot' } },
    })
    const cells = [cell('a', 1, 2), cell('b', 2, 5), cell('c', 1, 100, 'scale')]
    expect(panelsOf(resultsFrom(cells), { regime })).toEqual([
      {
        method: 'sieve',
        strengths: ['as configured'],
        rows: [
          { name: 'dropped', values: [3.5] },
          { name: 'how', values: ['by lot'] },
        ],
      },
    ])
    expect(panelsOf(resultsFrom(cells.slice(2)), { regime })[0]?.rows[0]?.values).toEqual([100])
  })
})

describe('the sections', () => {
  const results = resultsFrom()
  const made = page({ results, samples: new Map(), config: {}, linked: false })
  const text = markdown(results).replace(/\u00a0/g, ' ')

  it('stand in the page, escaped', () => {
    for (const part of ['<h3>Cost', 'What the methods did', 'How faithful the methods are', 'norm ratio'])
      expect(made).toContain(part)
    expect(made).toContain('compared with abc123')
    expect(made).not.toContain(hostile)
  })

  it('have the same numbers in Markdown', () => {
    expect(text).toMatch(/\| no defence \| 0 s \| 5.0 min \| 0 s \| 45.3 s \| 5.8 min \| 1.00 × \|/)
    expect(text).toMatch(/\| norm ratio \| 0.75 \| 0.625 \| 0.55 \| 0.525 \| 0.512 \| 0.505 \|/)
    expect(text).toContain('- **csulora** (weights). Source: arXiv 2605.30640 (compared with abc123)')
  })
})

describeInBrowser('in a browser', () => {
  let browser: Browser
  let url = ''
  beforeAll(async () => {
    const out = await costlyFolder()
    await runWith()('report', '--results', out)
    url = pathToFileURL(join(out, 'report.html')).href
    expect(readFileSync(join(out, 'report.md'), 'utf8')).toContain('How faithful')
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  it.each([400, 1280])('the page reads at %i px without sideways scrolling', async (width) => {
    const shown = await (await browser.newContext({ viewport: { width, height: 900 } })).newPage()
    await shown.goto(url)
    expect(await shown.locator('img').count()).toBe(0)
    const [content, window] = await shown.evaluate<[number, number]>(
      `[document.documentElement.scrollWidth, document.documentElement.clientWidth]`,
    )
    expect(content).toBe(window)
    const wide = await shown.evaluate<ReadonlyArray<string>>(
      `[...document.querySelectorAll('.cost,.diagnostics,.fidelity')].filter((t) => t.getBoundingClientRect().right > innerWidth).map((t) => t.className)`,
    )
    expect(wide).toEqual([])
    for (const table of ['.cost', '.diagnostics', '.fidelity'])
      expect(await shown.locator(table).first().isVisible()).toBe(true)
  })
})
