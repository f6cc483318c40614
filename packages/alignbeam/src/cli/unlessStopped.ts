/** Work that a signal stops: what was cut short is not a result. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Context } from '@safe/tensor-core/cli'
import type { Fault } from '@safe/tensor-core/contracts'

/** The work's result, or a stop. @param stopped says how the work can be continued, which a model stopped in the middle does not know */
export const unlessStopped =
  ({ signal }: Pick<Context, 'signal'>, stopped: () => Fault) =>
  <A>(work: TE.TaskEither<Fault, A>): TE.TaskEither<Fault, A> =>
    pipe(
      TE.fromIO(() => signal.aborted),
      TE.chain((aborted) => (aborted ? TE.left(stopped()) : work)),
      TE.mapLeft((e): Fault => (e.kind === 'interrupted' ? stopped() : e)),
      TE.filterOrElse(() => !signal.aborted, stopped),
    )
