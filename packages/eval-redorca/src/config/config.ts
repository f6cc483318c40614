/**
 * The complete configuration of a benchmark, with every default filled in. Each part is an option of `bench` and a key
 * of its configuration file, decoded by the same codec. The copy written to the results folder decodes to the same value.
 */
import * as t from 'io-ts'
import type { StorageDtype } from '@safe/tensor-core/contracts'
import type { TrainingRecipe } from '@safe/tensor-core/lm'
import { documentOf } from '@safe/tensor-core/options'
import { count } from './closed'
import type { Combination } from './combinations'
import { type FileSuite, fileSuiteCodec, shownFileSuite } from './fileSuiteConfig'
import { type StageMethods, shownStage } from './methods'

// model ------------------------------------------------------------------------------------------

/** A benchmark in full; `config.yaml` of a results folder is this record. */
export interface BenchConfig {
  readonly suite: 'arena' | FileSuite
  readonly regimes: ReadonlyArray<string>
  readonly seeds: ReadonlyArray<number>
  readonly recipe: TrainingRecipe
  readonly stages: StageMethods
  readonly combinations: 'all' | ReadonlyArray<Combination>
  /** Prompts decoded together; affects speed and memory, not results. */
  readonly batchSize: number
  /** Processes; `auto` is one per core, or one where the model is large or on a graphics card. */
  readonly workers: number | 'auto'
  readonly engine: string
  readonly dtype: StorageDtype
}

// codecs -----------------------------------------------------------------------------------------

/** Not a union, whose branches would stand in the paths of errors. */
export const suiteCodec: t.Type<'arena' | FileSuite, unknown> = new t.Type<'arena' | FileSuite, unknown>(
  'arena or a mapping',
  (u): u is 'arena' | FileSuite => u === 'arena' || fileSuiteCodec.is(u),
  (u, c) =>
    u === 'arena' ? t.success(u) : typeof u === 'string' ? t.failure(u, c) : fileSuiteCodec.validate(u, c),
  (a) => a,
)
export const workersCodec: t.Type<number | 'auto', unknown> = t.union([t.literal('auto'), count])

// destructors ------------------------------------------------------------------------------------

/** The complete configuration as it is written to a file, in kebab-case. */
export const configDocument = (c: BenchConfig): Readonly<Record<string, unknown>> => ({
  suite: c.suite === 'arena' ? c.suite : shownFileSuite(c.suite),
  regimes: c.regimes,
  seeds: c.seeds,
  recipe: documentOf({ ...c.recipe }),
  stages: {
    data: shownStage(c.stages.data),
    training: shownStage(c.stages.training),
    weights: shownStage(c.stages.weights),
    decoding: shownStage(c.stages.decoding),
  },
  combinations: c.combinations,
  'batch-size': c.batchSize,
  workers: c.workers,
  engine: c.engine,
  dtype: c.dtype,
})
