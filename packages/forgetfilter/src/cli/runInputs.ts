/** What `forgetfilter run` reads, before anything is trained. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Terminal } from '@safe/tensor-core/cli'
import { type Dataset, type Fault, responseText } from '@safe/tensor-core/contracts'
import { readDataset } from '@safe/tensor-core/formats'
import { type WithCanaries, mixedWith, noCanaries } from '../canaryRows'
import type { Named } from '../rates/rates'
import type { LabelRow } from '../rates/records'
import { type Source, readSource } from '../source'
import { labelsFor } from './labels'
import { warnOfCanaries, warnOfScripts } from './rowWarnings'
import type { RunValues } from './runOptions'

// model ------------------------------------------------------------------------------------------

/** The rows of all files. */
export interface RunInputs {
  readonly noisy: Dataset
  /** The text of the noisy rows. */
  readonly source: Source
  readonly safe: Dataset
  readonly labels: Named<LabelRow> | undefined
  /** The noisy rows with the canaries. */
  readonly rows: WithCanaries
}

// reading ----------------------------------------------------------------------------------------

const withCanariesOf = (
  path: string | undefined,
  noisy: Dataset,
  terminal: Terminal,
): TE.TaskEither<Fault, WithCanaries> =>
  path === undefined
    ? TE.right(noCanaries(noisy))
    : pipe(
        readDataset(path),
        TE.chainFirstIOK((canaries) => warnOfCanaries(terminal, noisy, canaries)),
        TE.map((canaries) => mixedWith(noisy, canaries)),
      )

/** Reads all files; says what is unusual about their rows. */
export const readRunInputs = (v: RunValues, terminal: Terminal): TE.TaskEither<Fault, RunInputs> =>
  pipe(
    TE.Do,
    TE.apSW('noisy', readDataset(v.noisy)),
    TE.apSW('source', readSource(v.noisy)),
    TE.apSW('safe', readDataset(v.safe)),
    TE.bindW('labels', ({ noisy }) => labelsFor(v.labels, noisy)),
    TE.bindW('rows', ({ noisy }) => withCanariesOf(v.canaries, noisy, terminal)),
    TE.chainFirstIOK(({ noisy }) =>
      warnOfScripts(
        terminal,
        v.signal,
        v.reference,
        noisy.examples.map(({ response }) => responseText(response)),
      ),
    ),
  )
