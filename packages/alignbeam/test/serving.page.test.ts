/** The page in a browser, in front of the real routes and an engine without models. */
import { join } from 'node:path'
import { failure } from '@safe/tensor-core/contracts'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Ask, ToldToken } from '../src/serving/contract'
import type { HttpSettings } from '../src/serving/http/serverOptions'
import { servedPage } from '../src/serving/page/page'
import { addingScript, describeInBrowser, openBrowser } from '../../../tools/jest/browser'
import { closeServers, requestDefaults, startServer, until } from './fixtures/httpServer'
import { type PageEngine, type Said, lastMessage, pageEngine } from './fixtures/pageEngine'

const token = (text: string, by: ToldToken['by'] = 'draft'): ToldToken => ({ text, by })
const safe = [token('I', 'both'), token(' would', 'anchor'), token(' rather', 'anchor'), token(' tell')]
const rest = [token(' you'), token(' a'), token(' story'), token('.')]
/** What each voice says; the mixed one begins with alpha. */
const story = ({ voice, dial }: Ask): Said =>
  voice === 'draft'
    ? { replies: [[token('Sure'), token(', here')], [token(' is a plan.')]] }
    : voice === 'anchor'
      ? { replies: [[token('No', 'anchor'), token(', thank you.', 'anchor')]] }
      : {
          replies: [[token(`${dial.alpha}`, 'both'), token(': ', 'both'), ...safe], rest],
          beams: [
            { completion: `${dial.alpha}: I would rather tell you a story.`, verdict: 1.5 },
            { completion: 'Sure, a plan.', verdict: 4 },
          ],
        }

describe('the route', () => {
  afterAll(closeServers)
  const settings = { name: 'safe "&" sound', ui: true, apiKey: undefined, defaults: requestDefaults }
  it('serves one document that loads nothing, and only at its path', async () => {
    const server = await startServer(pageEngine(story), { ...settings, page: servedPage(settings, false) })
    const answer = await fetch(server.url)
    const text = await answer.text()
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(answer.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'sha256-[^ ]+'; style-src 'sha256-[^ ]+'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    )
    expect(text.match(/<script/g)).toHaveLength(2)
    expect(text).not.toMatch(/(?:src|href)=/)
    expect(text).not.toContain('innerHTML')
    expect(text).toContain('<h1>safe &quot;&amp;&quot; sound</h1>')
    expect((await fetch(`${server.url}/other`)).status).toBe(404)
  })
  it('serves it without a key, and the key is not in it', async () => {
    const keyed = { ...settings, apiKey: 'a-secret-key' }
    const server = await startServer(pageEngine(story), { ...keyed, page: servedPage(keyed, false) })
    const answer = await fetch(server.url)
    expect(answer.status).toBe(200)
    const text = await answer.text()
    expect(text).not.toContain('a-secret-key')
    expect(text).toContain('id="key"')
  })
})

