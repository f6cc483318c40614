/** The common part of `quickstart` and `bench`: decode the configuration, show it or run it, write the report. */
import { existsSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as IO from 'fp-ts/IO'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { stringify } from 'yaml'
import { type Context, type Outcome, hubUseOf } from '@safe/tensor-core/cli'
import { type Fault, badInput, failure } from '@safe/tensor-core/contracts'
import { refuseExisting } from '@safe/tensor-core/files'
import { openBench } from '../plan/bench'
import { type BenchConfig, configDocument, isArena } from '../config/config'
import { decodeConfig } from '../config/configCodec'
import { cellName } from '../plan/factors'
import type { Results } from '../results/results'
import { localSuite } from '../work/localSuite'
import { ports } from '../work/lmPorts'
import { type Ran, run } from '../work/run'
import { headline, writeReport } from '../report'
import { showing } from './liveReport'

// model ------------------------------------------------------------------------------------------

export interface RunChoice {
  readonly out: string
  readonly printConfig: boolean
  readonly overwrite: boolean
  readonly resume: boolean
  /** Whether the report leaves out the text of answers that may do harm. */
  readonly redact: boolean
  /** Whether the report is opened in the browser at its first results. */
  readonly live: boolean
}

/** What is printed of the results of a run without failures, whose report is at this path. */
export type ShowResults = (results: Results, report: string) => Outcome

type Given = Readonly<Record<string, unknown>>

// parts ------------------------------------------------------------------------------------------

const defined = (given: Given): Given =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))

/** The complete configuration from a command's options. */
export const configOf = (
  given: Given,
  { common }: Context,
  where = common.config ?? 'the options',
): E.Either<Fault, BenchConfig> =>
  decodeConfig({ seeds: [common.seed], engine: common.engine, dtype: common.dtype, ...defined(given) }, where)

/** An existing results folder is continued or deleted on request, otherwise refused; a folder of anything else is always refused. */
const prepared = ({ out, overwrite, resume }: RunChoice): TE.TaskEither<Fault, void> => {
  const isResults = existsSync(join(out, 'config.yaml')) || existsSync(join(out, 'cells'))
  const isEmpty = !existsSync(out) || (!isResults && readdirSync(out).length === 0)
  if (isEmpty) return TE.right(undefined)
  if (!isResults)
    return TE.left(
      badInput('OutputExists', 'exists and is not a results folder', {
        where: out,
        remedy: 'give another --out',
      }),
    )
  return pipe(
    TE.fromEither(refuseExisting(out, { overwrite, resume }, 'folder')),
    TE.mapLeft((fault): Fault => ({
      ...fault,
      remedy: 'add --resume to continue, or --overwrite to start again',
    })),
    TE.chain(() =>
      overwrite
        ? TE.tryCatch(
            () => rm(out, { recursive: true }),
            (): Fault => failure('WriteFailed', 'cannot be removed', { where: out }),
          )
        : TE.right(undefined),
    ),
  )
}

/** How a run is continued; `quickstart` continues by default. */
const again = ({ resume, out }: RunChoice): string =>
  resume || !existsSync(join(out, 'config.yaml'))
    ? 'run the same command again'
    : 'run the same command again with --resume'

/** Failed cells are an error; the report contains the others. */
const outcomeOf =
  (report: string, choice: RunChoice, shown: ShowResults) =>
  ({ results, failed }: Ran): E.Either<Fault, Outcome> => {
    const [first] = results.failed
    const [job] = failed
    return first === undefined
      ? E.right(shown(results, report))
      : E.left({
          ...failure(
            'CellsFailed',
            `${results.failed.length} of ${results.cells.length + results.failed.length} cells failed, first ${cellName(first.factors)} (${first.message})`,
            {
              remedy: job?.fault.remedy ?? `${again(choice)}; finished cells are kept`,
              where: job?.fault.where ?? report,
            },
          ),
          kind: job?.fault.kind ?? 'failure',
        })
  }

/** What a finished benchmark prints. */
const benchOutcome: ShowResults = (results, report) => ({
  json: { report, cells: results.cells.length, engine: results.stamp.engine },
  text: `${headline(results)}\n\n${report}`,
})

/** Fetches what the suite takes from a hub, with progress; workers then find it in the cache. */
const fetchSuite = ({ suite }: BenchConfig, context: Context): TE.TaskEither<Fault, void> =>
  isArena(suite)
    ? TE.right(undefined)
    : pipe(
        localSuite(hubUseOf(context))(suite),
        TE.map(() => undefined),
      )

// running ----------------------------------------------------------------------------------------

export const runBench = (
  config: BenchConfig,
  choice: RunChoice,
  context: Context,
  shown: ShowResults = benchOutcome,
): TE.TaskEither<Fault, Outcome> => {
  const { out, printConfig, redact, live } = choice
  if (printConfig)
    return pipe(
      fetchSuite(config, context),
      TE.chain(() => openBench(ports, config)),
      TE.map((bench) => {
        bench.suite.dispose?.()
        const document = configDocument(bench.config)
        return { json: document, text: stringify(document).trimEnd() }
      }),
    )
  const show = showing(context, live)
  return pipe(
    prepared(choice),
    TE.chain(() => fetchSuite(config, context)),
    TE.chain(() =>
      run({
        ports,
        portsModule: require.resolve('../work/lmPorts'),
        config,
        out,
        terminal: context,
        signal: context.signal,
        onEarly: (early) =>
          pipe(
            writeReport({ results: out, out }, { ...early, redact }),
            TE.chainFirstIOK((path) =>
              early.results.running?.stopped === true ? IO.of(undefined) : show.early(path),
            ),
          ),
      }),
    ),
    TE.mapLeft((fault): Fault =>
      fault._tag === 'Interrupted' ? { ...fault, remedy: `${again(choice)} to continue` } : fault,
    ),
    TE.chain((ran) =>
      pipe(
        writeReport({ results: out, out }, { ...ran, redact }),
        TE.chainFirstIOK(show.last),
        TE.chainEitherK((report) => outcomeOf(report, choice, shown)(ran)),
      ),
    ),
  )
}
