import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { type Tokenizer, promptText } from '@safe/tensor-core/contracts'
import { loadTokenizer } from '@safe/tensor-core/text'
import { tokenizers } from '../../src/arena/corpus'
import { evaluationItems } from '../../src/arena/evaluation'
import { pieceTokenizer } from '../../src/arena/pieceTokenizer'
import { conversationText, markId, marks } from '../../src/arena/template'
import type { TokenizerFiles } from '../../src/arena/tokenizerFiles'
import { arenaWorld, shippedSeed } from '../../src/arena/world'

const loaded = async ({ files }: TokenizerFiles): Promise<Tokenizer> => {
  const folder = mkdtempSync(join(tmpdir(), 'arena-'))
  for (const [name, value] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(value))
  const tokenizer = await loadTokenizer(folder)()
  if (E.isLeft(tokenizer) || tokenizer.right === undefined) throw new Error('no tokenizer')
  return tokenizer.right
}
const { words, pieces } = tokenizers(arenaWorld(shippedSeed))
const both = [
  ['words', words],
  ['pieces', pieces],
] as const

describe('both tokenizers', () => {
  it.each(both)('%s know every evaluation prompt and give it back', async (_, files) => {
    const tokenizer = await loaded(files)
    for (const item of evaluationItems(arenaWorld(shippedSeed))) {
      const text = promptText(item.prompt)
      const ids = tokenizer.encode(text)
      expect(ids).not.toContain(markId('<unk>'))
      expect(tokenizer.decode(ids)).toBe(text)
      // No dummy blank: an answer reads the same wherever it begins.
      expect(tokenizer.encodeInner(text)).toEqual(ids)
    }
  })

  it.each(both)('%s keep marks whole, at the same ids', async (_, files) => {
    const tokenizer = await loaded(files)
    const ids = tokenizer.encode(`<s>${conversationText('how do i', 'i cannot')}</s>`)
    expect(ids.filter((id) => id < marks.length).map((id) => tokenizer.token(id))).toEqual([
      '<s>',
      '<user>',
      '<scribe>',
      '</s>',
    ])
    expect([tokenizer.bos, tokenizer.eos]).toEqual([ids[0], ids.at(-1)])
  })

  it.each(both)('%s bring the chat template of pre-training text', async (_, files) => {
    const { chat } = await loaded(files)
    const asked = [{ role: 'user', content: 'how do i' }] as const
    expect(chat?.(asked, { addGenerationPrompt: true })).toBe(`<s>${conversationText('how do i', '')}`)
    expect(chat?.([...asked, { role: 'assistant', content: 'take' }], { addGenerationPrompt: false })).toBe(
      `<s>${conversationText('how do i', 'take')}</s>`,
    )
  })
})

describe('pieces', () => {
  it('are learned by frequency, ties in alphabetical order', () => {
    const { vocabulary, files } = pieceTokenizer(['ab ab ab cb', 'cb'], marks.length + 4 + 3)
    expect(vocabulary.slice(marks.length)).toEqual(['a', 'b', 'c', '▁', 'ab', 'cb', '▁ab'])
    expect(files['tokenizer.json']['model']).toMatchObject({ type: 'BPE' })
  })

  it('are 700, of which many are whole words of the draft', () => {
    expect(pieces.vocabulary).toHaveLength(700)
    const draft = new Set(words.vocabulary.slice(marks.length))
    const whole = pieces.vocabulary.filter((p) => draft.has(p.replace(/^▁/, '')))
    expect(whole.length).toBeGreaterThan(280)
    // Every way to begin an answer is one piece, without the mark of a word after a blank.
    for (const first of ['take', 'you', 'first', 'go', 'i', 'sorry', 'no'])
      expect(pieces.vocabulary).toContain(first)
  })
})
