/**
 * A module of ours run in a process of its own, from sources or from the build alike: what it sends is the answer. An engine's
 * library may end the process that loads it, and one process cannot load two of them.
 */
import { fork } from 'node:child_process'
import { extname } from 'node:path'
import * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  /** What the child writes on standard error, as it comes. */
  readonly stderr?: (chunk: string) => void
}

/** Sources need their loader, which a test runner's own process has not. */
const fromSources = (file: string): boolean =>
  extname(file) === '.ts' && !process.execArgv.some((argument) => argument.includes('tsx'))

/** The last message the module sent, or why there is none: the last line of its standard error. */
export const askChild =
  (file: string, args: ReadonlyArray<string>, options: ChildOptions = {}): TE.TaskEither<string, unknown> =>
  () =>
    new Promise((resolve) => {
      const child = fork(file, args, {
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        execArgv: fromSources(file) ? ['--conditions=@safe/source', '--import', 'tsx'] : process.execArgv,
        env: { ...process.env, ...options.env },
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      })
      const said: string[] = []
      const answer: { message?: unknown } = {}
      child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
        said.push(chunk)
        options.stderr?.(chunk)
      })
      child.on('message', (message) => (answer.message = message))
      child.on('error', (cause) => resolve(E.left(cause.message)))
      child.on('close', (code, signal) => {
        const last = said.join('').trim().split('\n').at(-1) ?? ''
        resolve(
          code === 0 && answer.message !== undefined
            ? E.right(answer.message)
            : E.left(
                last !== ''
                  ? last
                  : signal === null
                    ? `it ended with code ${String(code)}`
                    : `it was ended by ${signal}`,
              ),
        )
      })
    })
