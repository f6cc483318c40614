/**
 * The complete configuration of a benchmark, with every default filled in. Each part is an option of `bench` and a key
 * of its configuration file, decoded by the same codec. The copy written to the results folder decodes to the same value.
 */
import * as t from 'io-ts'
import type { StorageDtype } from '@safe/tensor-core/contracts'
import type { TrainingRecipe } from '@safe/tensor-core/lm'
import { documentOf } from '@safe/tensor-core/options'
import { type ArenaConfig, arenaMappingCodec, shownArena } from './arenaConfig'
import { type Attackers, shownAttackers } from './attackers'
import { count } from './closed'
import type { Combination } from './combinations'
import { type FileSuite, fileSuiteCodec, shownFileSuite } from './fileSuiteConfig'
import { type StageMethods, shownStage } from './methods'
import { type Sweep, shownSweep } from './sweep'

// model ------------------------------------------------------------------------------------------

/** Models that can be evaluated without fine-tuning. */
export const untunedModels = ['base', 'aligned'] as const
/** A model that is evaluated without fine-tuning. */
export type UntunedModel = (typeof untunedModels)[number]

/** A benchmark in full; `config.yaml` of a results folder is this record. */
export interface BenchConfig {
  readonly suite: ArenaConfig | FileSuite
  /** The models that are evaluated as they are, beside the fine-tuned ones; one that the suite lacks is left out. */
  readonly untuned: ReadonlyArray<UntunedModel>
  readonly regimes: ReadonlyArray<string>
  readonly seeds: ReadonlyArray<number>
  /** Other ways of fine-tuning, against which the defences stand at the strengths selected without them. */
  readonly attackers: Attackers
  readonly recipe: TrainingRecipe
  readonly stages: StageMethods
  readonly combinations: 'all' | ReadonlyArray<Combination>
  /** The strengths at which methods are tried, to compare them at equal utility. */
  readonly sweep: Sweep
  /** Where a mapping's strengths are from, where they were selected before this run; reports show it. */
  readonly sweepSource: string | undefined
  /** Task that a strength may cost on the validation items, as a share (.02: two points). */
  readonly epsilon: number
  /** Look-alikes that it may leave unanswered. */
  readonly delta: number
  /** Whether combinations of selected strengths also try each method one step weaker and one step stronger. */
  readonly refine: boolean
  /** Prompts decoded together; affects speed and memory, not results. */
  readonly batchSize: number
  /** Processes; `auto` is one per core, or one where the model is large or on a graphics card. */
  readonly workers: number | 'auto'
  readonly engine: string
  readonly dtype: StorageDtype
}

// codecs -----------------------------------------------------------------------------------------

type SuiteConfig = BenchConfig['suite']

const namesArena = (u: unknown): boolean => typeof u === 'object' && u !== null && 'arena' in u

/** Not a union, whose branches would stand in the paths of errors. */
export const suiteCodec: t.Type<SuiteConfig, unknown> = new t.Type<SuiteConfig, unknown>(
  'arena or a mapping',
  (u): u is SuiteConfig => u === 'arena' || arenaMappingCodec.is(u) || fileSuiteCodec.is(u),
  (u, c) =>
    u === 'arena'
      ? t.success(u)
      : typeof u === 'string'
        ? t.failure(u, c)
        : (namesArena(u) ? arenaMappingCodec : fileSuiteCodec).validate(u, c),
  (a) => a,
)
export const workersCodec: t.Type<number | 'auto', unknown> = t.union([t.literal('auto'), count])

// destructors ------------------------------------------------------------------------------------

/** Whether a benchmark runs on the arena, of whatever world. */
export const isArena = (suite: SuiteConfig): suite is ArenaConfig => suite === 'arena' || 'arena' in suite

/** The complete configuration as it is written to a file, in kebab-case. */
export const configDocument = (c: BenchConfig): Readonly<Record<string, unknown>> => ({
  suite: isArena(c.suite) ? shownArena(c.suite) : shownFileSuite(c.suite),
  ...(untunedModels.every((model) => c.untuned.includes(model)) ? {} : { untuned: c.untuned }),
  regimes: c.regimes,
  seeds: c.seeds,
  ...(Object.keys(c.attackers).length === 0 ? {} : { attackers: shownAttackers(c.attackers) }),
  recipe: documentOf({ ...c.recipe }),
  stages: {
    data: shownStage(c.stages.data),
    training: shownStage(c.stages.training),
    weights: shownStage(c.stages.weights),
    decoding: shownStage(c.stages.decoding),
  },
  combinations: c.combinations,
  sweep: shownSweep(c.sweep),
  ...(c.sweepSource === undefined ? {} : { 'sweep-source': c.sweepSource }),
  epsilon: c.epsilon,
  delta: c.delta,
  refine: c.refine,
  'batch-size': c.batchSize,
  workers: c.workers,
  engine: c.engine,
  dtype: c.dtype,
})
