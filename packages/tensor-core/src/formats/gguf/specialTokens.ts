/** The special tokens of a GGUF file in tokenizer.json: added tokens, and those around a sequence. */
import { isByteSpelled } from './byteAlphabet'

// model ------------------------------------------------------------------------------------------

type Json = Readonly<Record<string, unknown>>

/** What the file says of its tokens. */
export interface Listing {
  readonly kind: 'gpt2' | 'llama'
  readonly tokens: ReadonlyArray<string>
  readonly types: ReadonlyArray<number>
  /** Tokens named in the configuration: begin, end, unknown, padding. */
  readonly named: Readonly<Record<string, string | null>>
}

const CONTROL = 3
const USER_DEFINED = 4

// added tokens -----------------------------------------------------------------------------------

/** Control tokens and those with a name are special, user-defined ones are plain added tokens; all are matched whole. */
export const addedTokens = (
  { kind, tokens, types, named }: Listing,
  specials: ReadonlyArray<string>,
  vocabulary: ReadonlyMap<string, number>,
): ReadonlyArray<Json> => {
  const special = new Map<string, boolean>()
  tokens.forEach((token, i) => {
    if (types[i] === USER_DEFINED && vocabulary.has(token)) special.set(token, false)
  })
  tokens.forEach((token, i) => {
    if (types[i] === CONTROL && (kind !== 'gpt2' || isByteSpelled(token))) special.set(token, true)
  })
  for (const token of [...specials, ...Object.values(named)]) if (token !== null) special.set(token, true)
  return [...special]
    .flatMap(([content, isSpecial]) => {
      const id = vocabulary.get(content)
      return id === undefined || content === '' ? [] : [{ id, content, special: isSpecial }]
    })
    .sort((a, b) => a.id - b.id)
    .map(({ id, content, special: isSpecial }) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: isSpecial,
    }))
}

/** Begin and end of a sequence around a text, where the tokenizer adds them. */
export const postProcessor = (
  vocabulary: ReadonlyMap<string, number>,
  before: string | null,
  after: string | null,
): Json => {
  const special = (token: string | null, type: number): ReadonlyArray<Json> =>
    token === null ? [] : [{ SpecialToken: { id: token, type_id: type } }]
  const around = (id: 'A' | 'B', type: number): ReadonlyArray<Json> => [
    ...special(before, type),
    { Sequence: { id, type_id: type } },
    ...special(after, type),
  ]
  return {
    type: 'TemplateProcessing',
    single: around('A', 0),
    pair: [...around('A', 0), ...around('B', 1)],
    special_tokens: Object.fromEntries(
      [before, after].flatMap((token) =>
        token === null ? [] : [[token, { id: token, ids: [vocabulary.get(token) ?? 0], tokens: [token] }]],
      ),
    ),
  }
}
