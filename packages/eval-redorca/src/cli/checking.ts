/** The common part of `check` and `gate`: measures one model, or one adapter of it, on a suite, into a results folder of one cell. */
import { readFileSync } from 'node:fs'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { parse } from 'yaml'
import { type Context, type Outcome, optional, text } from '@safe/tensor-core/cli'
import { type Fault, badInput, causeLine } from '@safe/tensor-core/contracts'
import { type Checking, checkDocument } from '../config/checkConfig'
import type { BenchConfig } from '../config/config'
import { folderPlace } from '../store'
import { configOptions } from './configOptions'
import type { FolderChoice } from './prepared'
import { redactOption } from './redactOption'
import { type ShowResults, configOf, runBench } from './runBench'

// model ------------------------------------------------------------------------------------------

/** What is measured, how, and where its results are kept. */
export interface Measuring extends FolderChoice {
  readonly checking: Checking
  /** YAML or JSON with a suite, a configuration of a benchmark, or the word `arena`. */
  readonly suite: string
  readonly batchSize: unknown
  readonly workers: unknown
  readonly printConfig: boolean
  readonly redact: boolean
  /** What the configuration must meet before anything is measured. */
  readonly accepts?: (config: BenchConfig) => E.Either<Fault, void>
}

/** Options of measuring that `check` and `gate` share. */
export const measuringOptions = {
  template: optional(
    text('how prompts become tokens: chat, qa, none or a Jinja file (default: the suite’s)'),
  ),
  batchSize: configOptions.batchSize,
  workers: configOptions.workers,
  ...redactOption,
}

// parts ------------------------------------------------------------------------------------------

/** A suite that is not a file. */
const arenaWord = 'arena'

const readSuite = (path: string): E.Either<Fault, unknown> =>
  path === arenaWord
    ? E.right(arenaWord)
    : E.tryCatch(
        (): unknown => parse(readFileSync(path, 'utf8')),
        (cause): Fault =>
          badInput('BadConfig', causeLine(cause).replace(/:$/, ''), {
            where: path,
            remedy: 'give a YAML or JSON file with a suite, or arena',
          }),
      )

// running ----------------------------------------------------------------------------------------

/** Measures; a folder that holds a part of the same measurement is continued. @param shown what is made of the results */
export const measure = (
  { checking, suite, batchSize, workers, out, accepts = () => E.right(undefined), ...choice }: Measuring,
  context: Context,
  shown: ShowResults,
): TE.TaskEither<Fault, Outcome> =>
  pipe(
    TE.fromEither(readSuite(suite)),
    TE.chainEitherKW((document) => checkDocument(document, checking, suite)),
    TE.chainEitherKW((document) => configOf({ ...document, batchSize, workers }, context, suite)),
    TE.chainFirstEitherKW(accepts),
    TE.chain((config) =>
      runBench(config, { ...choice, place: folderPlace(out), live: false }, context, shown),
    ),
  )
