/** Work that does not begin once its run is stopped. */
import * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'
import { type LmError, interrupted } from '../contracts'

/** The work, or `Interrupted` where the signal is aborted when it would begin. */
export const unlessStopped =
  (signal: AbortSignal | undefined) =>
  <A>(work: TE.TaskEither<LmError, A>): TE.TaskEither<LmError, A> =>
  () =>
    signal?.aborted === true
      ? Promise.resolve(E.left(interrupted('Interrupted', 'stopped on request')))
      : work()
