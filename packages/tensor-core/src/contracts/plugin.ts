/**
 * How a method offers itself to a benchmark that does not know it. A package exports `plugins`: one per method or control.
 * The benchmark lends a `Workbench`; the plugin gives back a `Defence`.
 */
import type * as TE from 'fp-ts/TaskEither'
import type { Dataset } from './data'
import type { Defence, Parameters, Stage } from './defence'
import type { DefenceError } from './errors'
import type { Judge } from './judge'
import type { CausalLM } from './model'
import type { LoraAdapter, WeightSource } from './weights'

/** Departures from the benchmark's own training recipe; names as in the command line, in camel case. */
export interface RecipeChanges {
  readonly lr?: number
  readonly maxSteps?: number
  readonly epochs?: number
  readonly batchSize?: number
}

/** What a benchmark lends. Trainings are remembered by what decides them, so asking twice costs once. */
export interface Workbench {
  readonly seed: number
  /** Trains an adapter for the aligned model with the benchmark's recipe, from `init` where given. */
  readonly train: (
    data: Dataset,
    changes?: RecipeChanges,
    init?: LoraAdapter,
  ) => TE.TaskEither<DefenceError, LoraAdapter>
  /** The aligned model, with an adapter attached; the caller disposes of it. */
  readonly model: (adapter?: LoraAdapter) => TE.TaskEither<DefenceError, CausalLM>
  /** A small aligned model with a vocabulary of its own; the caller disposes of it. */
  readonly anchor: TE.TaskEither<DefenceError, CausalLM>
  /** Longest completion the benchmark asks for. */
  readonly maxNewTokens: number
  /** Trusted safe rows (ForgetFilter's safe set). */
  readonly safe: Dataset
  /** Safety references (DualSelect's pool). */
  readonly references: Dataset
  readonly baseWeights: TE.TaskEither<DefenceError, WeightSource>
  readonly alignedWeights: TE.TaskEither<DefenceError, WeightSource>
  /** The judge that chooses among beams. */
  readonly judge: Judge
}

/** A method or a control as a benchmark sees it: a name, a stage, and how it is made from options. */
export interface DefencePlugin {
  readonly specificationVersion: 1
  readonly name: string
  readonly stage: Stage
  /** One line for reports. */
  readonly summary: string
  /** Decodes the options of a benchmark's configuration, fills in defaults, and builds the defence. */
  readonly create: (options: Parameters, bench: Workbench) => TE.TaskEither<DefenceError, Defence>
  /** The options as they will be used, defaults filled in: they are hashed and shown. */
  readonly complete: (options: Parameters) => TE.TaskEither<DefenceError, Parameters>
}
