/**
 * Regular expressions of well-known tokenizers. They take time in proportion to the text (for trailing spaces, to the square of
 * their number). A tokenizer with any other pattern runs under a time limit, since JavaScript's engine can take years on a pattern.
 */

const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"

const known: ReadonlySet<string> = new Set([
  // GPT-2, and tokenizers that spell out its pattern
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

/** Whether a pattern is the one that `adapt.ts` makes for Metaspace, with any replacement character. */
const isMarked = (pattern: string): boolean => /^(\\?.)\[\^\1\]\*\|\[\^\1\]\+$/u.test(pattern)

/** Whether any pattern in these parts is not known to be fast. */
export const hasUnknownPattern = (part: unknown): boolean => {
  if (typeof part !== 'object' || part === null) return false
  const regex = regexOf(part)
  if (regex !== undefined && !known.has(regex) && !isMarked(regex)) return true
  return Object.values(part).some(hasUnknownPattern)
}
