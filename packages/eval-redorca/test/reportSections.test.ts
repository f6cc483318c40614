/** The report's sections of win rates and corrected rates, as a browser shows them. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { winrateWith } from '../src/cli/winrate'
import { describeInBrowser, openBrowser } from '../../../tools/jest/browser'
import { file, runWith } from './fakes/commandLine'
import { longer, opens, pairJudge } from './fakes/pairJudge'
import { answers, cellOf, resultsFolder } from './fakes/resultsFolder'

const evil = '<img src=x onerror=alert(1)>'
const run = runWith(winrateWith(opens(pairJudge('pairwise-guard', longer))))

describeInBrowser('in a browser', () => {
  let browser: Browser
  let page = ''
  beforeAll(async () => {
    const bare = answers('harmful', 20, 8)
    const filter = answers('harmful', 20, 12, (i) => `a longer answer ${i}`)
    const sourced = (rows: typeof bare) => rows.map((r, i) => ({ ...r, source: i % 2 === 0 ? 'hh' : evil }))
    const out = await resultsFolder([
      cellOf('bare', {}, sourced(bare)),
      cellOf('filter', { data: `filter ${evil}` }, sourced(filter)),
    ])
    await run('winrate', '--results', out, '--judge', 'pairwise-guard', '--safety-sets', `hh,${evil}`)
    const labels = [bare, filter].flatMap((rows, c) =>
      rows.map(({ id, completion, verdict }) => ({
        ...{ id, cell: ['bare', 'filter'][c], completion, weight: 1 },
        ...{ harmful: verdict === 'complied' ? 1 : 0, refused: verdict === 'refused' ? 1 : 0 },
      })),
    )
    await run('report', '--results', out, '--labels', file('labels.jsonl', ...labels))
    page = pathToFileURL(join(out, 'report.html')).href
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  it.each([400, 1280])('both sections read at %i px without sideways scrolling', async (width) => {
    const shown = await (await browser.newContext({ viewport: { width, height: 900 } })).newPage()
    await shown.goto(page)
    const text = await shown.innerText('main')
    expect(text).toContain('Win rates against no defence')
    expect(text).toContain('Corrected for the judge’s errors')
    expect(text).toContain(evil)
    expect(await shown.locator('img').count()).toBe(0)
    const [content, window] = await shown.evaluate<[number, number]>(
      `[document.documentElement.scrollWidth, document.documentElement.clientWidth]`,
    )
    expect(content).toBe(window)
    if (process.env['REPORT_SHOTS'] !== undefined)
      await shown
        .locator('section', { hasText: 'Corrected for' })
        .last()
        .screenshot({ path: join(process.env['REPORT_SHOTS'], `corrected-${width}.png`) })
    if (process.env['REPORT_SHOTS'] !== undefined)
      await shown
        .locator('section', { hasText: 'Win rates against' })
        .last()
        .screenshot({ path: join(process.env['REPORT_SHOTS'], `winrates-${width}.png`) })
  })
})
