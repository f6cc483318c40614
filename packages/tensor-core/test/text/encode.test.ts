import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import { type Example, type Prompt, textExample, tokenPrompt } from '../../src/contracts'
import {
  type Encoder,
  type TextTokenizer,
  cutExample,
  encodeExamples,
  encoderOf,
  encodingWarnings,
  loadTokenizer,
} from '../../src/text'

const open = async (name: string): Promise<TextTokenizer> => {
  const loaded = await loadTokenizer(join(__dirname, '..', 'golden', 'tokenizers', name))()
  if (loaded._tag === 'Left') throw new Error(loaded.left.message)
  return loaded.right!
}

const right = <A>(e: E.Either<{ readonly message: string }, A>): A => {
  if (e._tag === 'Left') throw new Error(e.left.message)
  return e.right
}

const encoder = async (
  name: string | undefined,
  template?: string,
  more: { readonly noEos?: boolean; readonly eos?: number } = {},
): Promise<Encoder> =>
  right(
    await encoderOf({
      tokenizer: name === undefined ? undefined : await open(name),
      ...(template === undefined ? {} : { template }),
      ...more,
    })(),
  )

const text = (content: string): Prompt => ({ kind: 'text', text: content })

const tokenRow = (id: string, promptTokens: number[], responseTokens: number[]): Example => ({
  id,
  prompt: tokenPrompt(promptTokens),
  response: { kind: 'tokens', tokens: responseTokens },
  raw: '',
  fields: {},
})

describe('templates', () => {
  it('is the chat template where the tokenizer has one, else qa', async () => {
    expect((await encoder('byte-bpe')).template).toBe('chat')
    expect((await encoder('byte-bpe-prefixed')).template).toBe('qa')
  })

  it('renders qa and none, with the begin-of-sequence that the tokenizer adds', async () => {
    const t = await open('byte-bpe-prefixed')
    const qa = right((await encoder('byte-bpe-prefixed', 'qa')).prompt(text('the dog')))
    expect(qa).toEqual([t.bos, ...t.encode('Q:the dog\nA:')])
    const none = right((await encoder('byte-bpe-prefixed', 'none')).prompt(text('the dog')))
    expect(none).toEqual([t.bos, ...t.encode('the dog')])
    const bare = await open('byte-bpe')
    expect(right((await encoder('byte-bpe', 'none')).prompt(text('the dog')))).toEqual(bare.encode('the dog'))
  })

  it('adds nothing to a chat template, whose begin-of-sequence it writes itself', async () => {
    const t = await open('sentencepiece-bpe')
    const ids = right((await encoder('sentencepiece-bpe')).prompt(text('the dog')))
    expect(ids).toEqual(t.encode('<s>[INST] the dog [/INST]'))
    expect(ids.filter((id) => id === t.bos)).toHaveLength(1)
  })

  it('reads a template from a file', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'template-')), 'own.jinja')
    writeFileSync(path, '{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}[answer]')
    const t = await open('byte-bpe')
    expect(right((await encoder('byte-bpe', path)).prompt(text('go')))).toEqual(
      t.encode('[user] go\n[answer]'),
    )
  })

  it('refuses a chat template that does not exist, and prompts that the template refuses', async () => {
    const none = await encoderOf({ tokenizer: await open('byte-bpe-prefixed'), template: 'chat' })()
    expect(none).toMatchObject({ _tag: 'Left', left: { _tag: 'BadOption', kind: 'input' } })
    const refused = (await encoder('byte-bpe')).prompt({
      kind: 'messages',
      messages: [
        { role: 'user', content: 'a' },
        { role: 'system', content: 'b' },
      ],
    })
    expect(refused).toMatchObject({ _tag: 'Left', left: { _tag: 'BadRow', kind: 'input' } })
  })
})

