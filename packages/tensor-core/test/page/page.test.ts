import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { escaped, html, inert, joined, pageOf, pagePolicy, raw } from '../../src/page'

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
    expect(policyIn(page)).toBe(pagePolicy(`'unsafe-inline'`))
    expect(policyIn(page)).not.toContain('script-src')
    expect(page).not.toContain('<script')
  })
})
