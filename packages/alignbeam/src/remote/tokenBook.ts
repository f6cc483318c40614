/**
 * Ids for what a server tells in texts. With the model's tokenizer they are its own ids; without one, each text that comes up gets
 * an id. Either way prompts and replies, which are sent and received whole, can be written down as one id each, so a row of a
 * session is a row of ids as everywhere else.
 */
import type { Message, Tokenizer } from '@safe/tensor-core/contracts'
import type { TokenText } from '@safe/tensor-core/endpoint'
import { bytesKey } from '../mixing/bridge'
import { lazily } from '../mixing/lazily'
import { isEndText, isSpecialText } from './specialTexts'

// model ------------------------------------------------------------------------------------------

/** What one id may stand for. */
export type Noted =
  | { readonly kind: 'text'; readonly bytes: Uint8Array }
  | { readonly kind: 'conversation'; readonly messages: ReadonlyArray<Message> }

/** The ids of a server's model. */
export interface TokenBook {
  /** Reads ids and writes texts; its end of sequence is `end`. */
  readonly tokenizer: Tokenizer
  /** Whether `tokenizer` is the model's own. */
  readonly known: boolean
  /** The id that ends a completion, whatever the server calls it. */
  readonly end: number
  /** What was noted under an id; undefined for ids of the tokenizer. */
  readonly noted: (id: number) => Noted | undefined
  readonly note: (entry: Noted) => number
  /** The id of a listed token; undefined where it cannot be recognised. */
  readonly idOf: (listed: TokenText) => number | undefined
}

// parts ------------------------------------------------------------------------------------------

const utf8 = new TextEncoder()

/** Entries from an id on; equal texts share one. */
const notes = (from: number) => {
  const entries: Noted[] = []
  const ids = new Map<string, number>()
  const at = (id: number): Noted | undefined => entries[id - from]
  const bytes = (id: number): Uint8Array | undefined => {
    const entry = at(id)
    return entry?.kind === 'text' ? entry.bytes : undefined
  }
  const note = (entry: Noted): number => {
    const key = entry.kind === 'text' ? `t${bytesKey(entry.bytes)}` : `c${JSON.stringify(entry.messages)}`
    const id = ids.get(key) ?? from + entries.length
    if (!ids.has(key)) {
      ids.set(key, id)
      entries.push(entry)
    }
    return id
  }
  return { at, bytes, note, size: () => entries.length }
}

/** How OpenAI and `alignbeam serve` spell a part of a character. */
const spelledBytes = /^bytes:((?:\\x[0-9a-f]{2})+)$/

/**
 * The bytes of a listed token. Empty bytes are a special token; an empty text without bytes may be anything, and a replacement
 * character stands for bytes that are not known.
 */
const bytesOf = ({ token, bytes }: TokenText): Uint8Array | undefined => {
  if (bytes !== undefined) return Uint8Array.from(bytes)
  const spelled = spelledBytes.exec(token)?.[1]
  return spelled !== undefined
    ? Uint8Array.from(Buffer.from(spelled.replaceAll('\\x', ''), 'hex'))
    : token === '' || token.includes('\ufffd')
      ? undefined
      : utf8.encode(token)
}

/** Most servers show the token that ends a text; some show it, as all special ones, without text. */
const isEnd = ({ token, bytes }: TokenText): boolean =>
  (token === '' && bytes?.length === 0) || isEndText(token)

// constructors -----------------------------------------------------------------------------------

/** Ids of the tokenizer first, then those of what is noted. Tokens that end a text are all the same one. */
export const knownBook = (tokenizer: Tokenizer): TokenBook => {
  const more = notes(tokenizer.size + 1)
  const ends = new Set([...tokenizer.specialIds].filter((id) => isEndText(tokenizer.token(id) ?? '')))
  const end = tokenizer.eos ?? [...ends][0] ?? tokenizer.size
  /** The lowest id of each byte string. */
  const byBytes = lazily((): ReadonlyMap<string, number> => {
    const found = new Map<string, number>()
    for (let id = tokenizer.size - 1; id >= 0; id--) {
      const bytes = tokenizer.bytes(id)
      if (bytes !== undefined) found.set(bytesKey(bytes), id)
    }
    return found
  })
  const recognised = (listed: TokenText): number | undefined => {
    if (listed.id !== undefined) return tokenizer.token(listed.id) === undefined ? undefined : listed.id
    const special = tokenizer.id(listed.token)
    if (special !== undefined && tokenizer.specialIds.has(special)) return special
    if (isEnd(listed)) return end
    const bytes = bytesOf(listed)
    return bytes === undefined ? undefined : byBytes().get(bytesKey(bytes))
  }
  const textOf = (id: number): string => Buffer.from(more.bytes(id) ?? new Uint8Array(0)).toString('utf8')
  const own: Tokenizer = {
    ...tokenizer,
    decode: (ids, options) =>
      ids.every((id) => more.at(id) === undefined)
        ? tokenizer.decode(ids, options)
        : ids
            .map((id) => (more.at(id) === undefined ? tokenizer.decode([id], options) : textOf(id)))
            .join(''),
    bytes: (id) => more.bytes(id) ?? tokenizer.bytes(id),
    eos: end,
  }
  return {
    tokenizer: own,
    known: true,
    end,
    noted: more.at,
    note: more.note,
    idOf: (listed) => {
      const id = recognised(listed)
      return id !== undefined && ends.has(id) ? end : id
    },
  }
}

/** Ids in the order in which texts come up. @param name tells this book from others */
export const foundBook = (name: string): TokenBook => {
  const end = 0
  const { at, bytes, note, size } = notes(1)
  const noteText = (text: string): number => note({ kind: 'text', bytes: utf8.encode(text) })
  const textOf = (id: number): string => Buffer.from(bytes(id) ?? new Uint8Array(0)).toString('utf8')
  const encode = (text: string): ReadonlyArray<number> => (text === '' ? [] : [noteText(text)])
  return {
    tokenizer: {
      get size() {
        return size() + 1
      },
      fingerprint: `found:${name}`,
      encode,
      encodeInner: encode,
      decode: (ids) => Buffer.concat(ids.map((id) => bytes(id) ?? new Uint8Array(0))).toString('utf8'),
      token: (id) => (id === end ? '' : bytes(id) === undefined ? undefined : textOf(id)),
      id: noteText,
      bytes,
      specialIds: new Set([end]),
      byteLevel: true,
      eos: end,
    },
    known: false,
    end,
    noted: at,
    note,
    idOf: (listed) => {
      if (isEnd(listed)) return end
      const known = isSpecialText(listed.token) ? undefined : bytesOf(listed)
      return known === undefined ? undefined : note({ kind: 'text', bytes: known })
    },
  }
}
