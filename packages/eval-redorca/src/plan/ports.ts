/**
 * What the runner needs from the world, as one record of functions: an engine, models, training, and where methods and suites
 * come from. `lmPorts.ts` is the real one; tests bring their own.
 */
import type * as TE from 'fp-ts/TaskEither'
import type {
  CausalLM,
  Fault,
  LoraAdapter,
  StorageDtype,
  TrainingDefence,
  Dataset,
  WeightSource,
} from '@safe/tensor-core/contracts'
import type { BenchConfig } from '../config/config'
import type { LoadModule } from './plugins'
import type { Recipe } from '../config/recipe'
import type { Suite } from '../suite/suite'

// model ------------------------------------------------------------------------------------------

/** The engine a benchmark ran on. */
export interface EngineUsed {
  readonly engine: string
  readonly device: string
  readonly versions: Readonly<Record<string, string>>
}

/** Which model is wanted, and how its rows become tokens. */
export interface ModelRequest {
  readonly model: string
  readonly template: string
  readonly dtype: StorageDtype
  /** Rows decoded or scored at once. */
  readonly batchSize: number
  readonly adapter?: LoraAdapter
}

/** An adapter to be trained. */
export interface TrainingRequest {
  readonly model: string
  readonly template: string
  readonly dtype: StorageDtype
  readonly data: Dataset
  readonly recipe: Recipe
  readonly seed: number
  readonly init?: LoraAdapter
  readonly rule?: TrainingDefence
  readonly signal: AbortSignal
  /** Steps done and steps in all. */
  readonly onStep: (done: number, total: number) => void
}

/** Everything the runner asks of the world, as functions. */
export interface BenchPorts {
  readonly engine: (name: string) => TE.TaskEither<Fault, EngineUsed>
  readonly suite: (config: BenchConfig) => TE.TaskEither<Fault, Suite>
  readonly loadModule: LoadModule
  /** What a model folder holds, as a hash. */
  readonly fingerprint: (folder: string) => TE.TaskEither<Fault, string>
  readonly model: (request: ModelRequest) => TE.TaskEither<Fault, CausalLM>
  readonly train: (request: TrainingRequest) => TE.TaskEither<Fault, LoraAdapter>
  readonly weights: (folder: string) => TE.TaskEither<Fault, WeightSource>
  readonly readAdapter: (folder: string) => TE.TaskEither<Fault, LoraAdapter>
  readonly writeAdapter: (folder: string, adapter: LoraAdapter) => TE.TaskEither<Fault, void>
}
