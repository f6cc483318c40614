/** Rows of several sessions decoded as one batch: joined, stepped with options of their own, and opened after an earlier prompt. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Batches,
  type ChosenToken,
  type DecodingSession,
  type LmError,
  type TokenChoice,
  badInput,
} from '../../contracts'
import { largestLogits } from '../../engine'
import { joinCaches } from '../decoder/cache'
import type { CompletionContext } from './complete'
import { type Decoder, attempt } from './decoder'
import { chooseToken, isPlainGreedy, logSoftmax, topLogProbs } from './sampling'
import { type SessionRows, rowsOf, session } from './session'

// choosing ---------------------------------------------------------------------------------------

const plainGreedy = (row: TokenChoice): boolean => isPlainGreedy(row) && row.logProbs === undefined

/** The next token of each row. Where all are plainly greedy only the ids leave the device. */
const chosenTokens = async (
  { cache, tokens }: SessionRows,
  rows: ReadonlyArray<TokenChoice>,
): Promise<ReadonlyArray<ChosenToken>> => {
  const { logits } = cache
  if (logits === undefined) return []
  if (rows.every(plainGreedy)) {
    const best = largestLogits(logits)
    const ids = await best.data()
    best.dispose()
    return rows.map((_, i) => ({ id: ids[i] ?? 0 }))
  }
  const vocab = logits.shape[1] ?? 0
  const all = await logits.data<'float32'>()
  return rows.map((row, i) => {
    const own = all.subarray(i * vocab, (i + 1) * vocab)
    const id = chooseToken(own, tokens[i] ?? [], row, { uniform: row.draw })
    if (row.logProbs === undefined) return { id }
    const logProbs = logSoftmax(own)
    return {
      id,
      logProbs: {
        chosen: { id, logProb: logProbs[id] ?? -Infinity },
        top: topLogProbs(logProbs, row.logProbs),
      },
    }
  })
}

// sessions ---------------------------------------------------------------------------------------

/** The batching of one decoder; it takes sessions of that decoder only. */
export const batching = (
  decoder: Decoder,
  context: CompletionContext,
): Pick<Batches, 'join' | 'choose' | 'reopen'> => {
  const insides = (
    sessions: ReadonlyArray<DecodingSession>,
  ): TE.TaskEither<LmError, ReadonlyArray<SessionRows>> =>
    TE.fromEither(pipe(sessions, E.traverseArray(rowsOf)))
  return {
    join: (sessions) =>
      pipe(
        insides(sessions),
        TE.chain((parts) =>
          attempt(() =>
            session(decoder, context, {
              cache: joinCaches(parts.map(({ cache }) => cache)),
              tokens: parts.flatMap(({ tokens }) => tokens),
              promptLengths: parts.flatMap(({ promptLengths }) => promptLengths),
            }),
          ),
        ),
      ),
    choose: (from, rows) =>
      pipe(
        TE.fromEither(rowsOf(from)),
        TE.filterOrElse(
          ({ tokens }) => tokens.length === rows.length,
          ({ tokens }): LmError =>
            badInput('BadOption', `chooses for ${rows.length} rows, the session has ${tokens.length}`),
        ),
        TE.chain((held) => attempt(() => chosenTokens(held, rows))),
      ),
    reopen: (from, edits) =>
      pipe(
        from.edit(edits),
        TE.chain((edited) =>
          pipe(
            TE.fromEither(rowsOf(edited)),
            TE.map((rows) =>
              session(decoder, context, { ...rows, promptLengths: rows.tokens.map((row) => row.length) }),
            ),
          ),
        ),
      ),
  }
}
