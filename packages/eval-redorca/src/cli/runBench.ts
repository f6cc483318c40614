/** The common part of `quickstart` and `bench`: decode the configuration, show it or run it, write the report. */
import * as E from 'fp-ts/Either'
import * as IO from 'fp-ts/IO'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { stringify } from 'yaml'
import { type Context, type Outcome, hubUseOf } from '@safe/tensor-core/cli'
import { type Fault, failure } from '@safe/tensor-core/contracts'
import { openBench } from '../plan/bench'
import { arenaChoice } from '../config/arenaConfig'
import { type BenchConfig, configDocument, isArena } from '../config/config'
import { decodeConfig } from '../config/configCodec'
import { cellName } from '../plan/factors'
import { namedJudges } from '../plan/methodJudges'
import type { Results } from '../results/results'
import { type StorePlace, publishAt, runDocuments } from '../store'
import type { QueueUse } from '../work/queue/queueUse'
import { localArena, localJudge, localSuite } from '../work/localSuite'
import { ports } from '../work/lmPorts'
import { type Ran, run } from '../work/run'
import { headline, writeReport } from '../report'
import { withDiskFull } from './diskFull'
import { showing } from './liveReport'
import { type FolderChoice, prepared } from './prepared'

// model ------------------------------------------------------------------------------------------

export interface RunChoice extends Omit<FolderChoice, 'out'> {
  /** Where the results are kept; of a remote store, with its local copy. */
  readonly place: StorePlace
  /** Where jobs are run by others, through a queue. */
  readonly queue?: QueueUse
  readonly printConfig: boolean
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

/** A fault as this command's user reads it: the same command continues, unless it says to start again. */
const told =
  ({ place, overwrite }: RunChoice) =>
  (fault: Fault): Fault => {
    const shown = withDiskFull(place.folder)(fault)
    const remedy = shown._tag === 'Interrupted' ? 'run the same command again to continue' : shown.remedy
    return remedy === undefined
      ? shown
      : {
          ...shown,
          remedy: overwrite
            ? remedy.replace('the same command again', 'the same command again without `overwrite`')
            : remedy,
        }
  }

/** One cell alone, as of a check, fails for its own reason; of several, the message tells how many failed and why the first did. */
const failedWords = ({ failed: [first, ...more], cells }: Results, isPlaced: boolean): string => {
  const of = cells.length + more.length + 1
  return first === undefined
    ? ''
    : of > 1
      ? `${more.length + 1} of ${of} cells failed, first ${cellName(first.factors)} (${first.message})`
      : isPlaced
        ? first.message
        : `cannot be measured (${first.message})`
}

/** Failed cells are an error; the report contains the others. */
const outcomeOf =
  (report: string, shown: ShowResults) =>
  ({ results, failed }: Ran): E.Either<Fault, Outcome> => {
    const [job] = failed
    return results.failed.length === 0
      ? E.right(shown(results, report))
      : E.left({
          ...failure('CellsFailed', failedWords(results, job?.fault.where !== undefined), {
            remedy: job?.fault.remedy ?? 'run the same command again; finished cells are kept',
            where: job?.fault.where ?? report,
          }),
          kind: job?.fault.kind ?? 'failure',
        })
  }

/** What a finished benchmark prints. */
const benchOutcome: ShowResults = (results, report) => ({
  json: { report, cells: results.cells.length, engine: results.stamp.engine },
  text: `${headline(results)}\n\n${report}`,
})

/** Fetches what the suite and the methods take from a hub, with progress; workers then find it in the cache. */
export const fetchSuite = (config: BenchConfig, context: Context): TE.TaskEither<Fault, void> => {
  const { suite } = config
  const use = hubUseOf(context)
  return pipe(
    isArena(suite) ? TE.asUnit(localArena(use)(arenaChoice(suite))) : TE.asUnit(localSuite(use)(suite)),
    TE.chain(() => pipe(namedJudges(config), TE.traverseSeqArray(localJudge(use)))),
    TE.asUnit,
  )
}

// running ----------------------------------------------------------------------------------------

export const runBench = (
  config: BenchConfig,
  choice: RunChoice,
  context: Context,
  shown: ShowResults = benchOutcome,
): TE.TaskEither<Fault, Outcome> => {
  const { place, printConfig, redact, live } = choice
  const out = place.folder
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
    prepared(
      { ...choice, out },
      { config, loadModule: ports.loadModule, terminal: context, signal: context.signal },
    ),
    TE.chain(() => fetchSuite(config, context)),
    TE.chain(() =>
      run({
        ports,
        portsModule: require.resolve('../work/lmPorts'),
        config,
        out,
        store: place,
        ...(choice.queue === undefined ? {} : { queue: choice.queue }),
        terminal: context,
        signal: context.signal,
        onEarly: (early) =>
          pipe(
            writeReport({ results: out, out }, { results: early.results, redact }),
            TE.chainFirstIOK((path) =>
              early.results.running?.stopped === true ? IO.of(undefined) : show.early(path),
            ),
          ),
      }),
    ),
    TE.chain((ran) =>
      pipe(
        writeReport({ results: out, out }, { results: ran.results, redact }),
        TE.chainFirst(() => publishAt(place, runDocuments)),
        TE.chainFirstIOK(show.last),
        TE.chainEitherK((report) => outcomeOf(report, shown)(ran)),
      ),
    ),
    TE.mapLeft(told(choice)),
  )
}
