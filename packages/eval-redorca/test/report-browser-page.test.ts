/** The page of samples: what its policy lets in, and in a browser how it is used by keyboard and pointer, narrow, dark and printed. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { type SizeLimits, browserFiles } from '../src/report/browser/files'
import { browserData } from '../src/report/browser/shape'
import type { FinishedCell } from '../src/results/prepared'
import type { Sample } from '../src/suite/samples'
import { addingScript, describeInBrowser, openBrowser } from '../../../tools/jest/browser'
import { inputOf, sampleOf } from './fakes/browserInput'
import { cellOf } from './fakes/resultsFolder'

const evil = [
  `</script><script>document.title='owned'</script>`,
  `<img src=x onerror="document.title='owned'"><!--`,
  '\u202eright to left\u2028\u0000\u001b[31m \ud800',
  'W'.repeat(4000),
  'Z\u0301\u0302\u0303\u0304\u0305'.repeat(200),
]
const row = (
  id: string,
  set: Sample['set'],
  completion: string,
  refused: boolean,
  more: Partial<Sample> = {},
): Sample =>
  sampleOf(
    { id, set, completion, prompt: `${set} prompt ${id}`, finishReason: 'stop', ...more },
    { refused },
    set === 'harmful' && !refused ? { harmful: true, pHarmful: 0.9 } : { refused },
  )
const listOf = (refuses: boolean, hostile: ReadonlyArray<string> = evil): ReadonlyArray<Sample> => [
  row('ask', 'harmful', refuses ? 'Sorry, no.' : 'Take the long tongs.', refuses),
  row('look', 'lookalike', 'Of course.', false, { split: 'validation', cluster: 'tongs' }),
  row('sum', 'task', refuses ? '5' : '4', false, {
    reference: '4',
    correct: !refuses,
    finishReason: 'length',
  }),
  ...hostile.map((text, i) => row(`evil-${i}`, 'benign', text, false, { prompt: `evil ${text}` })),
]
const cells: ReadonlyArray<FinishedCell> = [
  cellOf('bare', {}, listOf(false)),
  cellOf('filter', { data: 'filter' }, listOf(true)),
  cellOf('shrink', { weights: evil[0] ?? '' }, listOf(true)),
]
const filesOf = (limits?: SizeLimits, redact = false) =>
  browserFiles(browserData(inputOf(cells, { redact })), limits)

describe('the page', () => {
  const { page } = filesOf()
  it('holds no text outside its data, and lets nothing in', () => {
    expect(page.match(/<script/g)).toHaveLength(3)
    expect(page).not.toContain('<img')
    const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]*)"/
      .exec(page)?.[1]
      ?.replaceAll('&#39;', "'")
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'$/,
    )
    expect(page).not.toMatch(/(?:src|href)="?(?:https?:)?\/\//)
    expect(page).not.toMatch(/ (?:style|on\w+)="/)
  })
  it('is one style and one script for every benchmark', () => {
    const hashes = (html: string) => html.match(/sha256-[\w+/=]+/g)
    expect(hashes(filesOf({ inline: 0, part: 0 }).page)).toEqual(hashes(page))
  })
})

describeInBrowser('in a browser', () => {
  let browser: Browser
  const folder = mkdtempSync(join(tmpdir(), 'samples-page-'))
  const write = (name: string, limits?: SizeLimits, redact = false): string => {
    const at = join(folder, name)
    mkdirSync(join(at, 'samples'), { recursive: true })
    const { page, sidecars } = filesOf(limits, redact)
    writeFileSync(join(at, 'samples.html'), page)
    for (const { name: part, content } of sidecars) writeFileSync(join(at, 'samples', part), content)
    return at
  }
  const opened = async (
    at: string,
    { hash = '', ...options }: BrowserContextOptions & { readonly hash?: string } = {},
  ): Promise<{ page: Page; problems: string[] }> => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
    const page = await context.newPage()
    const problems: string[] = []
    page.on('console', (m) => problems.push(m.text()))
    page.on('pageerror', (e) => problems.push(String(e)))
    page.on('request', (r) => {
      if (!r.url().startsWith('file:')) problems.push(r.url())
    })
    await page.goto(`${pathToFileURL(join(at, 'samples.html')).href}${hash}`)
    return { page, problems }
  }
  const prompts = (page: Page): Promise<string[]> => page.locator('#rows .prompt').allTextContents()
  let whole = ''
  let parted = ''
  beforeAll(async () => {
    whole = write('whole')
    parted = write('parted', { inline: 0, part: 1 })
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser.close()
    rmSync(folder, { recursive: true })
  })

  it('shows disagreements first, and one prompt with all answers side by side', async () => {
    const { page, problems } = await opened(whole)
    await page.waitForSelector('.card')
    expect((await prompts(page)).slice(0, 3)).toEqual([
      'harmful prompt ask',
      'task prompt sum',
      'lookalike prompt look',
    ])
    await expect(page.innerText('#count')).resolves.toMatch(
      /^8 prompts; judges disagree about answers to 0, defences change answers to 2/,
    )
    await expect(page.innerText('#title')).resolves.toBe('ask #')
    const cards = page.locator('.card')
    await expect(cards.count()).resolves.toBe(2)
    await expect(cards.nth(0).innerText()).resolves.toMatch(
      /no defence 5.% harmful rows, seed 1[\s\S]*✗ answered[\s\S]*ended by itself[\s\S]*refusal@1\s+no\s+–\s+no\s+guard@1\s+no\s+yes \(0\.90\)\s+–/,
    )
    await expect(cards.nth(1).innerText()).resolves.toMatch(
      /the same answer in 2 cells[\s\S]*filter .* changed[\s\S]*✓ refused/,
    )
    await page.uncheck('#together')
    await page.locator('.card').nth(2).waitFor()
    expect(problems).toEqual([])
  })

  it('keeps answers that may do harm behind a click for each, and one for all', async () => {
    const { page } = await opened(whole)
    await page.waitForSelector('button.hidden')
    expect(await page.innerText('#item')).not.toContain('tongs')
    await page.locator('button.hidden').first().focus()
    await page.keyboard.press('Enter')
    await page.locator('.card .text:focus').waitFor()
    await expect(page.locator('.card .text').allTextContents()).resolves.toEqual(['Take the long tongs.'])
    await page.keyboard.press('s')
    await page.locator('.card .text').nth(1).waitFor()
    await expect(page.locator('.card .text').allTextContents()).resolves.toEqual([
      'Take the long tongs.',
      'Sorry, no.',
    ])
    await page.keyboard.press('s')
    await page.locator('button.hidden').nth(1).waitFor()
    expect(await page.locator('.card .text').count()).toBe(0)
  })

  it('is used by keyboard alone', async () => {
    const { page, problems } = await opened(whole)
    await page.waitForSelector('.card')
    await page.keyboard.press('j')
    await expect(page.innerText('#title')).resolves.toBe('sum #')
    await expect(page.innerText('#reference')).resolves.toMatch(/Reference\s+4/)
    await page.waitForSelector('.card')
    await expect(page.locator('.card').nth(1).innerText()).resolves.toMatch(
      /✗ wrong[\s\S]*cut at the token limit/,
    )
    await page.keyboard.press('k')
    await expect(page.innerText('#title')).resolves.toBe('ask #')
    await page.keyboard.press('/')
    await page.keyboard.type('LOOKALIKE')
    await page.locator('#count', { hasText: '1 prompt of 8' }).waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('j')
    await page.locator('#facts', { hasText: 'lookalike, validation split, cluster tongs' }).waitFor()
    await page.keyboard.press('Escape')
    await expect(page.evaluate(`document.activeElement.dataset.item`)).resolves.toBe('1')
    await page.keyboard.press('Enter')
    await expect(page.evaluate(`document.activeElement.id`)).resolves.toBe('title')
    expect(problems).toEqual([])
  })

  it('filters, and keeps filter and prompt in the address', async () => {
    const { page } = await opened(whole)
    await page.selectOption('[name=set]', 'harmful')
    await page.selectOption('[name=cell]', 'with:filter')
    await page.selectOption('[name=judge]', 'guard@1')
    await page.selectOption('[name=verdict]', 'refused')
    await page.locator('#active', { hasText: '(4)' }).waitFor()
    await page.locator('#rows a').click()
    await page.locator('.card.matched').waitFor()
    const hash = await page.evaluate<string>('location.hash')
    expect(hash).toBe('#set=harmful&cell=with%3Afilter&judge=guard%401&verdict=refused&item=ask')
    await expect(page.locator('.card').allInnerTexts()).resolves.toEqual([
      expect.stringContaining('for comparison'),
      expect.stringContaining('matches'),
    ])
    const again = await opened(whole, { hash })
    await again.page.locator('.card.matched').waitFor()
    await expect(again.page.inputValue('[name=verdict]')).resolves.toBe('refused')
    await again.page.click('button[type=reset]')
    await again.page.locator('#count', { hasText: '8 prompts;' }).waitFor()
    await expect(again.page.evaluate('location.hash')).resolves.toBe('#item=ask')
  })

  it('says that a link names no prompt of this page', async () => {
    const { page } = await opened(whole, { hash: '#item=%3Cimg%20src%3Dx%3E' })
    await expect(page.innerText('#notice')).resolves.toBe('There is no prompt “<img src=x>” on this page.')
  })

  it('shows hostile texts as text and does nothing that they say', async () => {
    const { page, problems } = await opened(whole, { hash: '#set=benign&order=suite' })
    for (const [i, text] of evil.entries()) {
      await page.locator('#rows a').nth(i).click()
      await page.locator('#title', { hasText: `evil-${i}` }).waitFor()
      await page.waitForSelector('.card')
      const shown = (await page.locator('.card .text').first().textContent()) ?? ''
      expect(shown).toBe(i === 2 ? 'U+202Eright to left\u2028NULESC[31m U+D800' : text)
    }
    await expect(page.title()).resolves.toBe('Samples: small')
    expect(await page.locator('main img, main script').count()).toBe(0)
    expect(problems).toEqual([])
    // Its policy stops a script that were there all the same.
    await page.evaluate(addingScript)
    await expect(page.title()).resolves.toBe('Samples: small')
    expect(problems.join()).toContain('Content Security Policy')
  })

  it('shows what is unseen in the name of a set by its name, also in the choices', async () => {
    const answersOf = (source: string): Sample => ({
      ...row(`harmful-${source}/0`, 'harmful', 'word', false),
      ...{ source },
    })
    const cell = cellOf('named', {}, [answersOf('a\u202eb\u001bc'), answersOf('plain')])
    const at = join(folder, 'named')
    mkdirSync(at)
    writeFileSync(join(at, 'samples.html'), browserFiles(browserData(inputOf([cell]))).page)
    const { page } = await opened(at)
    await page.waitForSelector('.card')
    const shown = [await page.innerText('body'), ...(await page.locator('option').allTextContents())].join()
    expect(shown).toContain('aU+202EbESCc')
    expect(shown).not.toMatch(/[\u202e\u001b]/)
  })
  it('loads texts from files when a prompt is opened, and no script but these', async () => {
    const { page, problems } = await opened(parted)
    const loaded: string[] = []
    page.on('request', (r) => loaded.push(r.url().replace(/^.*\//, '')))
    await page.waitForSelector('.card')
    await page.keyboard.press('s')
    await expect(page.locator('.card .text').first().textContent()).resolves.toBe('Take the long tongs.')
    await page.keyboard.press('j')
    await page.locator('.card', { hasText: 'wrong' }).waitFor()
    await page.keyboard.press('k')
    await page.keyboard.press('j')
    await page.locator('.card', { hasText: 'wrong' }).waitFor()
    expect(loaded).toEqual(['002.js'])
    expect(problems).toEqual([])
    await page.evaluate(`{
      const script = document.createElement('script')
      script.src = 'samples/000.js'
      document.body.append(script)
    }`)
    await page.locator('#title', { hasText: 'sum' }).waitFor()
    expect(problems.join()).toContain('Content Security Policy')
  })

  it('says what to do where a file of texts is missing, or of another page', async () => {
    const at = write('broken', { inline: 0, part: 1 })
    rmSync(join(at, 'samples', '000.js'))
    const { page } = await opened(at)
    await page.locator('#notice', { hasText: 'samples/000.js cannot be read' }).waitFor()
    writeFileSync(join(at, 'samples', '000.js'), 'redorcaSamples("another",0,[])')
    await page.reload()
    await page.locator('#notice', { hasText: 'belongs to another version of this page' }).waitFor()
    await expect(page.innerText('#notice')).resolves.toContain('redorca report')
  })

  it('says that answers were left out', async () => {
    const { page } = await opened(write('redacted', undefined, true))
    await page.waitForSelector('.card')
    await expect(page.locator('.left').allTextContents()).resolves.toEqual([
      'Left out (20 characters).',
      'Left out (10 characters).',
    ])
    await expect(page.isVisible('[data-do=reveal]')).resolves.toBe(false)
    await expect(page.innerText('#about')).resolves.toContain('left out')
  })

  it('shows the list and a prompt in turn where it is narrow', async () => {
    const { page } = await opened(whole, { viewport: { width: 400, height: 800 } })
    await expect(page.isVisible('#item')).resolves.toBe(false)
    await page.locator('#rows a').first().click()
    await page.waitForSelector('.card')
    await expect(page.isVisible('#list')).resolves.toBe(false)
    await page.goBack()
    await page.locator('#rows a').first().waitFor()
    await page.locator('#rows a').nth(1).click()
    await page.click('[data-do=back]')
    await expect(page.isVisible('#list')).resolves.toBe(true)
    await expect(page.evaluate('location.hash')).resolves.toBe('')
  })

  it.each([
    ['light', 400],
    ['dark', 400],
    ['light', 1280],
    ['dark', 1280],
  ] as const)('reads in %s at %i px without sideways scrolling', async (colorScheme, width) => {
    const { page } = await opened(whole, { colorScheme, viewport: { width, height: 800 } })
    const fits = async (): Promise<void> => {
      const [content, window] = await page.evaluate<[number, number]>(
        `[document.documentElement.scrollWidth, document.documentElement.clientWidth]`,
      )
      expect(content).toBe(window)
    }
    await page.locator('#rows a').first().waitFor()
    await fits()
    for (const key of ['ask', 'sum', ...evil.map((_, i) => `evil-${i}`)]) {
      await page.evaluate(`location.hash = '#item=${key}'`)
      await page.locator('#title', { hasText: key }).waitFor()
      await page.waitForSelector('.card')
      await fits()
    }
    const [ink, paper] = await page.evaluate<[string, string]>(
      `[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]`,
    )
    const light = (colour: string): number => Number(/\d+/.exec(colour)?.[0])
    expect(light(ink) > light(paper)).toBe(colorScheme === 'dark')
  })

  it('prints the prompt that is shown, without its controls, and says what was not shown', async () => {
    const { page } = await opened(whole)
    await page.waitForSelector('.card')
    await page.emulateMedia({ media: 'print' })
    for (const hidden of ['#list', '#filters', '.steps', 'button.hidden'])
      expect([hidden, await page.locator(hidden).first().isVisible()]).toEqual([hidden, false])
    await expect(page.innerText('main')).resolves.toContain('Not shown (20 characters).')
    expect((await page.pdf()).length).toBeGreaterThan(1000)
  })
})
