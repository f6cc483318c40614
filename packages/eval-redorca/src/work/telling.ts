/** What a run says before its first job: how many cells there are, and what they will take. */
import { freemem } from 'node:os'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Bench } from '../plan/bench'
import type { Cell } from '../plan/cells'
import { expectedParts } from '../plan/expected'
import { isTrainedHere, isUnattacked } from '../plan/factors'
import type { Job } from '../plan/plan'
import { isSwept } from '../plan/strengths'
import { alignedFolders } from '../suite/suite'
import { expectationLine, memoryLine } from './expectation'
import { isTimed } from './ratesOf'
import type { RunSettings } from './runSettings'

// constructors -----------------------------------------------------------------------------------

/** What follows the first round, in the line that a run begins with. */
export const laterWords = ({ paths }: Pick<Bench, 'paths'>, later: ReadonlyArray<Cell>): string => {
  const combined = later.filter(({ factors }) => isUnattacked(factors)).length
  const attacked = later.length - combined
  const parts = [
    ...(combined === 0 ? [] : [`${combined} of combinations`]),
    ...(attacked === 0 ? [] : [`${attacked} under attackers`]),
  ]
  return parts.length === 0
    ? ''
    : `; then ${parts.join(' and ')}${isSwept(paths) ? ' at the strengths selected on validation items' : ''}`
}

/** Whether a job stands for an adapter that was given, and so does nothing. */
const isGiven = ({ hashes }: Bench, { kind, factors }: Job): boolean =>
  kind === 'adapter' && hashes.adapters[factors.regime] !== undefined && !isTrainedHere(factors)

/** Tells what a run will take, where that was timed; once, before its first job. */
export const telling = (
  { config, terminal }: RunSettings,
  bench: Bench,
  modelBytes: number,
): ((jobs: ReadonlyArray<Job>, workers: number) => Promise<void>) => {
  const state = { told: !isTimed(modelBytes) }
  return async (jobs, workers) => {
    if (state.told) return
    state.told = true
    const parts = expectedParts(jobs.filter((job) => !isGiven(bench, job)))
    terminal.note(expectationLine(parts, workers))
    // Where only models and adapters that are there are evaluated, nothing is fine-tuned.
    if (parts.every(({ kind }) => kind === 'cell')) return
    const needed = await pipe(
      alignedFolders(bench.suite),
      TE.traverseSeqArray((folder) =>
        bench.ports.fineTuningBytes(folder, { dtype: config.dtype, ...config.recipe }),
      ),
    )()
    if (E.isRight(needed)) terminal.note(memoryLine(Math.max(...needed.right), freemem()))
  }
}
