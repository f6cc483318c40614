/** Rows of tokens with what the decoder has computed for them, as a `DecodingSession`. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type DecodingSession, type LmError, type RowEdit, badInput } from '../../contracts'
import { disposeCache, growCache, selectCache } from '../decoder/cache'
import { type CachedRows, type CompletionContext, completeRows } from './complete'
import { type Decoder, attempt, checkTokens, halted } from './decoder'
import { logSoftmax } from './sampling'

/** Rows of a session: their prompts come first in their tokens. */
export interface SessionRows extends CachedRows {
  readonly promptLengths: ReadonlyArray<number>
}

/** What stands behind each session of this process. */
const inside = new WeakMap<DecodingSession, SessionRows>()

/** The rows and the cache of a session; left where another model made it. */
export const rowsOf = (from: DecodingSession): E.Either<LmError, SessionRows> =>
  E.fromNullable(
    badInput('BadOption', 'the session was not opened by a decoder of this process', {
      remedy: 'give sessions of the model itself',
    }),
  )(inside.get(from))

/** @param rows their cache is the session's own: its `dispose` frees it */
export const session = (decoder: Decoder, context: CompletionContext, rows: SessionRows): DecodingSession => {
  const made = sessionOf(decoder, context, rows)
  inside.set(made, rows)
  return made
}

const sessionOf = (
  decoder: Decoder,
  context: CompletionContext,
  { cache, tokens, promptLengths }: SessionRows,
): DecodingSession => ({
  tokens,
  promptLengths,
  logProbs: attempt(async () => {
    const { logits } = cache
    if (logits === undefined) return []
    const all = await logits.data()
    const vocab = decoder.weights.config.vocabSize
    return tokens.map((_, i) => logSoftmax(Float32Array.from(all.subarray(i * vocab, (i + 1) * vocab))))
  }),
  edit: (edits) =>
    pipe(
      TE.fromEither(checkEdits(decoder, tokens, edits)),
      TE.chain((checked) =>
        attempt(() => {
          const grown = growCache(decoder.weights, decoder.adaptation, cache, checked)
          const edited = tokens.map((row, i) => [
            ...row.slice(0, checked[i]?.keep),
            ...(checked[i]?.tokens ?? []),
          ])
          return session(decoder, context, { cache: grown, tokens: edited, promptLengths })
        }),
      ),
    ),
  select: (rows) =>
    rows.some((n) => tokens[n] === undefined)
      ? TE.left(
          badInput('BadOption', `selects a row that the session of ${tokens.length} rows does not have`),
        )
      : attempt(() =>
          session(decoder, context, {
            cache: selectCache(cache, rows),
            tokens: rows.map((n) => tokens[n] ?? []),
            promptLengths: rows.map((n) => promptLengths[n] ?? 0),
          }),
        ),
  complete: (options, rows) =>
    pipe(
      attempt(() => completeRows(context, { cache, tokens }, options, rows)),
      TE.chainFirst(() => halted(decoder.signal)),
    ),
  dispose: () => disposeCache(cache),
})

/** A row that loses tokens and gains none must read its last one again: its logits are not kept. */
const checkEdits = (
  decoder: Decoder,
  tokens: ReadonlyArray<ReadonlyArray<number>>,
  edits: ReadonlyArray<RowEdit>,
): E.Either<LmError, ReadonlyArray<RowEdit>> =>
  edits.length !== tokens.length
    ? E.left(badInput('BadOption', `edits ${edits.length} rows, the session has ${tokens.length}`))
    : pipe(
        edits,
        E.traverseArrayWithIndex((n, { keep, tokens: added }) => {
          const row = tokens[n] ?? []
          const kept = Math.max(0, Math.min(keep, row.length))
          if (added.length === 0 && kept === row.length) return E.right({ keep: kept, tokens: [] })
          const reread = added.length === 0 ? row.slice(Math.max(0, kept - 1), kept) : added
          return pipe(
            checkTokens(decoder.weights.config.vocabSize, reread),
            E.map((checked) => ({ keep: reread === added ? kept : kept - 1, tokens: checked })),
          )
        }),
      )
