/** Expert and anti-expert as one reader: what the one knows that the other does not. Both read every token. */
import type { LmError, RowEdit } from '@safe/tensor-core/contracts'
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { editTowards } from '../mixing/anchorReading'
import type { Reader, ReadingSession } from '../mixing/reading'
import { logRatio } from './proxyTuningMix'

/** Both, or neither: where the second fails, the first is freed. */
const both = (
  first: TE.TaskEither<LmError, ReadingSession>,
  second: TE.TaskEither<LmError, ReadingSession>,
): TE.TaskEither<LmError, ReadingSession> =>
  pipe(
    first,
    TE.chain((expert) =>
      pipe(
        second,
        TE.tapError(() => TE.fromIO(expert.dispose)),
        TE.map((anti) => contrasted(expert, anti)),
      ),
    ),
  )

/** The edit of the anti-expert's row that gives it the completion that this edit gives the expert's. */
const following = (expert: ReadingSession, anti: ReadingSession, edit: RowEdit, row: number): RowEdit => {
  const wanted = [...(expert.tokens[row] ?? []).slice(0, edit.keep), ...edit.tokens]
  const held = anti.tokens[row] ?? []
  return editTowards(held, [
    ...held.slice(0, anti.promptLengths[row]),
    ...wanted.slice(expert.promptLengths[row]),
  ])
}

const contrasted = (expert: ReadingSession, anti: ReadingSession): ReadingSession => ({
  tokens: expert.tokens,
  promptLengths: expert.promptLengths,
  logProbs: pipe(
    expert.logProbs,
    TE.chain((theirs) =>
      pipe(
        anti.logProbs,
        TE.map((others) => RA.zipWith(theirs, others, logRatio)),
      ),
    ),
  ),
  // Each model reads the prompt under its own template, so the rows begin differently: the completion is what they share.
  edit: (edits) =>
    both(expert.edit(edits), anti.edit(edits.map((edit, i) => following(expert, anti, edit, i)))),
  select: (rows) => both(expert.select(rows), anti.select(rows)),
  dispose: () => {
    expert.dispose()
    anti.dispose()
  },
})

/** Its "log-probabilities" are log-ratios, up to a constant per row. */
export const contrastOf = (expert: Reader, anti: Reader): Reader => ({
  open: (prompts) => both(expert.open(prompts), anti.open(prompts)),
})
