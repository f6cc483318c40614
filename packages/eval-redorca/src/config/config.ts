/**
 * What a benchmark runs, complete: every default filled in. Each part is an option of `bench` and a key of its configuration
 * file, decoded by the same codec; what is written into the results folder decodes to the same value again.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { Parameters, Stage, StorageDtype } from '@safe/tensor-core/contracts'
import { judgeEntry } from '@safe/tensor-core/judges'
import { closed, count, kebabKeys, oneOf, optional, options, withDefault } from './closed'
import type { Recipe } from './recipe'

// model ------------------------------------------------------------------------------------------

/** One method of one stage: the plugin `name` of the module `use`. */
export interface Method {
  readonly use: string
  readonly name: string
  readonly options: Parameters
  /** The factor's name in results: the label, else the method's name. */
  readonly label: string | undefined
  /** A control runs on top of no other defence, and takes no part in the combinations. */
  readonly control: boolean
}

/** The methods of each stage; "none" is always one of the choices. */
export type StageMethods = Readonly<Record<Stage, ReadonlyArray<Method>>>

/** One choice per stage, by factor name; `none` where left out. */
export type Combination = Readonly<Record<Stage, string>>

/** A suite made of a user's own model folders and data files. */
export interface FileSuite {
  readonly name: string
  readonly models: { readonly base: string; readonly aligned: string; readonly anchor: string }
  readonly template: string
  readonly anchorTemplate: string | undefined
  readonly training: TrainingFiles
  readonly safe: string
  readonly references: string
  readonly evaluation: {
    readonly harmful: string
    readonly lookalike: string | undefined
    readonly benign: string | undefined
    readonly task: string | undefined
  }
  /** The judge that measures. */
  readonly judge: string
  /** The judge that chooses among beams; where left out, a phrase list that does not measure. */
  readonly beamJudge: string
  /** How a task's answer is compared: whole text, or the last number in it (GSM8K). */
  readonly match: 'text' | 'last-number'
  readonly maxNewTokens: number
}

/** A file per regime, or clean and harmful rows that are mixed by share (`poison:0.05`, `benign`, `pure-bad`). */
export type TrainingFiles =
  | { readonly regimes: Readonly<Record<string, string>> }
  | { readonly clean: string; readonly harmful: string; readonly rows: number }

/** A benchmark in full; `config.yaml` of a results folder is this record. */
export interface BenchConfig {
  readonly suite: 'arena' | FileSuite
  readonly regimes: ReadonlyArray<string>
  readonly seeds: ReadonlyArray<number>
  readonly recipe: Recipe
  readonly stages: StageMethods
  readonly combinations: 'all' | ReadonlyArray<Combination>
  /** Prompts decoded together; decides speed and memory, not results. */
  readonly batchSize: number
  /** Processes; `auto` is one per core, or one on a graphics card. */
  readonly workers: number | 'auto'
  readonly engine: string
  readonly dtype: StorageDtype
}

export const factorName = (method: Method): string => method.label ?? method.name

// codecs -----------------------------------------------------------------------------------------

const method: t.Type<Method, unknown> = closed({
  use: t.string,
  name: t.string,
  options: withDefault(options, {}),
  label: optional(t.string),
  control: withDefault(t.boolean, false),
})

/** `none` may stand in the list or be left out. */
const methods: t.Type<ReadonlyArray<Method>, unknown> = new t.Type(
  'a list of methods',
  (u): u is ReadonlyArray<Method> => t.readonlyArray(method).is(u),
  (u, c) => t.readonlyArray(method).validate(Array.isArray(u) ? u.filter((x) => x !== 'none') : u, c),
  (a) => a,
)

export const stagesCodec = (fallback: StageMethods): t.Type<StageMethods, unknown> =>
  closed({
    data: withDefault(methods, fallback.data),
    training: withDefault(methods, fallback.training),
    weights: withDefault(methods, fallback.weights),
    decoding: withDefault(methods, fallback.decoding),
  })

const combination: t.Type<Combination, unknown> = closed({
  data: withDefault(t.string, 'none'),
  training: withDefault(t.string, 'none'),
  weights: withDefault(t.string, 'none'),
  decoding: withDefault(t.string, 'none'),
})
export const combinationsCodec: t.Type<'all' | ReadonlyArray<Combination>, unknown> = t.union([
  t.literal('all'),
  t.readonlyArray(combination),
])

const trainingFiles: t.Type<TrainingFiles, unknown> = t.union([
  closed({ regimes: t.record(t.string, t.string) }),
  closed({ clean: t.string, harmful: t.string, rows: count }),
])

const suiteFields = closed({
  name: withDefault(t.string, 'own'),
  models: closed({ base: t.string, aligned: t.string, anchor: t.string }),
  template: withDefault(t.string, 'chat'),
  anchorTemplate: optional(t.string),
  training: trainingFiles,
  safe: t.string,
  references: t.string,
  evaluation: closed({
    harmful: t.string,
    lookalike: optional(t.string),
    benign: optional(t.string),
    task: optional(t.string),
  }),
  judge: withDefault(t.string, 'refusal'),
  beamJudge: optional(t.string),
  match: withDefault(oneOf('text', 'last-number'), 'text'),
  maxNewTokens: withDefault(count, 128),
})
/** The default of `beam-judge`: never the judge that measures, so that no method is measured by what it chose with. */
const beamJudgeBeside = (measuring: string): string =>
  judgeEntry(measuring)?.name === 'refusal-openings' ? 'refusal' : 'refusal-openings'

const fileSuite: t.Type<FileSuite, unknown> = new t.Type(
  suiteFields.name,
  (u): u is FileSuite => suiteFields.is(u) && u.beamJudge !== undefined,
  (u, c) =>
    pipe(
      suiteFields.validate(u, c),
      E.map((suite) => ({ ...suite, beamJudge: suite.beamJudge ?? beamJudgeBeside(suite.judge) })),
    ),
  (suite) => suiteFields.encode(suite),
)
export const suiteCodec: t.Type<'arena' | FileSuite, unknown> = t.union([t.literal('arena'), fileSuite])
export const workersCodec: t.Type<number | 'auto', unknown> = t.union([t.literal('auto'), count])

// destructors ------------------------------------------------------------------------------------

const shownMethod = (m: Method): unknown => ({
  use: m.use,
  name: m.name,
  ...(m.label === undefined ? {} : { label: m.label }),
  ...(m.control ? { control: true } : {}),
  options: kebabKeys(m.options),
})

const defined = (o: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(o).filter(([, value]) => value !== undefined))

const shownSuite = (suite: BenchConfig['suite']): unknown =>
  suite === 'arena' ? suite : kebabKeys(defined({ ...suite, evaluation: defined({ ...suite.evaluation }) }))

/** The configuration as its file would say it: kebab-case, complete. */
export const configDocument = (c: BenchConfig): Readonly<Record<string, unknown>> => ({
  suite: shownSuite(c.suite),
  regimes: c.regimes,
  seeds: c.seeds,
  recipe: kebabKeys(defined({ ...c.recipe })),
  stages: {
    data: ['none', ...c.stages.data.map(shownMethod)],
    training: ['none', ...c.stages.training.map(shownMethod)],
    weights: ['none', ...c.stages.weights.map(shownMethod)],
    decoding: ['none', ...c.stages.decoding.map(shownMethod)],
  },
  combinations: c.combinations,
  'batch-size': c.batchSize,
  workers: c.workers,
  engine: c.engine,
  dtype: c.dtype,
})
