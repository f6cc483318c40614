/** Reading words out of written replies. A reply that says two different things says nothing. */
import { trimmed } from '../trimmed'

/** The one thing that all matches of a global pattern's first group say, through `meaning`; null where they differ or there is none. */
export const agreed = (
  pattern: RegExp,
  reply: string,
  meaning: (found: string) => string | null,
): string | null => {
  const said = new Set([...reply.matchAll(pattern)].map((match) => meaning(match[1] ?? '')))
  const [only] = said
  return said.size === 1 ? (only ?? null) : null
}

/** The word of a list that a text is, whatever its case; null where it is none of them. */
export const oneOf =
  (words: ReadonlyArray<string>) =>
  (text: string): string | null =>
    words.find((word) => word.toLowerCase() === text.trim().toLowerCase()) ?? null

/** The first line that is not blank, without marks of emphasis, quotation and a full stop around it. */
export const firstLine = (reply: string): string =>
  trimmed(reply.split('\n').find((line) => line.trim() !== '') ?? '', /[\s*_"'`([]/, /[\s*_"'`)\].!]/)
