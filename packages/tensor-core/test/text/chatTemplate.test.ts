import * as E from 'fp-ts/Either'
import type { Message } from '../../src/contracts'
import { compileTemplate } from '../../src/text/chatTemplate'

const messages: ReadonlyArray<Message> = [
  { role: 'user', content: ' how ? ' },
  { role: 'assistant', content: '' },
]
const rendered = (source: string): string => {
  const template = compileTemplate('here', source, {})
  if (E.isLeft(template)) throw new Error(template.left.message)
  return template.right({ messages, addGenerationPrompt: true })
}

describe('contents', () => {
  it('are parts where the template shows nothing else', () => {
    const loop = `{% for m in messages %}{{ m['role'] }}: {% for c in m['content'] | selectattr('type', 'equalto', 'text') %}{{ c['text'] | trim }}{% endfor %};{% endfor %}`
    expect(rendered(loop)).toBe('user: how ?;assistant: ;')
  })
  it('are texts where the template shows them so, also if it knows parts', () => {
    const both = `{% for m in messages %}{% if m['content'] is string %}{{ m['content'] }}{% else %}parts{% endif %};{% endfor %}{# type #}`
    expect(rendered(both)).toBe(' how ? ;;')
    expect(rendered(`{% for m in messages %}{{ m['content'] }}{% endfor %}`)).toBe(' how ? ')
  })
  it('are as given where the template shows none', () => {
    expect(rendered(`type {{ messages | length }}`)).toBe('type 2')
  })
})
