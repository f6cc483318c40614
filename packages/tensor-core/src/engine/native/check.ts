/**
 * Whether a built engine computes correctly. It is loaded in a child process, because a library that does not suit this machine
 * crashes the process that loads it. The child multiplies two matrices and compares with float64.
 */
import { extname, join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type EngineError, failure } from '../../contracts'
import { askChild } from '../child'
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

/** A larger error means that the engine is broken: the error of float32 is 1e-6 at this size. */
export const tolerance = 1e-4

// checking ---------------------------------------------------------------------------------------

const checkFailed = (message: string): EngineError =>
  failure('EngineBuildFailed', `the built engine does not run: ${message}`, {
    remedy: 'SAFE_ENGINE_LOG=1 shows the messages of TensorFlow; engine clean removes what was built',
  })

/** The module that checks, as source or compiled. */
const childFile = join(__dirname, `checkChild${extname(__filename)}`)

/** Runs the check on a built folder. */
export const checkEngine = (variant: Variant, folder: string): TE.TaskEither<EngineError, Findings> =>
  pipe(
    askChild(childFile, [variant, folder], {
      stderr: (chunk) => {
        if (process.env['SAFE_ENGINE_LOG'] === '1') process.stderr.write(chunk)
      },
    }),
    TE.mapLeft(checkFailed),
    TE.chainEitherK((message) =>
      pipe(
        findingsCodec.decode(message),
        E.mapLeft(() => checkFailed('its result is not readable')),
      ),
    ),
    TE.filterOrElse(
      (found) => found.error <= tolerance,
      (found) => checkFailed(`a product is wrong by ${found.error}`),
    ),
  )
