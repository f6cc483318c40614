/**
 * Sessions that grow by many tokens at once. The scores of attention take rows x new tokens x all tokens numbers per head, so that long
 * prompts are read in chunks.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type DecodingSession, type LmError, type Steps, tokenPrompt } from '../../contracts'

// model ------------------------------------------------------------------------------------------

type Rows = ReadonlyArray<ReadonlyArray<number>>

/** A session that is replaced as it grows; the last one is freed. */
export interface HeldSession {
  session: DecodingSession
}

/** A session with the beginnings of its rows, and the tokens it does not hold yet. */
export interface Opened {
  readonly session: DecodingSession
  readonly rest: Rows
}

// growing ----------------------------------------------------------------------------------------

/** Most numbers in the scores of one head: 32 MiB. */
const mostScores = 1 << 23

/** Tokens of each row read at once. @param longest tokens of the longest row when all are read */
const chunkOf = (rows: number, longest: number): number =>
  Math.max(16, Math.floor(mostScores / Math.max(1, rows * longest)))

const longestOf = (rows: Rows): number => rows.reduce((most, row) => Math.max(most, row.length), 0)

/** Gives the session tokens at the end of each of its rows. */
export const grown = (held: HeldSession, pending: Rows): TE.TaskEither<LmError, void> => {
  if (longestOf(pending) === 0) return TE.right(undefined)
  const { tokens } = held.session
  const chunk = chunkOf(pending.length, longestOf(tokens) + longestOf(pending))
  return pipe(
    held.session.edit(
      pending.map((row, i) => ({ keep: tokens[i]?.length ?? 0, tokens: row.slice(0, chunk) })),
    ),
    TE.map((next) => {
      held.session.dispose()
      held.session = next
    }),
    TE.chain(() =>
      grown(
        held,
        pending.map((row) => row.slice(chunk)),
      ),
    ),
  )
}

// opening ----------------------------------------------------------------------------------------

/** A session with the first chunk of each row. */
export const opened = (model: Pick<Steps, 'open'>, rows: Rows): TE.TaskEither<LmError, Opened> => {
  const chunk = chunkOf(rows.length, longestOf(rows))
  return pipe(
    model.open(rows.map((row) => tokenPrompt(row.slice(0, chunk)))),
    TE.map((session) => ({ session, rest: rows.map((row) => row.slice(chunk)) })),
  )
}

/** Uses a session that may be replaced while it is used, and frees the last one whatever came of it. */
export const withSession = <E, A>(
  session: DecodingSession,
  use: (held: HeldSession) => TE.TaskEither<E, A>,
): TE.TaskEither<E, A> =>
  TE.bracket(
    TE.fromIO((): HeldSession => ({ session })),
    use,
    (held) => TE.fromIO(() => held.session.dispose()),
  )
