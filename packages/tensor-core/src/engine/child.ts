/**
 * Runs a module of this package in a child process, from sources or from the build; the message it sends is the result. An engine's
 * library may crash the process that loads it, and one process cannot load two of them.
 */
import { fork } from 'node:child_process'
import * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'
import { childOptions } from '../files/childOptions'

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  /** Receives what the child writes on standard error, as it is written. */
  readonly stderr?: (chunk: string) => void
}

/**
 * The last message that the module sent.
 * @returns left the last line of its standard error, or how it ended, if it sent none.
 */
export const askChild =
  (file: string, args: ReadonlyArray<string>, options: ChildOptions = {}): TE.TaskEither<string, unknown> =>
  () =>
    new Promise((resolve) => {
      const child = fork(file, args, {
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        execArgv: [...childOptions(file)],
        env: { ...process.env, ...options.env },
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      })
      const errors: string[] = []
      const received: { message?: unknown } = {}
      child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
        errors.push(chunk)
        options.stderr?.(chunk)
      })
      child.on('message', (message) => (received.message = message))
      child.on('error', (cause) => resolve(E.left(cause.message)))
      child.on('close', (code, signal) => {
        const last = errors.join('').trim().split('\n').at(-1) ?? ''
        resolve(
          code === 0 && received.message !== undefined
            ? E.right(received.message)
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
