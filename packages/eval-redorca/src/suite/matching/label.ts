/**
 * The rule `label`: the first of the given labels that appears in a completion is its answer. A label appears as a whole word,
 * whatever its case: `positive` is in "Positive." and not in "positively" or "non-positive".
 */
import { normalisedPrompt } from '../../mix/promptKey'

/** Scripts that set no blanks between words: there a label is found wherever its characters stand. */
const unspaced =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}'
/** Whether a label begins or ends with a character that other letters would make another word. */
const startsWord = new RegExp(`^(?![${unspaced}])[\\p{L}\\p{N}]`, 'u')
const endsWord = new RegExp(`(?![${unspaced}])[\\p{L}\\p{M}\\p{N}]$`, 'u')

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')

const patternOf = (label: string): RegExp =>
  new RegExp(
    `${startsWord.test(label) ? '(?<![\\p{L}\\p{M}\\p{N}_])(?<![\\p{L}\\p{N}]-)' : ''}${escaped(label)}${
      endsWord.test(label) ? '(?![\\p{L}\\p{M}\\p{N}_])(?!-[\\p{L}\\p{N}])' : ''
    }`,
    'u',
  )

/** Finds the label that appears first in a text, of two that begin at one place the longer; undefined where none appears. */
export const labelIn = (labels: ReadonlyArray<string>): ((text: string) => string | undefined) => {
  const patterns = labels.map((label) => {
    const text = normalisedPrompt(label)
    return { label, length: text.length, pattern: patternOf(text) }
  })
  return (text) => {
    const read = normalisedPrompt(text)
    return patterns
      .flatMap(({ label, length, pattern }) => {
        const at = read.search(pattern)
        return at < 0 ? [] : [{ label, length, at }]
      })
      .sort((a, b) => a.at - b.at || b.length - a.length)[0]?.label
  }
}
