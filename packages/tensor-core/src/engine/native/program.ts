/** Running another program as a value: its output, or its error output if it failed. */
import { spawn } from 'node:child_process'
import * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'

// model ------------------------------------------------------------------------------------------

export type ProgramFailure =
  | { readonly kind: 'absent' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly code: number | null; readonly output: string }

export interface ProgramOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly signal?: AbortSignal
}

// running ----------------------------------------------------------------------------------------

/** The last lines of an output that are not empty, as one line. */
const lastLines = (text: string, count: number): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(-count)
    .join(' | ')

/** Runs a program without a shell. @returns its standard output. */
export const runProgram =
  (
    program: string,
    args: ReadonlyArray<string>,
    options: ProgramOptions = {},
  ): TE.TaskEither<ProgramFailure, string> =>
  () =>
    new Promise((resolve) => {
      const child = spawn(program, args, {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, ...options.env },
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      })
      const out: string[] = []
      const err: string[] = []
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => out.push(chunk))
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => err.push(chunk))
      child.on('error', (cause) =>
        resolve(
          E.left(
            options.signal?.aborted === true
              ? { kind: 'stopped' }
              : 'code' in cause && cause.code === 'ENOENT'
                ? { kind: 'absent' }
                : { kind: 'failed', code: null, output: cause.message },
          ),
        ),
      )
      child.on('close', (code) =>
        resolve(
          code === 0
            ? E.right(out.join(''))
            : E.left({ kind: 'failed', code, output: lastLines(`${out.join('')}\n${err.join('')}`, 4) }),
        ),
      )
    })
