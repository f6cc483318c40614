/** tokenizer.json, tokenizer_config.json and chat templates. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Example } from '../../../src/contracts'
import { encoderOf, loadTokenizer } from '../../../src/text'
import { mutateBytes } from '../mutateBytes'
import { mutateJson } from '../mutateJson'
import { type Subject, faultProblem, settled } from '../subject'

const folder = join(__dirname, '..', '..', 'golden', 'tokenizers')
const read = (name: string, file: string): string | undefined => {
  try {
    return readFileSync(join(folder, name, file), 'utf8')
  } catch {
    return undefined
  }
}
const originals = readdirSync(folder).flatMap((name) => {
  const tokenizer = read(name, 'tokenizer.json')
  return tokenizer === undefined
    ? []
    : [{ tokenizer, config: read(name, 'tokenizer_config.json') ?? '{"bos_token":"<s>"}' }]
})

const texts = ['a b', 'Größe, 日本 🙂\n\n  x', `${'aaaa '.repeat(40)}b`, 'a'.repeat(60), '<s>[INST] </s>']

const example = (text: string): Example => ({
  id: '0',
  prompt: { kind: 'text', text },
  response: { kind: 'text', text },
  raw: '',
  fields: {},
})

/** Loading, encoding and decoding give ids of the vocabulary, or an error that names the row. */
const useProblem = async (path: string, template: string): Promise<string | undefined> => {
  const { value: tokenizer, problem } = settled(await loadTokenizer(path)())
  if (problem !== undefined || tokenizer === undefined) return problem
  if (tokenizer.size > 1 << 22) return `a vocabulary of ${tokenizer.size}`
  const encoder = settled(await encoderOf({ tokenizer, template })())
  if (encoder.problem !== undefined || encoder.value === undefined) return encoder.problem
  for (const text of texts) {
    const encoded = encoder.value.example(example(text))
    if (encoded._tag === 'Left') {
      const odd = faultProblem(encoded.left)
      if (odd !== undefined) return odd
      continue
    }
    const ids = [...encoded.right.promptTokens, ...encoded.right.responseTokens]
    const bad = ids.find((id) => !(Number.isSafeInteger(id) && id >= 0 && id < tokenizer.size))
    if (bad !== undefined) return `${JSON.stringify(text)} is encoded as ${bad} of ${tokenizer.size}`
    if (typeof tokenizer.decode(ids.slice(0, 50)) !== 'string') return 'decoding gives no text'
  }
  return undefined
}

export const tokenizer: Subject = {
  name: 'tokenizer',
  share: 12,
  mutant: (random) => {
    const { tokenizer: whole, config } = random.pick(originals)
    const what = random.below(5)
    return {
      'tokenizer.json':
        what === 0 ? whole : what === 1 ? mutateBytes(Buffer.from(whole), random) : mutateJson(whole, random),
      'tokenizer_config.json': what === 0 ? mutateJson(config, random) : config,
    }
  },
  problem: (path) => useProblem(path, 'qa'),
}

// templates --------------------------------------------------------------------------------------

const templates = [
  "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}[INST] {{ m['content'] | trim }} [/INST]{% else %}{{ m['content'] }}{{ eos_token }}{% endif %}{% endfor %}",
  "{% set ns = namespace(first=true, text='') %}{% for m in messages %}{% if loop.first and m.role != 'system' %}{{ raise_exception('x') if false else '' }}{% endif %}{% set ns.text = ns.text ~ '<|' ~ m.role ~ '|>' ~ m.content %}{% endfor %}{{ ns.text }}{% if add_generation_prompt %}<|assistant|>{% endif %}",
  "{%- macro turn(m, n) -%}{{ m.role | upper }}{{ m.content | replace('a', 'bb') | indent(2) }}{{ range(n) | join(',') }}{%- endmacro -%}{% for m in messages %}{{ turn(m, 3) }}{{ m | tojson }}{% endfor %}{{ messages[-1].content[::-1] }}",
]
const pieces = [
  '{% for i in range(100000000) %}',
  '{% endfor %}',
  '{{ range(10**9) | length }}',
  '{% set ns.text = ns.text ~ ns.text %}',
  '{% for i in range(1000) %}{% for j in range(1000) %}',
  '{{ messages * 99 }}',
  "{{ 'x' * 1000000000 }}",
  "{{ 'x' | indent(1000000000) }}",
  '{% set l = [messages, messages] %}{% set l = [l, l] %}{{ l }}',
  '{{ turn(m, 3) }}',
  "{{ ''.__class__ }}",
  '{{ constructor }}',
  "{{ messages['__proto__'] }}",
  '{% set __proto__ = 1 %}',
  '{{ x.y.z }}',
  '{#',
  '%}',
  '{{',
  "'",
  '{% raw %}',
  '{{ strftime_now("%Y") }}',
  '{{ 1 // 0 }}{{ 1 % 0 }}',
]

export const template: Subject = {
  name: 'template',
  share: 8,
  mutant: (random) => {
    let source = random.pick(templates)
    for (let n = 1 + random.below(3); n > 0; n--) {
      const at = random.below(source.length + 1)
      source = random.chance(0.5)
        ? `${source.slice(0, at)}${random.pick(pieces)}${source.slice(at)}`
        : mutateBytes(Buffer.from(source), random).toString('utf8')
    }
    return {
      'tokenizer.json': originals[0]!.tokenizer,
      'tokenizer_config.json': JSON.stringify({ bos_token: '<s>', chat_template: source }),
    }
  },
  problem: (path) => useProblem(path, 'chat'),
}