describe('rows', () => {
  it('encodes the response as a continuation, and ends it', async () => {
    for (const name of ['sentencepiece-bpe', 'metaspace-always', 'metaspace-unigram', 'byte-bpe-prefixed']) {
      const t = await open(name)
      const row = right((await encoder(name, 'none')).example(textExample('1', 'the dog', ' sleeps')))
      expect(row.responseTokens.at(-1)).toBe(t.eos)
      expect(t.decode([...row.promptTokens, ...row.responseTokens], { skipSpecial: true }).trim()).toBe(
        'the dog sleeps',
      )
      expect(t.decode([...t.encode('the'), ...t.encodeInner('se')])).toMatch(/these$/)
    }
  })

  it('omits the end-of-sequence with noEos, and uses the model’s where the tokenizer names none', async () => {
    const row = textExample('1', 'the dog', 'sleeps')
    const t = await open('byte-bpe')
    expect(right((await encoder('byte-bpe', 'qa', { noEos: true })).example(row)).responseTokens).toEqual(
      t.encodeInner('sleeps'),
    )
    const nameless = Object.fromEntries(
      Object.entries(t).filter(([name]) => name !== 'eos'),
    ) as unknown as TextTokenizer
    const other = right(await encoderOf({ tokenizer: nameless, template: 'qa', eos: 7 })())
    expect(right(other.example(row)).responseTokens.at(-1)).toBe(7)
  })

  it('uses token rows unchanged, also without a tokenizer', async () => {
    const e = await encoder(undefined)
    expect(right(e.example(tokenRow('1', [5, 6], [7])))).toEqual({
      promptTokens: [5, 6],
      responseTokens: [7],
    })
    expect(e.example(textExample('2', 'a', 'b'))).toMatchObject({
      _tag: 'Left',
      left: { _tag: 'BadRow', kind: 'input' },
    })
  })

  it('cuts on the right, skips rows without a response token, and counts both', async () => {
    const e = await encoder('byte-bpe', 'none')
    const rows = [
      tokenRow('0', [1, 2], [3, 4]),
      tokenRow('1', [1, 2], [3, 4, 5, 6]),
      tokenRow('2', [1, 2, 3, 4, 5, 6], [7]),
      textExample('3', 'the', ''),
      tokenRow('4', [], [9]),
    ]
    const out = right(encodeExamples(e, rows, 5))
    expect(
      out.rows.map(({ index, promptTokens, responseTokens }) => [index, promptTokens, responseTokens]),
    ).toEqual([
      [0, [1, 2], [3, 4]],
      [1, [1, 2], [3, 4, 5]],
      [4, [], [9]],
    ])
    expect([out.cut, out.skipped]).toEqual([1, 2])
    expect(encodingWarnings(out, 5)).toHaveLength(2)
    expect(encodingWarnings({ ...out, cut: 0, skipped: 0 }, 5)).toEqual([])
  })

  it('never leaves more than the maximum length, and keeps the beginning', () => {
    const ids = fc.array(fc.nat(99), { maxLength: 20 })
    fc.assert(
      fc.property(ids, ids, fc.nat(30), (promptTokens, responseTokens, n) => {
        const cut = cutExample({ promptTokens, responseTokens }, n)
        expect([...cut.promptTokens, ...cut.responseTokens]).toEqual(
          [...promptTokens, ...responseTokens].slice(0, n),
        )
      }),
    )
  })
})

describe('a folder', () => {
  it('without tokenizer.json has no tokenizer; a folder that does not exist is an error', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'tokenizer-'))
    expect(await loadTokenizer(empty)()).toEqual(E.right(undefined))
    expect(await loadTokenizer(join(empty, 'absent'))()).toMatchObject({
      _tag: 'Left',
      left: { _tag: 'FileMissing', kind: 'input' },
    })
  })

  it('with a damaged tokenizer is reported in one line', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'tokenizer-'))
    const path = join(dir, 'tokenizer.json')
    for (const [content, tag] of [
      ['{"model"', 'FileDamaged'],
      ['{"added_tokens": []}', 'FileDamaged'],
      ['{"model": {"type": "Strange"}}', 'FileUnsupported'],
    ] as const) {
      writeFileSync(path, content)
      const loaded = await loadTokenizer(dir)()
      expect(loaded).toMatchObject({ _tag: 'Left', left: { _tag: tag, kind: 'input', where: path } })
      expect(E.isLeft(loaded) ? loaded.left.message : '\n').not.toContain('\n')
    }
  })
})
