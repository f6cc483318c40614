/** A strict reader of small XML documents: elements, attributes, text; anything that is not well formed throws. */
export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: ReadonlyArray<XmlElement>
  readonly text: string
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const allowed = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u

const unescaped = (text: string): string => {
  if (/[<]|&(?!(?:amp|lt|gt|quot|apos|#\d+);)/.test(text)) throw new Error(`not escaped: ${text}`)
  return text.replace(/&(?:#(\d+)|(\w+));/g, (_, code: string | undefined, name: string | undefined) =>
    code === undefined ? (named[name ?? ''] ?? '') : String.fromCodePoint(Number(code)),
  )
}

export const readXml = (document: string): XmlElement => {
  if (!allowed.test(document)) throw new Error('has a character that XML does not allow')
  const state = { at: 0 }
  const take = (pattern: RegExp, what: string): RegExpExecArray => {
    const sticky = new RegExp(pattern.source, 'y')
    sticky.lastIndex = state.at
    const found = sticky.exec(document)
    if (found === null) throw new Error(`${what} expected at ${document.slice(state.at, state.at + 40)}`)
    state.at = sticky.lastIndex
    return found
  }
  const element = (): XmlElement => {
    const [, name = '', written = '', closed = ''] = take(
      /<([a-zA-Z][\w.-]*)((?:\s+[\w.-]+="[^"<]*")*)\s*(\/?)>/,
      'an element',
    )
    const pairs = [...written.matchAll(/([\w.-]+)="([^"]*)"/g)].map(
      ([, key = '', value = '']) => [key, unescaped(value)] as const,
    )
    if (new Set(pairs.map(([key]) => key)).size !== pairs.length) throw new Error('an attribute twice')
    const attributes = Object.fromEntries(pairs)
    if (closed === '/') return { name, attributes, children: [], text: '' }
    const [children, texts]: [XmlElement[], string[]] = [[], []]
    for (;;) {
      texts.push(unescaped(take(/[^<]*/, 'text')[0]))
      if (document.startsWith('</', state.at)) {
        take(new RegExp(`</${name}\\s*>`), `the end of ${name}`)
        return { name, attributes, children, text: texts.join('').trim() }
      }
      children.push(element())
    }
  }
  take(/<\?xml version="1\.0" encoding="UTF-8"\?>\s*/, 'a declaration')
  const root = element()
  take(/\s*$/, 'the end')
  return root
}
