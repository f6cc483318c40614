import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Chosen } from '../../src/labels/choose'
import { labelPage } from '../../src/labels/page'
import { addingScript, describeInBrowser, openBrowser } from '../../../../tools/jest/browser'
import { cellOf } from '../fakes/resultsFolder'

const evil = [
  `</script><script>document.title='owned'</script>`,
  `<img src=x onerror="document.title='owned'"><!--`,
  '\u202eright to left\u2028\u0000 \ud800',
]
const row = (i: number, completion: string): Chosen => ({
  cell: {
    ...cellOf(`cell${i % 2}`, { data: i % 2 === 0 ? 'forgetfilter' : 'none' }, []),
    strengths: {},
  },
  sample: {
    id: `harmful-${i}`,
    set: 'harmful',
    prompt: `request ${i} ${evil[0] ?? ''}`,
    completion,
    verdict: 'refused',
  },
  verdicts: { 'guard@1': { refused: false, harmful: true, degenerate: false, pHarmful: 0.875 } },
  weight: 2.5,
})
const rows = ['Sure, here it is.', ...evil, ''].map((completion, i) => row(i, completion))
const facts = { suite: 'small', from: 'random', population: 40, seed: 7 } as const
const html = labelPage(rows, facts)

describe('the page', () => {
  it('holds no answer outside its data, and lets nothing in', () => {
    expect(html.match(/<script/g)).toHaveLength(2)
    expect(html).not.toContain('<img')
    expect(html).toContain('default-src &#39;none&#39;')
    expect(html).not.toMatch(/(?:src|href)="?https?:/)
    expect(html).toContain('5 of 40 answers, drawn at random, seed 7')
  })
})

describeInBrowser('in a browser', () => {
  let browser: Browser
  const folder = mkdtempSync(join(tmpdir(), 'label-page-'))
  const path = join(folder, 'page.html')
  const opened = async (options: BrowserContextOptions = {}): Promise<{ page: Page; problems: string[] }> => {
    const context = await browser.newContext({ acceptDownloads: true, ...options })
    const page = await context.newPage()
    const problems: string[] = []
    page.on('console', (m) => problems.push(m.text()))
    page.on('pageerror', (e) => problems.push(String(e)))
    page.on('request', (r) => {
      if (!r.url().startsWith('file:') && !r.url().startsWith('blob:')) problems.push(r.url())
    })
    await page.goto(pathToFileURL(path).href)
    return { page, problems }
  }
  const press = async (page: Page, keys: string): Promise<void> => {
    for (const key of keys.split(' ')) await page.keyboard.press(key)
  }
  const saved = async (page: Page): Promise<{ path: string; rows: Record<string, unknown>[] }> => {
    const waiting = page.waitForEvent('download')
    await page.keyboard.press('d')
    const download = await waiting
    expect(download.suggestedFilename()).toBe('labels.jsonl')
    const to = join(folder, `labels-${Math.random()}.jsonl`)
    await download.saveAs(to)
    return {
      path: to,
      rows: readFileSync(to, 'utf8')
        .split('\n')
        .filter((l) => l !== '')
        .map((l) => JSON.parse(l) as Record<string, unknown>),
    }
  }
  beforeAll(async () => {
    writeFileSync(path, html)
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  it('labels by keyboard, blind until a row is labelled, and saves the labels', async () => {
    const { page, problems } = await opened()
    await expect(page.textContent('#completion')).resolves.toBe('Sure, here it is.')
    await expect(page.isVisible('#reveal')).resolves.toBe(false)
    expect(await page.innerText('main')).not.toMatch(/guard@1|forgetfilter/)
    await press(page, 'Enter y')
    await expect(page.isVisible('#reveal')).resolves.toBe(false)
    await press(page, 'n')
    await expect(page.innerText('#reveal')).resolves.toMatch(
      /forgetfilter[\s\S]*guard@1\s+yes \(0\.88\)\s+no/,
    )
    await press(page, 'y')
    await expect(page.getAttribute('#harmful [data-do=yes]', 'aria-pressed')).resolves.toBe('true')
    await press(page, 'Enter s n y Enter')
    await expect(page.innerText('#count')).resolves.toBe('2 of 5 labelled, 1 skipped')
    await press(page, 'b c n n')
    const { rows: labels } = await saved(page)
    expect(labels).toEqual([
      {
        id: 'harmful-0',
        cell: 'cell0',
        prompt: rows[0]?.sample.prompt,
        completion: 'Sure, here it is.',
        harmful: 1,
        refused: 0,
        set: 'harmful',
        defence: 'forgetfilter',
        regime: 'poison:0.05',
        seed: 1,
        weight: 2.5,
        verdicts: rows[0]?.verdicts,
      },
      expect.objectContaining({ id: 'harmful-2', harmful: 0, refused: 0, revised: true }),
    ])
    expect(Object.keys(labels[0] ?? {}).slice(0, 6)).toEqual([
      'id',
      'cell',
      'prompt',
      'completion',
      'harmful',
      'refused',
    ])
    expect(problems).toEqual([])
  })

  it('shows hostile answers as text and does nothing that they say', async () => {
    const { page, problems } = await opened()
    await press(page, 's')
    await expect(page.textContent('#completion')).resolves.toBe(evil[0])
    await press(page, 's')
    await expect(page.textContent('#completion')).resolves.toBe(evil[1])
    await press(page, 's')
    await expect(page.textContent('#completion')).resolves.toBe('U+202Eright to left\u2028NUL U+D800')
    await press(page, 's')
    await expect(page.textContent('#completion')).resolves.toBe('')
    await expect(page.title()).resolves.toBe('Label answers: small')
    expect(await page.locator('#completion img, #sheet img, #sheet script').count()).toBe(0)
    // Its policy stops a script that were there all the same.
    await page.evaluate(addingScript)
    await expect(page.title()).resolves.toBe('Label answers: small')
    expect(problems.join()).toContain('Content Security Policy')
  })

  it('keeps labels over a reload, and goes on from an earlier file elsewhere', async () => {
    const { page } = await opened()
    await press(page, 'y n Enter n y')
    await page.reload()
    await expect(page.innerText('#count')).resolves.toBe('2 of 5 labelled')
    const file = await saved(page)
    writeFileSync(file.path, `${readFileSync(file.path, 'utf8')}not a label\n{"id":"other"}\nnull\n`)
    const { page: fresh } = await opened()
    await expect(fresh.innerText('#count')).resolves.toBe('0 of 5 labelled')
    await fresh.setInputFiles('#file', file.path)
    await fresh.waitForFunction(`document.getElementById('count').textContent === '2 of 5 labelled'`)
    await expect(fresh.innerText('#notice')).resolves.toBe(
      '2 labels taken, 3 lines are not labels of this page',
    )
    await expect(fresh.textContent('#completion')).resolves.toBe(evil[1])
    await press(fresh, 'y y Enter y y Enter y y Enter')
    await expect(fresh.isVisible('#end')).resolves.toBe(true)
    expect((await saved(fresh)).rows).toHaveLength(5)
  })

  it('works by pointer, where the focus on a button does not take the keys', async () => {
    const { page } = await opened()
    await page.click('#refused [data-do=yes]')
    await page.click('#harmful [data-do=no]')
    await expect(page.isVisible('#reveal')).resolves.toBe(true)
    await page.keyboard.press('Enter')
    await expect(page.textContent('#completion')).resolves.toBe(evil[0])
  })

  it.each([
    ['light', 400],
    ['dark', 400],
    ['light', 1280],
    ['dark', 1280],
  ] as const)('reads in %s at %i px without sideways scrolling', async (colorScheme, width) => {
    const { page } = await opened({ colorScheme, viewport: { width, height: 800 } })
    await press(page, 'y n')
    const [content, window] = await page.evaluate<[number, number]>(
      `[document.documentElement.scrollWidth, document.documentElement.clientWidth]`,
    )
    expect(content).toBe(window)
    const [ink, paper] = await page.evaluate<[string, string]>(
      `[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]`,
    )
    const light = (colour: string): number => Number(/\d+/.exec(colour)?.[0])
    expect(light(ink) > light(paper)).toBe(colorScheme === 'dark')
    if (process.env['LABEL_SHOTS'] !== undefined)
      await page.screenshot({ path: join(process.env['LABEL_SHOTS'], `${colorScheme}-${width}.png`) })
  })

  it('prints every row with boxes to tick', async () => {
    const { page } = await opened()
    await page.emulateMedia({ media: 'print' })
    await expect(page.isVisible('main')).resolves.toBe(false)
    await expect(page.locator('#sheet li').count()).resolves.toBe(rows.length)
    await expect(page.isVisible('#sheet li')).resolves.toBe(true)
    expect((await page.pdf()).length).toBeGreaterThan(1000)
  })
})
