/**
 * The anchor's tokenizer: byte-pair encoding (Sennrich et al., 2016) learned from the town's text, with a mark where a word starts
 * after a blank, as in SentencePiece. Frequent words are one piece, rare ones several. So its vocabulary differs from the draft's,
 * and a bridge between the two has to map them. The first word of a text has no mark.
 */
import { marks } from './template'
import { type TokenizerFiles, tokenizerFiles } from './tokenizerFiles'

// model ------------------------------------------------------------------------------------------

const wordStart = '▁'

interface Word {
  readonly count: number
  pieces: ReadonlyArray<string>
}

type Pair = readonly [string, string]

// learning ---------------------------------------------------------------------------------------

const countWords = (texts: Iterable<string>): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const text of texts)
    for (const word of text.replaceAll(' ', ` ${wordStart}`).split(' '))
      if (word !== '') counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
}

/** The most frequent pair of adjacent pieces; of equally frequent pairs, the first in alphabetical order. */
const bestPair = (words: ReadonlyArray<Word>): Pair | undefined => {
  const counts = new Map<string, number>()
  for (const { pieces, count } of words)
    for (let i = 1; i < pieces.length; i++) {
      const key = `${pieces[i - 1] ?? ''} ${pieces[i] ?? ''}`
      counts.set(key, (counts.get(key) ?? 0) + count)
    }
  const best = [...counts].reduce<readonly [string, number] | undefined>(
    (a, b) => (a === undefined || b[1] > a[1] || (b[1] === a[1] && b[0] < a[0]) ? b : a),
    undefined,
  )
  const [left, right] = best?.[0].split(' ') ?? []
  return left === undefined || right === undefined ? undefined : [left, right]
}

const merged = (pieces: ReadonlyArray<string>, [left, right]: Pair): ReadonlyArray<string> => {
  const out: string[] = []
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i] ?? ''
    const joins = piece === left && pieces[i + 1] === right
    out.push(joins ? left + right : piece)
    if (joins) i++
  }
  return out
}

/** A vocabulary of `size` pieces, including marks, and the merges in the order in which they were learned. */
const learn = (
  texts: Iterable<string>,
  size: number,
): { readonly vocabulary: ReadonlyArray<string>; readonly merges: ReadonlyArray<Pair> } => {
  const words: ReadonlyArray<Word> = [...countWords(texts)].map(([word, count]) => ({
    count,
    pieces: Array.from(word),
  }))
  const letters = [...new Set(words.flatMap((w) => w.pieces))].sort()
  const vocabulary = [...marks, ...letters]
  const merges: Pair[] = []
  const known = new Set(vocabulary)
  while (known.size < size) {
    const pair = bestPair(words)
    if (pair === undefined) break
    merges.push(pair)
    const piece = pair.join('')
    if (!known.has(piece)) vocabulary.push(piece)
    known.add(piece)
    for (const word of words) word.pieces = merged(word.pieces, pair)
  }
  return { vocabulary, merges }
}

// constructors -----------------------------------------------------------------------------------

/** Learns the tokenizer. @param texts the text between marks @param size pieces of the vocabulary, including marks */
export const pieceTokenizer = (texts: Iterable<string>, size: number): TokenizerFiles => {
  const { vocabulary, merges } = learn(texts, size)
  const metaspace = { type: 'Metaspace', replacement: wordStart, prepend_scheme: 'never', split: true }
  return tokenizerFiles({
    vocabulary,
    model: {
      type: 'BPE',
      dropout: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      merges,
    },
    preTokenizer: metaspace,
    decoder: metaspace,
  })
}
