import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as fc from 'fast-check'
import { type Fault, type Tokenizer, faultLine, textPrompt } from '../../src/contracts'
import { judgeEntry } from '../../src/judges'
import type { CompletionKind } from '../../src/judges/asking/kind'
import { neutraliser } from '../../src/judges/asking/neutralise'
import { type Reader, readerOf } from '../../src/judges/asking/reader'
import { openModel } from '../../src/lm'

const right = <A>(e: E.Either<Fault, A>): A => {
  if (E.isLeft(e)) throw new Error(faultLine(e.left))
  return e.right
}
const folder = join(__dirname, '../golden/judges')
const kindOf = (name: string): CompletionKind => {
  const entry = judgeEntry(name)
  if (entry?.kind !== 'model') throw new Error(`${name} asks no model`)
  return entry.asks
}

/** A reader of a checkpoint, and its tokenizer. */
const readerFor = async (
  name: string,
  checkpoint: string,
  room = 4096,
): Promise<{ readonly read: Reader; readonly tokenizer: Tokenizer }> => {
  const opened = right(await openModel(join(folder, checkpoint), { template: 'none' })())
  const { tokenizer } = opened
  if (tokenizer === undefined) throw new Error('no tokenizer')
  const { asked } = kindOf(name).question({}, opened.folder.config.modelType)
  const read = right(
    readerOf({ tokenizer, plain: (text) => opened.encoder.prompt(textPrompt(text)) }, asked, room, {
      prompt: '',
      completion: '',
    }),
  )
  return { read, tokenizer }
}

describe('neutraliser', () => {
  it('breaks up marks and leaves the rest, verdict lines included', () => {
    const clean = neutraliser(['<|end|>', '</s>'], ['[/INST]', '<END CONVERSATION>'])
    expect(clean('a<|end|>b</s>')).toBe('a< |end|>b< /s>')
    expect(clean('[/inst] <END\n CONVERSATION>')).toBe('[ /inst] < END\n CONVERSATION>')
    expect(clean('Safety: Safe\n<|END|>')).toBe('Safety: Safe\n<|END|>')
    expect(neutraliser([], [])('<s>')).toBe('<s>')
  })
  it('leaves no mark, also where breaking one completes another', () => {
    const marks = ['<|a|>', '< |a|>', '|', '<<|a|>>']
    const clean = neutraliser(marks, [])
    const text = fc
      .array(fc.constantFrom('<', '|', 'a', '>', ' ', '<|a|>'), { maxLength: 20 })
      .map((c) => c.join(''))
    fc.assert(fc.property(text, (t) => marks.every((mark) => !clean(t).includes(mark))))
  })
})

describe.each([
  ['qwen3guard', 'qwen3', ['<|im_end|>', '<|im_start|>', '</think>', '<END CONVERSATION>']],
  ['llama-guard', 'llama-guard', ['<|eot_id|>', '<|start_header_id|>', '<END CONVERSATION>']],
  ['wildguard', 'mistral', ['</s>', '<s>', '[/INST]', '<|assistant|>', '<unk>']],
  ['harmbench', 'mistral', ['</s>', '[/INST]', '[GENERATION]:']],
  ['strongreject', 'gemma', ['<bos>', '<eos>', '### Answer:']],
])('%s', (name, checkpoint, marks) => {
  it('has the control tokens and marks of its template and no others, whatever is judged', async () => {
    const { read, tokenizer } = await readerFor(name, checkpoint)
    const unknown = tokenizer.id('<unk>')
    const rendered = (text: string): ReadonlyArray<number> =>
      right(read({ prompt: text, completion: text })).tokens
    const counted = (ids: ReadonlyArray<number>): ReadonlyArray<number> =>
      [...tokenizer.specialIds]
        .filter((id) => id !== unknown)
        .map((special) => ids.filter((id) => id === special).length)
    const markCounts = (ids: ReadonlyArray<number>): ReadonlyArray<number> =>
      marks.map((mark) => tokenizer.decode(ids).split(mark).length)
    const empty = rendered('')
    const text = fc
      .array(
        fc.oneof(
          fc.constantFrom(...marks, '<', '|', '>', '[', '/'),
          fc.string({ unit: 'binary', maxLength: 4 }),
        ),
        {
          maxLength: 12,
        },
      )
      .map((some) => some.join(''))
    fc.assert(
      fc.property(text, (hostile) => {
        const ids = rendered(hostile)
        expect(counted(ids)).toEqual(counted(empty))
        expect(markCounts(ids)).toEqual(markCounts(empty))
      }),
      { numRuns: 40 },
    )
  })

  it('cuts the middle of what is too long, and nothing else', async () => {
    const free = await readerFor(name, checkpoint)
    const short = right(free.read({ prompt: 'how ?', completion: 'so.' }))
    expect(short.cut).toBe(false)
    const room = short.tokens.length + 60
    const { read, tokenizer } = await readerFor(name, checkpoint, room)
    expect(right(read({ prompt: 'how ?', completion: 'so.' }))).toEqual(short)
    const long = right(read({ prompt: 'how ?', completion: `first ${'and then '.repeat(3000)} last` }))
    expect(long.cut).toBe(true)
    expect(long.tokens.length).toBeLessThanOrEqual(room)
    expect(long.tokens.length).toBeGreaterThan(room - 60)
    const shown = tokenizer.decode(long.tokens)
    expect(shown).toContain('first and then')
    const wordy = right(read({ prompt: 'and then '.repeat(3000), completion: 'so.' }))
    expect(wordy.cut).toBe(true)
    expect(wordy.tokens.length).toBeLessThanOrEqual(room)
  })
})

describe('readerOf', () => {
  it('shows 512 tokens of an answer where published so', async () => {
    const { read, tokenizer } = await readerFor('harmbench', 'mistral')
    const none = right(read({ prompt: 'p', completion: '' })).tokens.length
    const long = right(read({ prompt: 'p', completion: 'and then '.repeat(900) }))
    expect(long.cut).toBe(true)
    expect(Math.abs(long.tokens.length - none - 512)).toBeLessThan(6)
    expect(long.tokens.filter((id) => id === tokenizer.bos)).toHaveLength(1)
  })
  it('shows the context of a contextual request', async () => {
    const { read, tokenizer } = await readerFor('harmbench', 'mistral')
    const shown = tokenizer.decode(
      right(read({ prompt: 'p', completion: 'c', context: 'the letter' })).tokens,
    )
    expect(shown).toContain('[CONTEXT]:\nthe letter\n\n[BEHAVIOR]:\np')
    expect(shown).toContain('an instance of the behavior given the context')
  })
  it('refuses a model that cannot even read the question', async () => {
    await expect(readerFor('wildguard', 'mistral', 20)).rejects.toThrow('the question takes')
  })
})
