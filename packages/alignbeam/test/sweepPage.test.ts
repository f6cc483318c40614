/** The report of a sweep: what it says, that it loads nothing, and in a browser that it fits a narrow screen. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { describeInBrowser, hostileTexts, openBrowser, shownPage } from '../../../tools/jest/browser'
import { sweepMarkdown } from '../src/sweep/report/markdown'
import { sweepPage } from '../src/sweep/report/page'
import { type SweepReport, measuringNotes } from '../src/sweep/report/report'
import { sweepResults } from '../src/sweep/results'
import { madeUpAnswers } from './fixtures/sweep'

const evil = '</dl><script>document.title="owned"</script>'
const results = sweepResults(madeUpAnswers(), 0.1)
const report: SweepReport = {
  results,
  setup: [
    ['draft', `${evil} ${'W'.repeat(300)}`],
    ['engine', 'wasm'],
  ],
  notes: measuringNotes('refusal@1', true),
}
const page = sweepPage(report)

describe('the page', () => {
  it('says what is recommended, and shows every setting once', () => {
    expect(page).toContain('alpha 0.5, N 6, K 3 (recommended)')
    expect(page.match(/<tr/g)).toHaveLength(1 + results.settings.length)
    expect(page.match(/class="mark /g)).toHaveLength(results.settings.length)
    expect(page.match(/class="ring"/g)).toHaveLength(1)
    expect(page.match(/Compared with the (draft alone|anchor alone|hard prefix)/g)).toHaveLength(3)
    expect(page.match(/class="front" d="(M[\d. ]+)(L[\d. ]+)+"/)).not.toBeNull()
  })

  it('lets nothing in', () => {
    expect(page).not.toContain('<script')
    const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]*)"/.exec(page)?.[1]
    expect(policy?.replaceAll('&#39;', "'")).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'$/,
    )
    expect(page).not.toMatch(/(?:src|href)="|style="|\son\w+="/)
  })

  it('has nothing to draw where no verdict was found', () => {
    const unread = madeUpAnswers().map(({ setting, outcomes }) => ({
      setting,
      outcomes: outcomes.map((o) => ({ ...o, refused: null })),
    }))
    const empty = sweepPage({ ...report, results: sweepResults(unread, 0.1) })
    expect(empty).toContain('nothing to draw')
    expect(empty).toContain('No setting can be recommended')
  })

  it('is there as text too, in which nothing is markup', () => {
    const text = sweepMarkdown(report)
    expect(text).toContain('alpha 0.5, N 6, K 3 (recommended)')
    expect(text.match(/^\| \d/gm)).toHaveLength(results.settings.length)
    expect(text).not.toMatch(/(?<!\\)</)
  })
})

describeInBrowser('in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alignbeam-page-'))
  const file = join(folder, 'report.html')
  let browser: Browser
  beforeAll(async () => {
    writeFileSync(file, page)
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser.close()
    rmSync(folder, { recursive: true })
  })

  it('shows hostile names as text and does nothing that they say', async () => {
    const hostile = sweepPage({
      results,
      setup: hostileTexts.map((text) => [text, text] as const),
      notes: hostileTexts,
    })
    const { text, ...did } = await shownPage(browser, hostile)
    expect(did).toEqual({ title: 'AlignBeam, sweep of settings', foreign: 0, problems: [], obeyed: false })
    expect(text).toContain('<img src=x')
  })

  it.each([
    [1280, 'light'],
    [400, 'dark'],
  ] as const)('fits %i pixels, %s', async (width, colorScheme) => {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme })
    const shown = await context.newPage()
    const problems: string[] = []
    shown.on('console', (m) => problems.push(m.text()))
    shown.on('request', (r) => {
      if (!r.url().startsWith('file:')) problems.push(r.url())
    })
    await shown.goto(pathToFileURL(file).href)
    expect(await shown.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
    expect(await shown.title()).toBe('AlignBeam, sweep of settings')
    const box = await shown.locator('svg').boundingBox()
    expect(box?.width).toBeGreaterThan(300)
    expect(problems).toEqual([])
    await context.close()
  })
})
