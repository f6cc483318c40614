/**
 * ROUGE-1 F as Google's `rouge_score` 0.1.2 computes it with `use_stemmer=True`: lower case, runs of anything but [a-z0-9]
 * to a space, Porter stems of words longer than three, clipped unigram overlap. The arithmetic is done in the reference's
 * order, so results agree to the last bit.
 */
import { porterStem } from './porter'

// model ------------------------------------------------------------------------------------------

/**
 * Shares of unigrams, 0 to 1: of the completion's that the reference has (precision), of the reference's that the
 * completion has (recall), and their harmonic mean.
 */
export interface Rouge {
  readonly precision: number
  readonly recall: number
  readonly fmeasure: number
}

// words ------------------------------------------------------------------------------------------

/** Stems already found: texts repeat their words, and a stem costs microseconds. Forgotten when there are too many. */
const stems = new Map<string, string>()
const MOST_STEMS = 1 << 16

const stemOf = (word: string): string => {
  const known = stems.get(word)
  if (known !== undefined) return known
  const stem = porterStem(word)
  if (stems.size >= MOST_STEMS) stems.clear()
  stems.set(word, stem)
  return stem
}

/** The words ROUGE compares. */
export const rougeTokens = (text: string): ReadonlyArray<string> =>
  text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => (word.length > 3 ? stemOf(word) : word))
    .filter((word) => word !== '')

const counts = (words: ReadonlyArray<string>): ReadonlyMap<string, number> => {
  const seen = new Map<string, number>()
  for (const word of words) seen.set(word, (seen.get(word) ?? 0) + 1)
  return seen
}

// constructors -----------------------------------------------------------------------------------

/** Precision, recall and F of the prediction's words against the target's; all 0 where they share none. */
export const rouge1 = (target: string, prediction: string): Rouge => {
  const [wanted, given] = [rougeTokens(target), rougeTokens(prediction)]
  const available = counts(given)
  const overlap = [...counts(wanted)].reduce((n, [word, k]) => n + Math.min(k, available.get(word) ?? 0), 0)
  const precision = overlap / Math.max(given.length, 1)
  const recall = overlap / Math.max(wanted.length, 1)
  return {
    precision,
    recall,
    fmeasure: precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0,
  }
}
