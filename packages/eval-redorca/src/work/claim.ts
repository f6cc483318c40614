/** One process writes into a results folder at a time: a run, or one that judges its samples again. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, badInput, causeLine, failure } from '@safe/tensor-core/contracts'
import { makeFolder } from '@safe/tensor-core/files'
import { takeLock } from './workStore'

const claimed = (out: string): TE.TaskEither<Fault, string> => {
  const lock = join(out, '.running')
  return pipe(
    TE.tryCatch(
      async () => {
        makeFolder(out)
        // The first try may only have removed the lock of a dead run.
        return (await takeLock(lock)) || (await takeLock(lock))
      },
      (cause): Fault => failure('WriteFailed', causeLine(cause), { where: out }),
    ),
    TE.filterOrElse(
      (taken) => taken,
      (): Fault =>
        badInput('OutputBusy', 'another run is writing there', {
          where: out,
          remedy: 'wait for it, or give another folder',
        }),
    ),
    TE.map(() => lock),
  )
}

/** Does work while no other process writes into the folder. @returns left `OutputBusy` where another one does */
export const claiming = <A>(out: string, work: TE.TaskEither<Fault, A>): TE.TaskEither<Fault, A> =>
  TE.bracket(
    claimed(out),
    () => work,
    (lock) => TE.fromTask(() => rm(lock, { force: true })),
  )
