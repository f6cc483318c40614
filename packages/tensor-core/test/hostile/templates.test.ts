/** Chat templates that search without end: one search is one step of the engine, which no time limit stops. */
import { compileTemplate } from '../../src/text/chatTemplate'
import { right } from '../formats/folder'

const rendered = (source: string, content = 'hi'): string =>
  right(compileTemplate('x', source, {}))({
    messages: [{ role: 'user', content }],
    addGenerationPrompt: true,
  })

/** Makes `n.a`, a text of 45 times 2^16 characters. */
const grown = `{% set n = namespace(a='abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHI') %}{% for i in range(16) %}{% set n.a = n.a + n.a %}{% endfor %}`
/** It is compared for half a million characters at every place before it turns out not to be there. */
const wanted = `(n.a[:450000] + '!' + n.a[:450000])`

it.each([
  ['in', `{{ ${wanted} in n.a }}`],
  ['not in', `{{ ${wanted} not in n.a }}`],
  ['split', `{{ n.a.split(${wanted}) | length }}`],
  ['a method kept in a variable', `{% set f = n.a.split %}{{ f(${wanted}) | length }}`],
  ['replace', `{{ n.a.replace(${wanted}, 'x') | length }}`],
  ['the filter replace', `{{ n.a | replace(${wanted}, 'x') | length }}`],
  ['a block of the filter replace', `{% filter replace(${wanted}, 'x') %}{{ n.a }}{% endfilter %}`],
])('%s is refused before it starts', (_, search) => {
  expect(() => rendered(grown + search)).toThrow(/^looks for a text of 900001 characters in one of 2949120$/)
})

it('searches of long conversations for markers go on', () => {
  const content = `<think>${'why not ? '.repeat(30_000)}</think>because`
  const m = 'messages[0].content'
  expect(rendered(`{{ ${m}.split('</think>')[-1] }}`, content)).toBe('because')
  expect(rendered(`{{ '</think>' in ${m} }} {{ 'x' not in ${m} }} {{ 1 in [1] }}`, content)).toBe(
    'true true true',
  )
  expect(
    rendered(`{{ ${m}.replace('why not ? ', '') }}{{ ${m} | replace('why', '') | length }}`, content),
  ).toBe(`<think></think>because${content.length - 90_000}`)
})