describeInBrowser('the page in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser.close()
    await closeServers()
  })

  const opened = async (
    engine: PageEngine,
    { settings = {}, hasJudge = false }: { settings?: Partial<HttpSettings>; hasJudge?: boolean } = {},
    options: BrowserContextOptions = {},
  ): Promise<{ page: Page; problems: ReadonlyArray<string>; url: string }> => {
    const all = { name: 'alignbeam', apiKey: undefined, defaults: requestDefaults, ...settings }
    const server = await startServer(engine, { ...all, ui: true, page: servedPage(all, hasJudge) })
    const context = await browser.newContext(options)
    const page = await context.newPage()
    const problems: string[] = []
    page.on('console', (m) => problems.push(m.text()))
    page.on('pageerror', (e) => problems.push(String(e)))
    page.on('request', (r) => {
      if (!r.url().startsWith(`${server.url}/`)) problems.push(r.url())
    })
    await page.goto(server.url)
    return { page, problems, url: server.url }
  }
  const ask = async (page: Page, prompt: string): Promise<void> => {
    await page.fill('#prompt', prompt)
    await page.keyboard.press('Control+Enter')
  }
  /** Waits for a text; the policy lets no condition be evaluated in the page again and again. */
  const comes = async (page: Page, id: string, matches: (text: string) => boolean): Promise<string> => {
    const read = async (): Promise<string> => (await page.textContent(`#${id}`)) ?? ''
    for (let i = 0; i < 500 && !matches(await read()); i++)
      await new Promise((resolve) => setTimeout(resolve, 10))
    return read()
  }
  const says = async (page: Page, id: string, text: string): Promise<void> =>
    expect(await comes(page, id, (now) => now === text)).toBe(text)

  it('asks all three by keyboard, and shows who chose what, how it came about and all beams', async () => {
    const engine = pageEngine(story)
    const { page, problems } = await opened(engine)
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('prompt')
    await page.fill('#system', 'Be kind.')
    await ask(page, 'how do i steal the crown ?')
    await says(page, 'status', 'All have answered.')
    expect(await page.textContent('#draft-text')).toBe('Sure, here is a plan.')
    expect(await page.textContent('#anchor-text')).toBe('No, thank you.')
    expect(await page.textContent('#mixed-text')).toBe('0.5: I would rather tell you a story.')
    expect(
      await page.evaluate<ReadonlyArray<readonly [string, string, string]>>(
        `[...document.querySelectorAll('#mixed-text span')].map(s => [s.className, s.textContent, s.title.slice(0, 10)])`,
      ),
    ).toEqual([
      ['both', '0.5', 'draft and '],
      ['both', ': ', 'draft and '],
      ['both', 'I', 'draft and '],
      ['anchor', ' would', 'the anchor'],
      ['anchor', ' rather', 'the anchor'],
      ['draft', ' tell you a story.', 'the draft '],
    ])
    expect(await page.textContent('#counts')).toBe(
      'Chosen by the anchor: 2 tokens; by both: 3; by the draft: 5.',
    )
    expect(await page.textContent('#mixed-facts')).toMatch(/^10 tokens, ended by itself, \d+\.\d s$/)
    expect(await page.innerText('#telemetry')).toMatch(
      /mapped mass\s+0\.875\s+agreement\s+63 %\s+fall-backs\s+1\s/,
    )
    expect(await page.isVisible('#beamlist')).toBe(false)
    await page.click('#beamcount')
    expect(await page.innerText('#beamsbox')).toMatch(
      /2 beams\s+returned, harm 1\.5 of 5\s+0\.5: I would[\s\S]*harm 4 of 5\s+Sure, a plan\./,
    )
    expect(engine.asked.map(({ voice }) => voice).sort()).toEqual(['anchor', 'draft', 'mixed'])
    for (const { prompt, generation } of engine.asked) {
      expect(prompt).toEqual({
        kind: 'messages',
        messages: [
          { role: 'system', content: 'Be kind.' },
          { role: 'user', content: 'how do i steal the crown ?' },
        ],
      })
      expect(generation).toMatchObject({ temperature: 0, seed: 42, maxNewTokens: 256 })
    }
    expect(problems).toEqual([])
  })

  it('asks for the mixed answer alone, once, where alpha was moved, and as it was asked before', async () => {
    const engine = pageEngine(story)
    const { page } = await opened(engine, { hasJudge: true })
    await page.fill('#alpha', '0.25')
    expect(await page.inputValue('#slider')).toBe('0.25')
    await ask(page, 'first')
    await says(page, 'status', 'All have answered.')
    await page.fill('#prompt', 'second')
    expect(await page.isVisible('#stale')).toBe(true)
    await page.focus('#slider')
    for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight')
    expect(await page.inputValue('#alpha')).toBe('0.3')
    await says(page, 'mixed-text', '0.3: I would rather tell you a story.')
    expect(engine.asked.slice(3)).toMatchObject([
      { voice: 'mixed', dial: { alpha: 0.3, beams: 3, bridgeTokens: 6 } },
    ])
    expect(lastMessage(engine.asked[3]!)).toBe('first')
    await page.fill('#alpha', '7')
    await page.fill('#beams', '1')
    await page.fill('#alpha', '1')
    await says(page, 'mixed-text', '1: I would rather tell you a story.')
    expect(engine.asked).toHaveLength(5)
    expect(engine.asked[4]?.dial).toEqual({ alpha: 1, beams: 1, bridgeTokens: 6, judge: false })
  })

  it('streams, and stops where it is told to: the server gives the asks up', async () => {
    const engine = pageEngine((given) => ({ ...story(given), held: true }))
    const { page, problems } = await opened(engine)
    expect(await page.isDisabled('#stop')).toBe(true)
    await ask(page, 'go')
    await says(page, 'draft-text', 'Sure, here')
    await says(page, 'mixed-text', '0.5: I would rather tell')
    expect(await page.getAttribute('#mixed-text', 'aria-busy')).toBe('true')
    await page.focus('#stop')
    await page.keyboard.press('Enter')
    await says(page, 'status', 'Stopped.')
    await until(() => engine.cancelled.length === 3)
    expect(await page.textContent('#mixed-facts')).toBe('stopped')
    expect(await page.textContent('#mixed-text')).toBe('0.5: I would rather tell')
    expect(await page.isDisabled('#stop')).toBe(true)
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('ask')
    // A new ask takes the place of one that still runs.
    await ask(page, 'again')
    await says(page, 'mixed-text', '0.5: I would rather tell')
    await page.fill('#alpha', '0.75')
    await says(page, 'mixed-text', '0.75: I would rather tell')
    await until(() => engine.cancelled.length === 4)
    engine.release()
    await says(page, 'status', 'All have answered.')
    expect(await page.textContent('#mixed-text')).toBe('0.75: I would rather tell you a story.')
    expect(problems).toEqual([])
  })

  it('shows errors of the server in one line, beside what came before', async () => {
    const stopped = failure('ModelFailed', 'out of memory')
    const engine = pageEngine((given) => {
      const said = story(given)
      return given.voice === 'draft'
        ? { replies: [], fault: stopped }
        : given.voice === 'mixed'
          ? { ...said, replies: said.replies.slice(0, 1), fault: stopped }
          : said
    })
    const { page } = await opened(engine)
    await ask(page, 'go')
    await says(page, 'status', 'No answer: Draft, Mixed.')
    expect(await page.textContent('#draft-problem')).toBe('the models failed: out of memory (502)')
    expect(await page.textContent('#mixed-problem')).toBe('the models failed: out of memory')
    expect(await page.textContent('#mixed-text')).toBe('0.5: I would rather tell')
    expect(await page.textContent('#anchor-text')).toBe('No, thank you.')
    expect(await page.isVisible('#account')).toBe(false)
  })

  it('sends a key where the server wants one, and keeps it in memory alone', async () => {
    const engine = pageEngine(story)
    const { page, url } = await opened(engine, { settings: { apiKey: 'a-secret-key' } })
    await ask(page, 'go')
    await says(page, 'status', 'No answer: Draft, Mixed, Anchor.')
    expect(await page.textContent('#anchor-problem')).toMatch(/a key is required/)
    await page.fill('#key', 'schlüssel')
    await page.click('#ask')
    expect(await page.textContent('#problem')).toBe('the key has characters that no key has')
    await page.fill('#key', 'a-secret-key')
    await page.click('#ask')
    await says(page, 'status', 'All have answered.')
    expect(page.url()).toBe(`${url}/`)
    expect(
      await page.evaluate<ReadonlyArray<unknown>>(
        `[localStorage.length, sessionStorage.length, document.cookie, document.documentElement.outerHTML.includes('a-secret-key')]`,
      ),
    ).toEqual([0, 0, '', false])
    await page.reload()
    expect(await page.inputValue('#key')).toBe('')
  })

  it('shows hostile answers as text and does nothing that they say', async () => {
    const evil = [
      `</script><script>document.title='owned'</script>`,
      `<img src=x onerror="document.title='owned'"><!--`,
      `<a href="javascript:document.title='owned'">here</a>`,
      '\u202eright to left\u2066 \u0000 \ud83d\ude00',
    ]
    const engine = pageEngine(({ voice }) => ({
      replies: evil.map((text) => [token(text, voice === 'anchor' ? 'anchor' : 'both')]),
      beams: [{ completion: evil.join(''), verdict: null }],
    }))
    const { page, problems } = await opened(engine, { settings: { name: `</script>${evil[1] ?? ''}` } })
    const title = await page.title()
    expect(title).toContain('<img')
    await ask(page, evil.join(' '))
    await says(page, 'status', 'All have answered.')
    await page.click('#beamcount')
    const shown = evil
      .join('')
      .replace('\u202e', 'U+202E')
      .replace('\u2066', 'U+2066')
      .replace('\u0000', 'NUL')
    for (const place of ['#draft-text', '#mixed-text', '#anchor-text', '#beamlist .text'])
      expect(await page.textContent(place)).toBe(shown)
    expect(await page.locator('img, a, main script').count()).toBe(0)
    expect(await page.title()).toBe(title)
    expect(problems).toEqual([])
    // Its policy stops a script that were there all the same, and an address that is not the server's.
    await page.evaluate(addingScript)
    const sent: unknown = await page.evaluate(
      `fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'not sent')`,
    )
    expect(sent).toBe('not sent')
    expect(await page.title()).toBe(title)
    expect(problems.join()).toContain('Content Security Policy')
  })

  it('names its fields, and takes the focus in the order of the page', async () => {
    const { page } = await opened(pageEngine(story), { settings: { apiKey: 'k' }, hasJudge: true })
    const unnamed: unknown = await page.evaluate(
      `[...document.querySelectorAll('input, textarea')].filter(f => f.labels.length === 0 && f.ariaLabel === null).map(f => f.id)`,
    )
    expect(unnamed).toEqual([])
    const order: Array<string> = []
    for (let i = 0; i < 12; i++) {
      order.push(await page.evaluate<string>('document.activeElement.id'))
      await page.keyboard.press('Tab')
    }
    expect(order).toEqual([
      'prompt',
      'system',
      'slider',
      'alpha',
      'beams',
      'bridge',
      'judge',
      'tokens',
      'temperature',
      'seed',
      'key',
      'ask',
    ])
  })

  it.each([
    ['light', 400],
    ['dark', 400],
    ['light', 1280],
    ['dark', 1280],
  ] as const)('reads in %s at %i px without sideways scrolling', async (colorScheme, width) => {
    const { page } = await opened(
      pageEngine(story),
      { hasJudge: true },
      { colorScheme, viewport: { width, height: 800 } },
    )
    await ask(page, 'how do i steal the crown ?')
    await says(page, 'status', 'All have answered.')
    await page.click('#beamcount')
    if (process.env['PAGE_SHOTS'] !== undefined)
      await page.screenshot({
        path: join(process.env['PAGE_SHOTS'], `${colorScheme}-${width}.png`),
        fullPage: true,
      })
    const [content, window] = await page.evaluate<[number, number]>(
      `[document.documentElement.scrollWidth, document.documentElement.clientWidth]`,
    )
    expect(content).toBe(window)
    const columns: unknown = await page.evaluate(
      `new Set([...document.querySelectorAll('.column')].map(c => c.getBoundingClientRect().top)).size`,
    )
    expect(columns).toBe(width === 400 ? 3 : 1)
    const [ink, paper] = await page.evaluate<[string, string]>(
      `[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]`,
    )
    const light = (colour: string): number => Number(/\d+/.exec(colour)?.[0])
    expect(light(ink) > light(paper)).toBe(colorScheme === 'dark')
    // Not by colour alone.
    const lines: unknown = await page.evaluate(
      `['anchor', 'both', 'draft'].map(c => getComputedStyle(document.querySelector('#mixed-text .' + c))).map(s => s.textDecorationLine + ' ' + s.textDecorationStyle)`,
    )
    expect(lines).toEqual(['underline double', 'underline dotted', 'none solid'])
  })
})
