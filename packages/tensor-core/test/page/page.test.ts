import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import type { Browser } from 'playwright-core'
import { createContext, runInContext } from 'node:vm'
import { describeInBrowser, hostileTexts, openBrowser, shownPage } from '../../../../tools/jest/browser'
import { escaped, html, inert, joined, pageData, pageOf, pagePolicy, piecesScript, raw } from '../../src/page'

const unescaped = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')

describe('markup', () => {
  it('escapes text and keeps markup', () => {
    expect(escaped('<a href="x">&\'')).toBe('&lt;a href=&quot;x&quot;&gt;&amp;&#39;')
    expect(html`<p>${'<b>'}${html`<i>${1}</i>`}${[html`<u>${'&'}</u>`]}${undefined}${false}</p>`.markup).toBe(
      '<p>&lt;b&gt;<i>1</i><u>&amp;</u></p>',
    )
    expect(joined([raw('<hr>'), html`${'<'}`], raw(', ')).markup).toBe('<hr>, &lt;')
  })
  it('has no control characters and no marks that turn the writing direction', () => {
    expect(escaped('a\u0007b\u202ec\u2066d\te\nf')).toBe('a\ufffdb\ufffdc\ufffdd\te\nf')
    expect(escaped('\u061c\u200e\u200f\u007f\u009f \u00a0\u200d')).toBe(
      '\ufffd\ufffd\ufffd\ufffd\ufffd \u00a0\u200d',
    )
  })
  it('is undone by a reader of HTML, and never has a bare sign', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('<', '>', '&', '"', "'", ' ', 'a', ';', '#3', 'lt;') }),
        (text) => {
          expect(unescaped(escaped(text))).toBe(text)
          expect(escaped(text)).not.toMatch(/[<>"']|&(?!lt;|gt;|quot;|#39;|amp;)/)
        },
      ),
    )
  })
})

describe('inert', () => {
  it('is JSON that cannot end the element it stands in', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('</script>', '<!--', '\u2028'), (json, end) => {
        const value: unknown = [JSON.parse(json), end]
        expect(inert(value)).not.toMatch(/[<\u2028\u2029]/)
        expect(JSON.parse(inert(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })
})

describe('pageOf', () => {
  const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  const policyIn = (page: string): string =>
    unescaped(/Content-Security-Policy"\s+content="([^"]*)"/.exec(page)?.[1] ?? '')
  const between = (page: string, element: string): string =>
    new RegExp(`<${element}>([\\s\\S]*)</${element}>`).exec(page)?.[1] ?? ''

  it('names its own script and style in its policy, and no others', () => {
    const page = pageOf({
      title: '<title>',
      style: '\n a > b {}\n',
      script: '\nif (1 < 2) document.title = "&"\n',
      body: html`<main>${'<script>alert(1)</script>'}</main>`,
    })
    expect(policyIn(page)).toBe(
      `default-src 'none'; script-src ${hashOf(between(page, 'script'))}; style-src ${hashOf(between(page, 'style'))}; base-uri 'none'; form-action 'none'`,
    )
    expect(between(page, 'style')).toBe('\n a > b {}\n')
    expect(page.match(/<script>/g)).toHaveLength(1)
    expect(page).toContain('<title>&lt;title&gt;</title>')
  })
  it('runs nothing without a script', () => {
    const page = pageOf({ title: 't', style: '', inlineStyles: true, body: html`` })
    expect(policyIn(page)).toBe(
      `default-src 'none'; style-src ${hashOf('')}; style-src-attr 'unsafe-inline'; base-uri 'none'; form-action 'none'`,
    )
    expect(page).not.toContain('<script')
  })
  it('allows what it is told to allow', () => {
    expect(pagePolicy({ style: 'a', script: 'b', nonce: 'n', asksServer: true })).toBe(
      `default-src 'none'; script-src ${hashOf('b')} 'nonce-n'; style-src ${hashOf('a')}; connect-src 'self'; base-uri 'none'; form-action 'none'`,
    )
  })
  it('hands data to its script', () => {
    const value = { text: hostileTexts.join('') }
    const page = pageOf({
      title: 't',
      style: '',
      script: '1',
      key: 'k"',
      data: [pageData('d', value)],
      body: html``,
    })
    expect(page).toContain('data-key="k&quot;"')
    const json = /<script type="application\/json" id="d">(.*?)<\/script>/s.exec(page)?.[1] ?? ''
    expect(JSON.parse(json)).toEqual(value)
  })
})

describe('pieces', () => {
  const shown = (text: string): string => {
    const context = createContext({ text })
    const made: unknown = runInContext(
      `{${piecesScript}; pieces(text).map(p => p.control ? '[' + p.text + ']' : p.text).join('') }`,
      context,
    )
    return String(made)
  }
  it('names what acts on a screen or is not seen, and leaves the rest', () => {
    expect(shown('a\u0000b\u001b[31m\tc\n')).toBe('a[NUL]b[ESC][31m\tc\n')
    expect(shown('\u061c\u200e\u200f\u202e\u2066\u200b\ufeff\u{e0041}\ud800')).toBe(
      '[U+061C][U+200E][U+200F][U+202E][U+2066][U+200B][U+FEFF][U+E0041][U+D800]',
    )
    expect(shown('שלום 👩\u200d🔬 é')).toBe('שלום 👩\u200d🔬 é')
  })
})

describeInBrowser('in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  it('shows hostile texts as text and does nothing that they say', async () => {
    const page = pageOf({
      title: hostileTexts.join(''),
      style: 'p { color: black }',
      inlineStyles: true,
      script: `document.getElementById('out').textContent = JSON.parse(document.getElementById('d').textContent).join('')`,
      key: hostileTexts.join(''),
      data: [pageData('d', hostileTexts)],
      body: html`<main>
        ${hostileTexts.map((text) => html`<p style="margin: 0" title="${text}">${text}</p>`)}
        <svg><text>${hostileTexts.join('')}</text></svg>
        <p id="out"></p>
      </main>`,
    })
    const { title, text, ...did } = await shownPage(browser, page)
    expect(did).toEqual({ foreign: 0, problems: [], obeyed: false })
    expect(title).toContain('<script>')
    // Once by the template, once by the script.
    expect(text.split(`<img src=x onerror="document.title='owned'">`).length).toBeGreaterThanOrEqual(3)
  })

  it('is kept by its policy from markup that was never to be there', async () => {
    const page = pageOf({
      title: 'ours',
      style: '',
      script: '1',
      body: raw(
        hostileTexts
          .filter((text) => !text.includes('refresh'))
          .join('')
          .replaceAll('<!--', '') +
          `<style>body { background: url(http://127.0.0.1:9/y) }</style><img src="http://127.0.0.1:9/z">`,
      ),
    })
    const { title, foreign, obeyed, problems } = await shownPage(browser, page)
    expect([title, obeyed]).toEqual(['ours', false])
    expect(foreign).toBeGreaterThan(3)
    const refused = /Content Security Policy/
    expect(problems.filter((line) => !refused.test(line) && !line.startsWith('http'))).toEqual([])
    expect(problems.some((line) => refused.test(line))).toBe(true)
  })
})
