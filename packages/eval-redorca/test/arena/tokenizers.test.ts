import { Tokenizer } from '@huggingface/tokenizers'
import { tokenizers } from '../../src/arena/corpus'
import { evaluationItems } from '../../src/arena/evaluation'
import { promptText } from '@safe/tensor-core/contracts'
import { pieceTokenizer } from '../../src/arena/pieceTokenizer'
import { conversationText, markId, marks } from '../../src/arena/template'
import type { TokenizerFiles } from '../../src/arena/tokenizerFiles'

const loaded = ({ files }: TokenizerFiles): Tokenizer =>
  new Tokenizer(files['tokenizer.json'], files['tokenizer_config.json'])
const { words, pieces } = tokenizers()

describe('both tokenizers', () => {
  it.each([
    ['words', words],
    ['pieces', pieces],
  ])('%s know every evaluation prompt and give it back', (_, files) => {
    const tokenizer = loaded(files)
    for (const item of evaluationItems) {
      const text = promptText(item.prompt)
      const { ids } = tokenizer.encode(text, { add_special_tokens: false })
      expect(ids).not.toContain(markId('<unk>'))
      expect(tokenizer.decode(ids)).toBe(text)
    }
  })
  it.each([
    ['words', words],
    ['pieces', pieces],
  ])('%s keep marks whole, at the same ids', (_, files) => {
    const { tokens, ids } = loaded(files).encode(`<s>${conversationText('how do i', 'i cannot')}</s>`, {
      add_special_tokens: false,
    })
    expect(tokens.filter((t) => marks.includes(t))).toEqual(['<s>', '<user>', '<scribe>', '</s>'])
    expect([ids[0], ids.at(-1)]).toEqual([1, 2])
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
