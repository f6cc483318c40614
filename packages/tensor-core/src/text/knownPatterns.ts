/**
 * Regular expressions of well-known tokenizers, which take time in proportion to the text (spaces at an end: to their square). A
 * tokenizer with any other is watched by the clock, since JavaScript's engine can be made to try a pattern for years.
 */

const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"

const known: ReadonlySet<string> = new Set([
  // GPT-2, and those who say it themselves
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  // Llama 3
  `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  // Qwen 2, 2.5 and 3
  `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  '\\p{N}{1,3}',
  '\\d{1,3}(?=(?:\\d{3})*\\b)',
  ' ',
  ' {2,}',
  '\\s+',
])

const regexOf = (u: unknown): string | undefined =>
  typeof u === 'object' && u !== null && 'Regex' in u && typeof u.Regex === 'string' ? u.Regex : undefined

/** Metaspace as `adapt.ts` says it, whatever its mark. */
const isMarked = (pattern: string): boolean => /^(\\?.)\[\^\1\]\*\|\[\^\1\]\+$/u.test(pattern)

/** Whether a pattern stands anywhere in these parts that is not known to be quick. */
export const hasUnknownPattern = (part: unknown): boolean => {
  if (typeof part !== 'object' || part === null) return false
  const regex = regexOf(part)
  if (regex !== undefined && !known.has(regex) && !isMarked(regex)) return true
  return Object.values(part).some(hasUnknownPattern)
}
