/** An experiment's folder: what decides it stands in `run.json`, and the same command continues there; another one is refused. */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Dataset, type Fault, badInput, causeLine, failure } from '@safe/tensor-core/contracts'
import { type OutputChoice, decodeAs, readJson, refuseExisting, writeWhole } from '@safe/tensor-core/files'
import { Outcomes } from '../../measure/outcomes'
import { type RunOptions, rowsHash, sameOptions } from '../selectionRecord'

// what decides -----------------------------------------------------------------------------------

/** What does not decide the results of an experiment. */
const free = new Set(['out', 'overwrite', 'resume', 'checkpointEvery', 'json', 'quiet', 'config'])

/** The options that decide, those that name files by the contents of these. */
export const experimentOptions = (
  values: Readonly<Record<string, unknown>>,
  contents: Readonly<Record<string, string | undefined>>,
): RunOptions =>
  Object.fromEntries(
    Object.entries({
      ...values,
      ...Object.fromEntries(
        Object.entries(contents).map(([name, hash]) => [
          name,
          hash === undefined ? undefined : { contents: hash },
        ]),
      ),
    }).filter(([name]) => !free.has(name)),
  )

/** One hash of the rows of several files. */
export const rowsOf = (sets: ReadonlyArray<Dataset>): string => sets.map(rowsHash).join(' ')

// the folder -------------------------------------------------------------------------------------

const RunRecord = t.record(t.string, t.unknown, "a run's options")
const recordIn = (out: string): string => join(out, 'run.json')

const removed = (out: string): TE.TaskEither<Fault, void> =>
  TE.tryCatch(
    () => rm(out, { recursive: true, force: true }),
    (cause) => failure('WriteFailed', causeLine(cause), { where: out }),
  )

const continues = (out: string, now: RunOptions): TE.TaskEither<Fault, void> =>
  pipe(
    existsSync(recordIn(out))
      ? readJson(recordIn(out))
      : TE.left<Fault, unknown>(
          badInput('OutputExists', 'holds no run.json of an earlier run', {
            where: out,
            remedy: 'give another path, or `overwrite`',
          }),
        ),
    TE.chainEitherKW(decodeAs('FileDamaged')(RunRecord, recordIn(out))),
    TE.chainEitherKW((earlier) => sameOptions(out, earlier, now, 'BadOption')),
  )

/** Makes the folder ready: new, emptied with `overwrite`, or, with `resume`, one of the same options. */
export const experimentFolder = (
  out: string,
  choice: OutputChoice,
  options: RunOptions,
): TE.TaskEither<Fault, void> =>
  pipe(
    TE.fromEither(refuseExisting(out, choice, 'folder')),
    TE.chainW((): TE.TaskEither<Fault, void> =>
      existsSync(out)
        ? choice.resume === true
          ? continues(out, options)
          : removed(out)
        : TE.right(undefined),
    ),
    TE.chainW(() => writeWhole(recordIn(out), `${JSON.stringify(options, null, 2)}\n`)),
  )

// outcomes ---------------------------------------------------------------------------------------

/** Outcomes kept in a file: read where they are there, else measured and written. */
export const keptOutcomes = (
  path: string,
  measure: TE.TaskEither<Fault, Outcomes>,
): TE.TaskEither<Fault, Outcomes> =>
  existsSync(path)
    ? pipe(readJson(path), TE.chainEitherKW(decodeAs('FileDamaged')(Outcomes, path)))
    : pipe(
        measure,
        TE.chainFirstW((outcomes) => writeWhole(path, `${JSON.stringify(outcomes)}\n`)),
      )
