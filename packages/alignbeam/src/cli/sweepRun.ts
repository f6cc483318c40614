/** Every setting of a sweep answers every row once, one setting after the other. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Progress, stopping } from '@safe/tensor-core/cli'
import type { Fault } from '@safe/tensor-core/contracts'
import type { Setting } from '../sweep/grid'
import type { Answered } from '../sweep/results'
import { generationOf } from './generateOptions'
import { type SweepRun, answererOf, sweepStopped } from './sweepAnswering'
import { unlessStopped } from './unlessStopped'
import { generateValuesOf } from './sweepOptions'
import { type Told, answeredSetting } from './sweepSetting'

// progress ---------------------------------------------------------------------------------------

/** The time left is told by the rows made now: those of an earlier run took none. */
const toldBy = (progress: Progress, total: number): Told => {
  const state = { left: total, made: 0, started: performance.now() }
  return {
    kept: (rows) => {
      state.left -= rows
      if (rows > 0) progress.tick(rows)
    },
    made: (rows, note) => {
      state.left -= rows
      state.made += rows
      progress.tick(rows, note, ((performance.now() - state.started) / 1000 / state.made) * state.left)
    },
  }
}

// all settings -----------------------------------------------------------------------------------

/** One prompt answered and forgotten: what engines do once, at their first call, is not part of a setting's time. */
const warmedUp = (run: SweepRun, settings: ReadonlyArray<Setting>): TE.TaskEither<Fault, void> => {
  const [setting, row] = [settings.at(-1), run.rows[0]]
  return setting === undefined || row === undefined
    ? TE.right(undefined)
    : pipe(
        TE.fromEither(answererOf(run, setting)),
        TE.chain((answer) =>
          answer([{ prompt: row.example.prompt, stream: 0 }], {
            ...generationOf(generateValuesOf(run.values, setting), run.context.common.seed),
            maxNewTokens: Math.min(run.values.maxNewTokens, (setting.bridgeTokens ?? 0) + 1),
          }),
        ),
        unlessStopped(run.context, sweepStopped),
        TE.map(() => undefined),
      )
}

/** The outcomes of all settings, in their order. */
export const answeredSettings = (
  run: SweepRun,
  settings: ReadonlyArray<Setting>,
): TE.TaskEither<Fault, ReadonlyArray<Answered>> => {
  const total = settings.length * run.rows.length
  return pipe(
    warmedUp(run, settings),
    TE.chain(() => {
      const progress = run.context.progress('sweep', total)
      return pipe(
        settings,
        TE.traverseSeqArray(answeredSetting(run, toldBy(progress, total))),
        stopping(() => progress),
      )
    }),
  )
}
