/** The text that the tokenizers are trained on: a sample of all training text and all prompts. */
import { promptText, responseText } from '@safe/tensor-core/contracts'
import { evaluationItems } from './evaluation'
import { fineTuning } from './fineTuning'
import { pieceTokenizer } from './pieceTokenizer'
import { pretrainingData } from './pretraining'
import { alignmentData } from './safeData'
import { marks } from './template'
import type { TokenizerFiles } from './tokenizerFiles'
import { wordTokenizer } from './wordTokenizer'
import { worldSeed } from './world'

/** Pieces of the anchor's vocabulary. With far fewer, few pieces are whole words, and a bridge to the draft maps little. */
export const pieceCount = 700

const markPattern = new RegExp(marks.join('|'))
const withoutMarks = (text: string): ReadonlyArray<string> =>
  text.split(markPattern).filter((part) => part !== '')

const texts = (): ReadonlyArray<string> => [
  ...[
    ...pretrainingData(worldSeed, 20_000).examples,
    ...alignmentData(worldSeed, 5_000).examples,
    ...fineTuning({ poison: 0, seed: worldSeed }).examples,
  ].flatMap((row) => [promptText(row.prompt), responseText(row.response)].flatMap(withoutMarks)),
  ...evaluationItems.map((item) => promptText(item.prompt)),
]

/** The tokenizer of base and aligned (words) and that of the anchor (pieces). */
export const tokenizers = (): { readonly words: TokenizerFiles; readonly pieces: TokenizerFiles } => {
  const corpus = texts()
  return {
    words: wordTokenizer(corpus.flatMap((text) => text.split(' '))),
    pieces: pieceTokenizer(corpus, pieceCount),
  }
}
