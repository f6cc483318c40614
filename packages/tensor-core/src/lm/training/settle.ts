/** A run's result into its folder, beside the checkpoints until it is whole. */
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { FormatError, LmError } from '../../contracts'
import { makeFolder, writeError } from '../../files'
import { removeCheckpoints } from './checkpoint'
import { recordPart } from './record'
import type { TrainingRun } from './request'

const attempt = <A>(where: string, work: () => Promise<A> | A): TE.TaskEither<FormatError, A> =>
  TE.tryCatch(async () => work(), writeError(where))

/** Moves the parts of a finished folder into `out`, which may hold checkpoints; the weights come last. */
export const settle = (
  out: string,
  parts: ReadonlyArray<string>,
  write: (folder: string) => TE.TaskEither<FormatError, void>,
): TE.TaskEither<FormatError, void> => {
  const folder = join(out, 'finished')
  return pipe(
    attempt(out, () => makeFolder(out)),
    TE.chain(() => write(folder)),
    TE.chain(() =>
      attempt(out, async () => {
        for (const part of parts)
          if (existsSync(join(folder, part))) await rename(join(folder, part), join(out, part))
        await rm(folder, { recursive: true, force: true })
      }),
    ),
    TE.chain(() => removeCheckpoints(out)),
  )
}

/** What an earlier run left in `out` is not this run's result: a run that starts anew removes it before its first step. */
export const startAnew = ({ out, resume }: TrainingRun, weights: string): TE.TaskEither<LmError, void> =>
  out === undefined || resume === true
    ? TE.right(undefined)
    : pipe(
        attempt(out, async () => {
          // A place that cannot be written to is reported now, not after the last step.
          makeFolder(dirname(out))
          for (const part of [weights, recordPart]) await rm(join(out, part), { force: true })
        }),
        TE.chain(() => removeCheckpoints(out)),
      )
