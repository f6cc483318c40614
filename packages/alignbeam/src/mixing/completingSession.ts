/** A session whose rows are completed in another way; its steps stay those of the model. */
import type { DecodingSession, Prompt } from '@safe/tensor-core/contracts'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'

/** How the rows of a session are completed. `prompts` are those that the rows were opened on, one per row. */
export type Completing = (
  session: DecodingSession,
  prompts: ReadonlyArray<Prompt>,
) => DecodingSession['complete']

/** `session` with this `complete`, as are the sessions that come from it by `edit` and `select`. */
export const completedBy = (
  completing: Completing,
  session: DecodingSession,
  prompts: ReadonlyArray<Prompt>,
): DecodingSession => ({
  ...session,
  edit: (edits) =>
    pipe(
      session.edit(edits),
      TE.map((next) => completedBy(completing, next, prompts)),
    ),
  select: (rows) =>
    pipe(
      session.select(rows),
      TE.map((next) =>
        completedBy(
          completing,
          next,
          rows.flatMap((row) => prompts[row] ?? []),
        ),
      ),
    ),
  complete: completing(session, prompts),
})
