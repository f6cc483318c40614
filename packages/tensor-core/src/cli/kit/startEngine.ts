/** The engine a command runs on, said once on stderr. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Context } from './context'
import type { EngineError } from '../../contracts'
import { type EngineReport, selectEngine } from '../../engine'

/**
 * Selects the engine of `--engine`, and says on stderr which one it is. Left `EngineUnavailable` where it
 * cannot run.
 */
export const startEngine = (context: Context): TE.TaskEither<EngineError, EngineReport> =>
  pipe(
    selectEngine(context.common.engine),
    TE.map((report) => {
      if (report.warning !== undefined) context.warn(report.warning)
      context.note(`engine ${report.engine} on ${report.device}${report.gpu ? ' (GPU)' : ''}`)
      return report
    }),
  )
