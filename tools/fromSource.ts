/** Programs of this repository run from their sources, without a build. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as TE from 'fp-ts/TaskEither'
import { type Fault, causeLine, failure } from '@safe/tensor-core/contracts'

/** The folder of the repository. */
export const root = join(__dirname, '..')

/** Arguments of `node` for a program, by its path in the repository. */
export const fromSource = (program: string): ReadonlyArray<string> => [
  '--conditions=@safe/source',
  '--import',
  pathToFileURL(require.resolve('tsx')).href,
  join(root, program),
]

/**
 * Runs a method's command to its end, from sources. What it prints is dropped, its messages are shown.
 *
 * @param where what the run is for, in the message of a failure
 */
export const methodRan = (
  name: 'dualselect' | 'forgetfilter',
  args: ReadonlyArray<string>,
  where: string,
): TE.TaskEither<Fault, void> =>
  TE.tryCatch(
    () =>
      new Promise<void>((done, fail) => {
        const child = spawn(
          process.execPath,
          [...fromSource(`packages/${name}/src/bin/${name}.ts`), ...args],
          { stdio: ['ignore', 'ignore', 'inherit'] },
        )
        child.on('error', fail)
        child.on('close', (status) =>
          status === 0 ? done() : fail(new Error(`${name} ended with ${status ?? 'a signal'}`)),
        )
      }),
    (cause) => failure('StepFailed', causeLine(cause), { where, remedy: 'run the same command again' }),
  )
