/** Rows that one model decodes alone, together in one session. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Batches, DecodingSession, LmError } from '@safe/tensor-core/contracts'
import { disposing } from '../../mixing/bridging'
import { type Row, afterChosen } from './row'

// model ------------------------------------------------------------------------------------------

/** Rows of a session, in its order. Rows that have ended may still be there. */
export interface Group {
  readonly session: DecodingSession
  readonly rows: ReadonlyArray<Row>
}

/** A step's outcome: the rows that took it, and the group that is left. */
export interface Stepped<G> {
  readonly rows: ReadonlyArray<Row>
  readonly group: G | undefined
}

/** Ended rows stay until they are this share of the group: dropping rows copies the cache. */
const DROP_SHARE = 0.125

// combinators ------------------------------------------------------------------------------------

/** Both groups in one; the sessions of the parts are freed. */
export const joinedGroups = (
  model: Batches,
  parts: ReadonlyArray<Group | undefined>,
): TE.TaskEither<LmError, Group | undefined> => {
  const groups = parts.flatMap((group) => (group === undefined ? [] : [group]))
  return groups.length < 2
    ? TE.right(groups[0])
    : pipe(
        disposing(
          { dispose: () => groups.forEach(({ session }) => session.dispose()) },
          model.join(groups.map(({ session }) => session)),
        ),
        TE.map((session) => ({ session, rows: groups.flatMap(({ rows }) => rows) })),
      )
}

/** Copies of the rows that `keeps` in a session of their own; the group is left as it is. */
export const copiedRows = (
  { session, rows }: Group,
  keeps: (row: Row) => boolean,
): TE.TaskEither<LmError, Group | undefined> => {
  const places = rows.flatMap((row, place) => (keeps(row) ? [place] : []))
  return places.length === 0
    ? TE.right(undefined)
    : pipe(
        session.select(places),
        TE.map((own) => ({ session: own, rows: places.flatMap((place) => rows[place] ?? []) })),
      )
}

/** The rows that `keeps`; the group's session is freed where it is not the result's. */
export const keptRows = (
  group: Group,
  keeps: (row: Row) => boolean,
): TE.TaskEither<LmError, Group | undefined> =>
  group.rows.every(keeps) ? TE.right(group) : disposing(group.session, copiedRows(group, keeps))

/** Whether a row takes further tokens. */
export const running = ({ finish }: Row): boolean => finish === undefined

/** Appends the last token of each row that runs. The group's session is freed. */
export const appended = ({ session, rows }: Group): TE.TaskEither<LmError, Group> =>
  pipe(
    disposing(
      session,
      session.edit(
        rows.map((row, i) => ({
          keep: session.tokens[i]?.length ?? 0,
          tokens: running(row) ? row.tokens.slice(-1) : [],
        })),
      ),
    ),
    TE.map((next) => ({ session: next, rows })),
  )

/** One token for each row that runs, chosen by the row's own options. */
export const stepGroup = (model: Batches, group: Group): TE.TaskEither<LmError, Stepped<Group>> =>
  pipe(
    model.choose(
      group.session,
      group.rows.map((row) => (running(row) ? row.choice : { ...row.choice, temperature: 0, draw: () => 0 })),
    ),
    TE.tapError(() => TE.fromIO(group.session.dispose)),
    TE.chain((chosen) => {
      const moved = group.rows.map((row, i) => {
        const token = chosen[i]
        return running(row) && token !== undefined ? afterChosen(row, token) : row
      })
      const ended = moved.filter((row) => !running(row)).length
      const next = { session: group.session, rows: moved }
      const drops = ended === moved.length || ended >= moved.length * DROP_SHARE
      return pipe(
        drops ? keptRows(next, running) : TE.right<LmError, Group | undefined>(next),
        TE.chain((kept) =>
          kept === undefined ? TE.right<LmError, Group | undefined>(undefined) : appended(kept),
        ),
        TE.map((left) => ({ rows: moved.filter((row, i) => row !== group.rows[i]), group: left })),
      )
    }),
  )
