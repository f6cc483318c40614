/** A model of whole words that says what a function tells it to: enough of one to be asked by a judge. */
import * as TE from 'fp-ts/TaskEither'
import { type DecodingSession, type LmError, type Tokenizer, badInput, promptText } from '../../src/contracts'
import type { AskedModel } from '../../src/judges'

const vocabulary = ['<unk>', '<s>', '</s>', '1', '2', '3', '4', '5', 'well', 'score:', '6']
const end = 2

/** Whole words between blanks; ids below 3 are special. */
export const words: Tokenizer = {
  size: vocabulary.length,
  fingerprint: 'words',
  encode: (text) =>
    text
      .split(/\s+/)
      .filter((w) => w !== '')
      .map((w) => Math.max(0, vocabulary.indexOf(w))),
  encodeInner: (text) => words.encode(text),
  decode: (ids) =>
    ids
      .filter((id) => id > end)
      .map((id) => vocabulary[id] ?? '')
      .join(' '),
  token: (id) => vocabulary[id],
  id: (token) => (vocabulary.includes(token) ? vocabulary.indexOf(token) : undefined),
  bytes: (id) => (id <= end ? undefined : new TextEncoder().encode(` ${vocabulary[id] ?? ''}`)),
  specialIds: new Set([0, 1, end]),
  byteLevel: false,
  eos: end,
}

/** The word a model says after `said` words of its own; empty ends its answer. */
export type Says = (said: number) => string

/** A model that says these words whatever it is asked; `open` counts sessions that were not freed. */
export const askedModel = (says: Says): AskedModel & { readonly sessions: { open: number } } => {
  const sessions = { open: 0 }
  const nextId = (said: number): number => words.id(says(said)) ?? end
  const answer = (limit: number): ReadonlyArray<number> => {
    const ids: number[] = []
    while (ids.length < limit && nextId(ids.length) !== end) ids.push(nextId(ids.length))
    return ids
  }
  const session = (tokens: ReadonlyArray<ReadonlyArray<number>>): DecodingSession => {
    sessions.open += 1
    return {
      tokens,
      promptLengths: tokens.map((row) => row.length),
      logProbs: TE.fromIO(() =>
        tokens.map(() =>
          Float32Array.from(vocabulary, (_, id) => Math.log(id === nextId(0) ? 0.999 : 0.0001)),
        ),
      ),
      edit: () => TE.left<LmError>(badInput('BadOption', 'is not edited here')),
      select: (rows) => TE.fromIO(() => session(rows.map((r) => tokens[r] ?? []))),
      complete: () =>
        TE.fromIO(() =>
          tokens.map(() => ({ tokens: answer(12), text: words.decode(answer(12)), finishReason: 'stop' })),
        ),
      dispose: () => {
        sessions.open -= 1
      },
    }
  }
  return {
    id: 'judge',
    tokenizer: words,
    open: (prompts) => TE.fromIO(() => session(prompts.map((p) => words.encode(promptText(p))))),
    sessions,
  }
}
