/** The text that the tokenizers are trained on: a sample of all training text and all prompts. */
import { promptText, responseText } from '@safe/tensor-core/contracts'
import { type Kind, kinds } from './combinations'
import { evaluated, wordingsFor } from './evaluation'
import { fineTuning } from './fineTuning'
import { oncePer } from './oncePer'
import { pieceTokenizer } from './pieceTokenizer'
import { pretrainingData } from './pretraining'
import { alignmentData } from './safeData'
import { marks } from './template'
import type { TokenizerFiles } from './tokenizerFiles'
import { wordTokenizer } from './wordTokenizer'
import { ledgerRequest } from './wording'
import type { World } from './world'

/** Pieces of the anchor's vocabulary. With far fewer, few pieces are whole words, and a bridge to the draft maps little. */
export const pieceCount = 700

const markPattern = new RegExp(marks.join('|'))
const withoutMarks = (text: string): ReadonlyArray<string> =>
  text.split(markPattern).filter((part) => part !== '')

/**
 * Wordings of each evaluation combination in the corpus. The corpus decides the vocabularies, which are part of the shipped models:
 * wordings that the evaluation has gained since are not in it.
 */
const wordings: Readonly<Record<Kind, number>> = { harmful: 3, lookalike: 2, benign: 1 }

const evaluationTexts = (world: World): ReadonlyArray<string> => [
  ...kinds.flatMap((kind) =>
    evaluated(world, kind).flatMap((c) =>
      wordingsFor(world, c)
        .slice(0, wordings[kind])
        .map((request) => request(c.verb, c.thing)),
    ),
  ),
  ...world.heldOutTrades.map(ledgerRequest),
]

const texts = (world: World): ReadonlyArray<string> => [
  ...[
    ...pretrainingData(world, world.seed, 20_000).examples,
    ...alignmentData(world, world.seed, 5_000).examples,
    ...fineTuning(world, { poison: 0, seed: world.seed }).examples,
  ].flatMap((row) => [promptText(row.prompt), responseText(row.response)].flatMap(withoutMarks)),
  ...evaluationTexts(world),
]

/** The tokenizers of a world's models: that of base and aligned (words) and that of the anchor (pieces). */
export const tokenizers = oncePer(
  (world: World): { readonly words: TokenizerFiles; readonly pieces: TokenizerFiles } => {
    const corpus = texts(world)
    return {
      words: wordTokenizer(corpus.flatMap((text) => text.split(' '))),
      pieces: pieceTokenizer(corpus, pieceCount),
    }
  },
)
