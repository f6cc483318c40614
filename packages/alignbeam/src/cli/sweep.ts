/** `alignbeam sweep`: refusal against over-refusal, task and latency over alpha x N x K, and the setting to use. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Context, type Outcome, command, judgeOfOption, startEngine } from '@safe/tensor-core/cli'
import { type Fault, type Judge, causeLine, failure } from '@safe/tensor-core/contracts'
import type { Setting } from '../sweep/grid'
import { cautions, recommendation } from '../sweep/report/words'
import { type SweepResults, sweepResults } from '../sweep/results'
import type { Cast } from './answering'
import { castOf } from './cast'
import { warnBefore } from './generateWarnings'
import { type SweepData, readSweepData } from './sweepData'
import { type Deciding, checkFolder, decidingOf, sweepFolder } from './sweepFolder'
import { checkJudges, checkMeasuring } from './sweepJudges'
import { type SweepValues, checkSweep, generateValuesOf, splitOf, sweepOptions } from './sweepOptions'
import { writeSweep } from './sweepReport'
import { answeredSettings } from './sweepRun'

// what is known of a run -------------------------------------------------------------------------

/** An adapter's weights by their hash. */
const adapterHash = (adapter: string | undefined): TE.TaskEither<Fault, string | null> =>
  adapter === undefined
    ? TE.right(null)
    : TE.tryCatch(
        async () =>
          createHash('sha256')
            .update(await readFile(join(adapter, 'adapter_model.safetensors')))
            .digest('hex'),
        (cause) => failure('FileUnreadable', causeLine(cause), { where: adapter }),
      )

/** What the options and files say; models add to it when they are loaded. */
const knownOf = (
  values: SweepValues,
  { common: { seed, dtype } }: Context,
  { hashes }: SweepData,
): Deciding =>
  decidingOf(values, {
    seed,
    dtype,
    harmful: hashes['harmful'] ?? null,
    benign: hashes['benign'] ?? null,
    task: hashes['task'] ?? null,
  })

// running ----------------------------------------------------------------------------------------

interface Ready {
  readonly values: SweepValues
  readonly settings: ReadonlyArray<Setting>
  readonly data: SweepData
  readonly known: Deciding
  readonly engine: string
}

const outcomeOf = ({ out }: SweepValues, results: SweepResults): Outcome => ({
  json: { out, report: join(out, 'report.html'), ...results },
  text: [recommendation(results), ...cautions(results), `report: ${join(out, 'report.html')}`].join('\n'),
})

const swept = (
  { values, settings, data, known, engine }: Ready,
  context: Context,
  cast: Cast,
  verdict: Judge,
): TE.TaskEither<Fault, Outcome> =>
  pipe(
    TE.fromEither(checkJudges(values, cast.judge, verdict)),
    TE.chainW(() => adapterHash(values.draftAdapter)),
    TE.map((draftAdapter): Deciding => ({
      ...known,
      draft: cast.draft?.id ?? null,
      draftAdapter,
      anchor: cast.anchor?.id ?? null,
      judge: cast.judge?.id ?? null,
      verdict: verdict.id,
      engine,
    })),
    TE.bindTo('deciding'),
    TE.chainFirstW(({ deciding }) => sweepFolder(values.out, values, deciding)),
    TE.bindW('answered', () => {
      warnBefore(generateValuesOf(values, loudest(values)), cast, context)
      return answeredSettings({ values, context, cast, verdict, ...data }, settings)
    }),
    TE.map(({ deciding, answered }) => ({
      deciding,
      results: sweepResults(answered, values.maxOverRefusal),
    })),
    TE.chainFirstW(({ deciding, results }) =>
      writeSweep(
        {
          values,
          rows: data.rows,
          seed: context.common.seed,
          engine,
          judge: cast.judge?.id,
          verdict: verdict.id,
          deciding,
        },
        results,
      ),
    ),
    TE.map(({ results }) => outcomeOf(values, results)),
  )

/** The setting that most is to be warned of: the smallest alpha, the most beams. */
const loudest = ({ alphas, bridgeTokens, beams }: SweepValues): Setting => ({
  method: 'alignbeam',
  alpha: Math.min(...alphas),
  bridgeTokens: Math.max(...bridgeTokens),
  beams: Math.max(...beams),
})

// command ----------------------------------------------------------------------------------------

/** `alignbeam sweep`. */
export const sweepCommand = command({
  name: 'sweep',
  description:
    'refusal against over-refusal over alpha x N x K, and the setting to use for a wanted over-refusal',
  example:
    'alignbeam sweep --draft models/tuned --anchor models/anchor --judge refusal --harmful harmful.jsonl --benign benign.jsonl --out sweep',
  options: sweepOptions,
  run: (values, context) =>
    pipe(
      TE.Do,
      TE.bind('values', () => TE.right(values)),
      TE.bindW('settings', () => TE.fromEither(checkSweep(values))),
      TE.bindW('split', () => TE.fromEither(splitOf(values, context.common.seed))),
      TE.bindW('data', ({ split }) => readSweepData(values, split)),
      TE.let('known', ({ data }) => knownOf(values, context, data)),
      TE.chainFirstW(({ known }) => checkFolder(values.out, values, known)),
      TE.bindW('engine', () => startEngine(context)),
      TE.chainW(({ engine: { engine, device }, ...ready }) =>
        TE.bracket(
          judgeOfOption(context, '--verdict', values.verdict, true),
          ({ judge: verdict }) =>
            pipe(
              TE.fromEither(checkMeasuring(verdict)),
              TE.chainW(() =>
                TE.bracket(
                  castOf(generateValuesOf(values, loudest(values)), context),
                  (cast) => swept({ ...ready, engine: `${engine} on ${device}` }, context, cast, verdict),
                  (cast) => TE.fromIO(cast.dispose),
                ),
              ),
            ),
          (opened) => TE.fromIO(opened.dispose),
        ),
      ),
    ),
})
