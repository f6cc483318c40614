/**
 * What the runner needs from the world, as one record of functions: an engine, models, training, and where methods and suites
 * come from. `work/lmPorts.ts` is the real one; tests bring their own.
 */
import type * as TE from 'fp-ts/TaskEither'
import type {
  CausalLM,
  Dataset,
  Fault,
  LoraAdapter,
  StorageDtype,
  WeightSource,
} from '@safe/tensor-core/contracts'
import type { Fitting, Keep } from '@safe/tensor-core/pipeline'
import type { BenchConfig } from '../config/config'
import type { Suite } from '../suite/suite'
import type { LoadModule } from './plugins'

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
}

/** A model whose weights are in memory, for many adapters. */
export interface LoadedModel {
  /** The model with an adapter attached; the receiver disposes of it, the weights stay. */
  readonly attach: (adapter?: LoraAdapter) => TE.TaskEither<Fault, CausalLM>
  readonly dispose: () => void
}

/** An adapter to be trained. */
export interface TrainingRequest<E extends Fault = Fault> extends Fitting<E> {
  readonly model: string
  readonly template: string
  readonly dtype: StorageDtype
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
  /** Size of a model's weights, bytes. */
  readonly weightBytes: (folder: string) => TE.TaskEither<Fault, number>
  readonly load: (request: ModelRequest) => TE.TaskEither<Fault, LoadedModel>
  readonly train: <E extends Fault>(request: TrainingRequest<E>) => TE.TaskEither<Fault, LoraAdapter>
  readonly weights: (folder: string) => TE.TaskEither<Fault, WeightSource>
  /** How filtered rows and adapters are kept. */
  readonly keep: { readonly data: Keep<Dataset>; readonly adapter: Keep<LoraAdapter> }
}
