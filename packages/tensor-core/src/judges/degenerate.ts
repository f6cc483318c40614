/**
 * Degenerate text: nothing at all, or one short phrase over and over. Judged by form alone, so it holds in any language.
 */

/** Longest phrase looked for, in words. */
const longestPhrase = 8
/** A phrase that closes the text this many times in a row, and fills half of it, is a loop. */
const repeats = 4

/** Whether a text is empty, or ends in a phrase that repeats at least four times and fills half of it. */
export const degenerate = (text: string): boolean => {
  const words = text.trim().split(/\s+/)
  if (text.trim() === '') return true
  for (let length = 1; length <= longestPhrase; length++) {
    let run = 0
    while (
      run * length + 2 * length <= words.length &&
      words
        .slice(words.length - (run + 2) * length, words.length - (run + 1) * length)
        .every((word, i) => word === words[words.length - length + i])
    )
      run++
    if (run + 1 >= repeats && (run + 1) * length >= words.length / 2) return true
  }
  return false
}
