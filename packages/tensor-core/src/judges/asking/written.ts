/** What a model wrote before a mark, in tokens and as text. */
import type { Tokenizer } from '../../contracts'

/**
 * The tokens before the one that completes `until`. Bytes are read rather than decoded text: decoders drop a leading blank.
 *
 * @returns all tokens where the mark does not occur
 */
export const writtenUpTo = (
  tokenizer: Tokenizer | undefined,
  tokens: ReadonlyArray<number>,
  until: string,
): { readonly tokens: ReadonlyArray<number>; readonly text: string } => {
  const bytes = tokens.map((id) => Buffer.from(tokenizer?.bytes(id) ?? []))
  const textOf = (count: number): string => Buffer.concat(bytes.slice(0, count)).toString('utf8')
  const before = tokens.findIndex((_, i) => textOf(i + 1).includes(until))
  const count = before < 0 ? tokens.length : before
  return { tokens: tokens.slice(0, count), text: textOf(count) }
}
