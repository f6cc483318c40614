import { createHash } from 'node:crypto'
import type { Browser } from 'playwright-core'
import { describeInBrowser, hostileTexts, openBrowser, shownPage } from '../../../tools/jest/browser'
import { type ModuleReport, type Report, reportPage } from '../src'

const split: ModuleReport = {
  name: 'model.layers.0.self_attn.q_proj',
  shape: [16, 12],
  route: 'filter',
  degree: 80,
  rankLeft: 7,
  rankRight: 7,
  capturedLeft: 0.951,
  capturedRight: 0.951,
  energies: { LR: 0.5, Lp: 0.2, pR: 0.2, pp: 0.1 },
  chance: { LR: 0.25, Lp: 0.25, pR: 0.25, pp: 0.25 },
  gammas: { LR: 1, Lp: 0.5, pR: 0.6, pp: 0.7 },
  updateError: 0.021,
  normRatio: 0.8,
  lostEnergy: 0.01,
  seconds: 1,
}
const report = (modules: ReadonlyArray<ModuleReport>): Report => ({
  energy: 0.95,
  rank: null,
  beta: 0.05,
  method: 'csulora',
  seed: 42,
  seconds: 1.5,
  cpuSeconds: 1.4,
  peakBytes: 1e8,
  modules,
})

describe('the report as a page', () => {
  it('shows every block of every module beside what chance gives', () => {
    const page = reportPage(
      report([split, { ...split, name: 'b', energies: { LR: 0, Lp: 0, pR: 0, pp: 0 } }]),
    )
    expect(page.match(/<figure>/g)).toHaveLength(2)
    expect(page.match(/class="chance" d=/g)).toHaveLength(8)
    expect(page).toContain('in both spaces 50.0\u00a0%, by chance 25.0\u00a0%, weight 1.00')
    expect(page).toContain('7 directions hold 95.1\u00a0% (filtered)')
    expect(page).toContain('estimated error of the update 2.1\u00a0%')
    // The full bar is what the weight leaves of the energy: 0.1 * 0.7^2 of 110.
    expect(page).toMatch(/class="b-pp"\s+x="112"\s+y="85"\s+width="5.4"/)
  })
  it('shows modules that were not split', () => {
    const still: ModuleReport = {
      name: 'still',
      shape: [4, 4],
      route: 'none',
      unmoved: 'kept',
      normRatio: 1,
      lostEnergy: 0,
      seconds: 0,
    }
    const page = reportPage(report([still, { ...still, name: 'judged', cosine: 0.3, projected: true }]))
    expect(page).not.toContain('<svg')
    expect(page).toContain('base and aligned are equal: update kept')
    expect(page).toContain('cosine 0.300, projected')
  })
  it('escapes what comes from files', () => {
    const name = `</title><script>alert(1)</script><img src=x onerror="alert(1)">&'\u202e\u0007`
    const page = reportPage(report([{ ...split, name }]))
    expect(page).not.toContain('<script')
    expect(page).not.toContain('<img')
    expect(page).not.toMatch(/[\u202e\u0007]/)
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
  })
  it('loads nothing: its policy allows its own style and no more', () => {
    const page = reportPage(report([split]))
    const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(page) ?? []
    const hash = createHash('sha256').update(style).digest('base64')
    expect(page.replaceAll('&#39;', "'")).toContain(`default-src 'none'; style-src 'sha256-${hash}'`)
    expect(page).not.toMatch(/ style=|https?:|src=|href=|@import|url\(/)
  })
})

describeInBrowser('in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  it('shows hostile names as text and does nothing that they say', async () => {
    const { title, text, ...did } = await shownPage(
      browser,
      reportPage(report(hostileTexts.map((name) => ({ ...split, name })))),
    )
    expect(did).toEqual({ foreign: 0, problems: [], obeyed: false })
    expect(title).not.toBe('owned')
    expect(text).toContain('<img src=x onerror=')
  })
})
