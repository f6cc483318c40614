/**
 * Whether a built engine computes: loaded in a process of its own, because a library that does not fit this machine ends the
 * process that loads it. The child multiplies two matrices and compares with float64.
 */
import { extname, join } from 'node:path'
import { fork } from 'node:child_process'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type EngineError, failure } from '../../contracts'
import type { Variant } from './home'

// model ------------------------------------------------------------------------------------------

const findingsCodec = t.intersection([
  t.type({
    tensorflow: t.string,
    device: t.string,
    gpu: t.boolean,
    /** Largest error of a 256 x 256 product, relative to its largest entry, against float64. */
    error: t.number,
    gflops: t.number,
  }),
  t.partial({ warning: t.string }),
])
export type Findings = t.TypeOf<typeof findingsCodec>

/** Above this the engine computes something else: float32 leaves 1e-6 at this size. */
export const tolerance = 1e-4

// checking ---------------------------------------------------------------------------------------

const checkFailed = (message: string): EngineError =>
  failure('EngineBuildFailed', `the built engine does not run: ${message}`, {
    remedy: 'SAFE_ENGINE_LOG=1 shows what TensorFlow says; engine clean removes what was built',
  })

const childFile = join(__dirname, `check-child${extname(__filename)}`)

/** Runs the check on a built folder. */
export const checkEngine = (variant: Variant, folder: string): TE.TaskEither<EngineError, Findings> =>
  pipe(
    () =>
      new Promise<E.Either<EngineError, unknown>>((resolve) => {
        const child = fork(childFile, [variant, folder], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
        const said: string[] = []
        const answer: { message?: unknown } = {}
        child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
          said.push(chunk)
          if (process.env['SAFE_ENGINE_LOG'] === '1') process.stderr.write(chunk)
        })
        child.on('message', (message) => (answer.message = message))
        child.on('error', (cause) => resolve(E.left(checkFailed(cause.message))))
        child.on('close', (code, signal) =>
          resolve(
            code === 0 && answer.message !== undefined
              ? E.right(answer.message)
              : E.left(
                  checkFailed(
                    said.join('').trim().split('\n').at(-1) ||
                      (signal === null ? `it ended with code ${String(code)}` : `it was ended by ${signal}`),
                  ),
                ),
          ),
        )
      }),
    TE.chainEitherK((message) =>
      pipe(
        findingsCodec.decode(message),
        E.mapLeft(() => checkFailed('its answer is not readable')),
      ),
    ),
    TE.filterOrElse(
      (found) => found.error <= tolerance,
      (found) => checkFailed(`a product is wrong by ${found.error}`),
    ),
  )
