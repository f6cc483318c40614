/**
 * Temporary files of a run that was killed while it wrote. Each file is written under a temporary name and renamed, so what is left
 * under one belongs to nobody; it is removed by the process that holds the folder, when it begins and when it ends.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { isLeftover, isSidecarLeftover, sidecarFolder } from '../results/ownNames'

// parts ------------------------------------------------------------------------------------------

const removeIn = (folder: string, isLeft: (name: string) => boolean): void => {
  if (existsSync(folder))
    readdirSync(folder)
      .filter(isLeft)
      .forEach((name) => rmSync(join(folder, name), { recursive: true, force: true }))
}

/** What cannot be removed stays: it is in nobody's way. */
const removeLeftovers = (out: string): void => {
  try {
    removeIn(out, isLeftover)
    removeIn(join(out, sidecarFolder), isSidecarLeftover)
  } catch {
    return
  }
}

// work -------------------------------------------------------------------------------------------

/** Does work in a results folder that this process holds, which has no temporary files of its own before and after it. */
export const tidied = <Err, A>(out: string, work: TE.TaskEither<Err, A>): TE.TaskEither<Err, A> => {
  const remove = (): void => removeLeftovers(out)
  return TE.bracket(
    TE.fromIO(() => {
      remove()
      // A second Ctrl-C ends the process at once.
      process.on('exit', remove)
    }),
    () => work,
    () =>
      TE.fromIO(() => {
        process.off('exit', remove)
        remove()
      }),
  )
}
