/** Templates that never end, or make text without end, are stopped with an error; ordinary ones render as usual. */
import { Template } from '@huggingface/jinja'
import { compileTemplate } from '../../src/text/chatTemplate'
import { right } from '../formats/folder'

const render = (source: string, content = 'hi'): string =>
  right(compileTemplate('t.jinja', source, { bos_token: '<s>' }))({
    messages: [{ role: 'user', content }],
    addGenerationPrompt: true,
  })

describe('templates that end', () => {
  it.each([
    '{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m["content"] | trim }}{% endfor %}',
    '{% for i in range(3) %}{{ i }}{% endfor %}{% for i in range(5, 0, -2) %}{{ i }}{% endfor %}{{ range(2) | length }}',
    '{% set ns = namespace(n=0) %}{% for i in range(100) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}',
    '{% macro f(x) %}<{{ x }}>{% endmacro %}{{ f(1) }}{{ none }}{{ True }}{{ false }}{{ [1, {"a": none}] | tojson }}',
    '  {%- if add_generation_prompt %}\n  yes\n{% endif %}\n{{ messages | tojson(indent=2) }}',
    '{{ strftime_now("%Y-%m-%d %b %% %q") }}',
  ])('%s', (source) => {
    const plain = new Template(source).render({
      bos_token: '<s>',
      messages: [{ role: 'user', content: 'hi' }],
      add_generation_prompt: true,
    })
    expect(render(source)).toBe(plain)
  })

  it('raises what the template raises', () =>
    expect(() => render('{{ raise_exception("no system turns") }}')).toThrow('no system turns'))

  it('renders long conversations', () => {
    const text = 'x'.repeat(3_000_000)
    expect(render('{% for m in messages %}{{ m.content + m.content }}{% endfor %}', text)).toHaveLength(
      6_000_000,
    )
  })
})

describe('templates that do not end', () => {
  it.each([
    ['{% for i in range(10**12) %}{% endfor %}', /list of/],
    [
      '{% for i in range(1000) %}{% for j in range(1000) %}{% for k in range(1000) %}{{ k }}{% endfor %}{% endfor %}{% endfor %}',
      /steps|much|seconds/,
    ],
    [
      '{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = ns.l + ns.l %}{% endfor %}',
      /list of/,
    ],
    [
      '{% set ns = namespace(s="xx") %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}',
      /text or a list/,
    ],
    [
      '{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l | tojson }}',
      /end|seconds|much/,
    ],
    ['{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}', /./],
    ['{% macro f(n) %}{% for i in range(9) %}{{ f(n + 1) }}{% endfor %}{% endmacro %}{{ f(0) }}', /./],
    ['{{ "x" | indent(400000000) | indent(400000000, true) | replace("", "yyyy") }}', /./],
    ['{{ ("a" | replace("a", "b" * 9)) }}', /./],
    [
      '{% set ns = namespace(l=[]) %}{% for i in range(100000) %}{% set ns.l = ns.l + [messages] + ns.l[:900000] %}{% endfor %}',
      /list of|much|seconds/,
    ],
  ])('%s', (source, message) => {
    expect(() => render(source)).toThrow(message)
  })

  it('nested too deeply to be parsed', () =>
    expect(
      compileTemplate('t.jinja', `{{ ${'('.repeat(100_000)}1${')'.repeat(100_000)} }}`, {}),
    ).toMatchObject({
      left: { _tag: 'FileDamaged' },
    }))
})
