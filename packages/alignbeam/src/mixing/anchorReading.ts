/**
 * What the anchor reads of a beam: the beam's tokens as text, in the anchor's own tokens.
 *
 * The text is encoded without a prefix space, as the continuation of the anchor's prompt. While a byte-level draft is in the
 * middle of a character the unfinished bytes are held back: the anchor never reads a replacement character that is not there.
 */
import type { LmError, RowEdit, Tokenizer } from '@safe/tensor-core/contracts'
import * as TE from 'fp-ts/TaskEither'
import { commonPrefix } from './commonPrefix'

/** How many bytes at the end of `bytes` begin a UTF-8 character without finishing it. */
export const unfinishedTail = (bytes: Uint8Array): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return 0
    if (byte < 0xc0) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
    return length > back ? back : 0
  }
  return 0
}

/** The last few bytes of a row of tokens: enough for one character. */
const lastBytes = (tokenizer: Tokenizer, tokens: ReadonlyArray<number>): Uint8Array => {
  const bytes: number[] = []
  for (let i = tokens.length - 1; i >= 0 && bytes.length < 4; i--)
    bytes.unshift(...(tokenizer.bytes(tokens[i] ?? -1) ?? []))
  return Uint8Array.from(bytes)
}

/** Tokens without an unfinished last character. */
export interface WholeCharacters {
  /** The tokens before the one in which that character begins. */
  readonly tokens: ReadonlyArray<number>
  /** The whole characters of the tokens left out: a byte-level token may hold some, and a part of the next. */
  readonly text: string
}

/** Holds back the bytes at the end of the tokens that do not make a character yet. */
export const wholeCharacters = (tokenizer: Tokenizer, tokens: ReadonlyArray<number>): WholeCharacters => {
  const tail = unfinishedTail(lastBytes(tokenizer, tokens))
  let whole = tokens.length
  let left = tail
  while (whole > 0 && left > 0) {
    whole -= 1
    left -= tokenizer.bytes(tokens[whole] ?? -1)?.length ?? 0
  }
  const bytes = Buffer.concat(tokens.slice(whole).map((id) => tokenizer.bytes(id) ?? new Uint8Array(0)))
  return {
    tokens: tokens.slice(0, whole),
    text: bytes.subarray(0, bytes.length - tail).toString('utf8'),
  }
}

/** The draft's tokens as text, without an unfinished last character. */
export const beamText = (draft: Tokenizer, tokens: ReadonlyArray<number>): string => {
  const whole = wholeCharacters(draft, tokens)
  return draft.decode(whole.tokens, { skipSpecial: true }) + whole.text
}

/** A beam's tokens in the anchor's vocabulary. */
export const anchorReading =
  (draft: Tokenizer, anchor: Tokenizer) =>
  (tokens: ReadonlyArray<number>): ReadonlyArray<number> => {
    const text = beamText(draft, tokens)
    return text === '' ? [] : anchor.encodeInner(text)
  }

/**
 * The edit from what a row holds to what it should hold: the longest common prefix stays, so its cache is reused. At least one
 * token is always read anew, so that a next-token distribution follows it.
 */
export const editTowards = (held: ReadonlyArray<number>, wanted: ReadonlyArray<number>): RowEdit => {
  const common = commonPrefix(held, wanted)
  const keep = common === wanted.length ? Math.max(0, common - 1) : common
  return { keep, tokens: wanted.slice(keep) }
}

/** A session as far as it is brought up to date. */
interface Edited<S> {
  readonly tokens: ReadonlyArray<ReadonlyArray<number>>
  readonly edit: (edits: ReadonlyArray<RowEdit>) => TE.TaskEither<LmError, S>
}

/**
 * A session whose rows hold what is wanted: this one where they do already, else a new one. This one stays the caller's.
 *
 * @param wanted one row of tokens per row of the session
 */
export const readingOf = <S extends Edited<S>>(
  session: S,
  wanted: ReadonlyArray<ReadonlyArray<number>>,
): TE.TaskEither<LmError, S> => {
  const same = wanted.every((row, i) => {
    const held = session.tokens[i] ?? []
    return held.length === row.length && row.every((id, j) => id === held[j])
  })
  return same
    ? TE.right(session)
    : session.edit(wanted.map((row, i) => editTowards(session.tokens[i] ?? [], row)))
}
