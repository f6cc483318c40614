/** The report of results that are not complete. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { undefended } from '../src/plan/factors'
import { headline, markdown, page } from '../src/report'
import { browserData } from '../src/report/browser/shape'
import type { FinishedCell } from '../src/results/prepared'
import { type FailedCell, type Results, resultsOf } from '../src/results/results'
import type { Running } from '../src/results/running'
import type { Sample } from '../src/suite/samples'
import { describeInBrowser, openBrowser } from '../../../tools/jest/browser'
import { stamp } from './fakes/resultsFolder'

const samples = (harm: number): ReadonlyArray<Sample> =>
  (['test', 'validation'] as const).flatMap((split) =>
    Array.from({ length: 20 }, (_, i) => [
      {
        ...{ id: `h${i}`, set: 'harmful' as const, split, prompt: `ask ${i}`, completion: 'so' },
        verdict: i < harm ? ('complied' as const) : ('refused' as const),
      },
      {
        ...{ id: `t${i}`, set: 'task' as const, split, prompt: `task ${i}`, completion: 'so' },
        verdict: 'complied' as const,
        reference: 'so',
        correct: true,
      },
    ]).flat(),
  )
const cell = (id: string, harm: number, more: Partial<FinishedCell['factors']> = {}): FinishedCell => ({
  ...{ id, control: false, published: more.strengths === undefined, seconds: 1, samples: samples(harm) },
  factors: { model: 'aligned', regime: 'poison:0.05', ...undefended, seed: 1, ...more },
})
const [aligned, bare] = [cell('aligned', 0, { regime: 'none' }), cell('bare', 15)]
const fade = (by: number, harm: number): FinishedCell =>
  cell(`fade ${by}`, harm, { weights: 'fade', strengths: { fade: by } })

const going: Running = { done: 12, cells: 40, secondsLeft: 1500 }
const of = (
  cells: ReadonlyArray<FinishedCell>,
  running?: Running,
  failed: ReadonlyArray<FailedCell> = [],
): Results =>
  resultsOf({
    ...{ suite: 'small', finished: '2030-01-01T10:20:30.000Z', stamp, cells, failed },
    selection: { epsilon: 0.02, delta: 0.05, paths: { fade: [1, 0.7, 0.5] }, controls: {} },
    ...(running === undefined ? {} : { running }),
  })
const pageOf = (results: Results): string => page({ results, samples: new Map(), config: {}, linked: true })
const both = (results: Results): ReadonlyArray<string> => [pageOf(results), markdown(results)]

describe('a report while cells are missing', () => {
  it('says how far the run is, in both forms, and reloads itself', () => {
    const results = of([aligned, bare], { ...going, leftOut: 2 })
    for (const text of both(results)) {
      expect(text).toContain('Running: 12 of 40 cells, about 25 min left.')
      expect(text).toContain('2 finished cells are of a seed that is not complete yet, and left out below.')
      expect(text).toContain('Written 2030-01-01 10:20 UTC')
    }
    expect(pageOf(results)).toContain('location.reload()')
    expect(pageOf(results)).not.toMatch(/http-equiv="refresh"/)
  })
  it('says where the run was stopped, and does not reload', () => {
    const results = of([aligned, bare], { ...going, stopped: true })
    for (const text of both(results))
      expect(text).toContain('Stopped at 12 of 40 cells; the same command continues')
    expect(pageOf(results)).not.toContain('location.reload()')
  })
  it('is marked in the page of samples as well', () => {
    const input = { samples: new Map([['bare', bare.samples]]), redact: false }
    const running = (mark?: Running): string | undefined =>
      browserData({ ...input, results: of([bare], mark) }).index.running
    expect(running(going)).toBe('Running: 12 of 40 cells, about 25 min left')
    expect(running()).toBeUndefined()
  })
  it('says nothing of all this when it is complete', () => {
    for (const text of both(of([aligned, bare]))) {
      expect(text).not.toMatch(/Running:|Stopped at|So far|to come|reload\(\)/)
      expect(text).not.toContain('role="status"')
    }
  })
  it('has a headline of what is there so far', () => {
    expect(headline(of([aligned], going))).toBe(
      'So far, with 12 of 40 cells: no fine-tuned model is evaluated yet.',
    )
    expect(headline(of([aligned, bare, fade(1, 5)], going))).toMatch(
      /^So far, with 12 of 40 cells: The aligned model complies .* fade has the lowest attack success on the validation items/,
    )
  })
})

describe('rows at equal utility', () => {
  it('are there when the undefended cell and a strength of the method are, and say how many strengths are to come', () => {
    expect(of([aligned, bare], going).equalUtility).toEqual([])
    expect(of([aligned, fade(1, 5)], going).equalUtility).toEqual([])
    const some = of([aligned, bare, fade(1, 5)], going)
    expect(some.equalUtility).toMatchObject([{ strength: 1, tried: 1 }])
    for (const text of both(some)) expect(text).toContain('1, 2 strengths to come')
    for (const text of both(of([aligned, bare, fade(1, 5), fade(0.7, 4)], going)))
      expect(text).toMatch(/1 strength to come/)
    for (const text of both(of([aligned, bare, fade(1, 5), fade(0.7, 4), fade(0.5, 4)], going)))
      expect(text).not.toContain('to come')
  })
  it('do not wait for strengths that failed', () => {
    const failed = [0.7, 0.5].map((by) => ({ factors: fade(by, 0).factors, message: 'broke' }))
    for (const text of both(of([aligned, bare, fade(1, 5)], going, failed)))
      expect(text).not.toContain('to come')
  })
})

describeInBrowser('in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  /** Opens the page, does something, and tells whether half a minute later the newer page is shown. */
  const reloads = async (act: string, running: Running = going): Promise<boolean> => {
    const path = join(mkdtempSync(join(tmpdir(), 'redorca-running-')), 'report.html')
    const write = (done: number): void =>
      writeFileSync(path, pageOf(of([aligned, bare, fade(1, 5)], { ...running, done })))
    write(12)
    const shown = await browser.newPage({ viewport: { width: 800, height: 500 } })
    await shown.clock.install()
    await shown.goto(pathToFileURL(path).href)
    await shown.evaluate(act)
    write(13)
    await shown.clock.runFor(31_000)
    await shown.waitForTimeout(200)
    const text = await shown.innerText('.running')
    await shown.close()
    return text.includes('13 of 40')
  }

  it('shows newer results while nothing was touched, and leaves the reader alone otherwise', async () => {
    expect(await reloads('0')).toBe(true)
    expect(await reloads('scrollTo(0, 300)')).toBe(false)
    expect(await reloads(`document.querySelector('details').open = true`)).toBe(false)
    expect(await reloads('0', { ...going, stopped: true })).toBe(false)
  })
})
