/**
 * What the runner needs from outside, as one record of functions: an engine, models, training, and the sources of methods and
 * suites. `work/lmPorts.ts` is the real implementation; tests use a fake one.
 */
import type * as TE from 'fp-ts/TaskEither'
import type {
  CausalLM,
  Dataset,
  Fault,
  InputNorms,
  LoraAdapter,
  OpenGradients,
  StorageDtype,
  WeightSource,
} from '@safe/tensor-core/contracts'
import type { OpenedJudge } from '@safe/tensor-core/judges'
import type { Fitting, Keep } from '@safe/tensor-core/pipeline'
import type { BenchConfig } from '../config/config'
import type { JudgeChoice } from '../config/judgeChoice'
import type { Suite } from '../suite/suite'
import type { LoadModule } from './plugins'

// model ------------------------------------------------------------------------------------------

/** The engine a benchmark ran on. */
export interface EngineUsed {
  readonly engine: string
  readonly device: string
  readonly versions: Readonly<Record<string, string>>
}

/** The requested model, and how its rows become tokens. */
export interface ModelRequest {
  readonly model: string
  readonly template: string
  readonly dtype: StorageDtype
  /** Rows decoded or scored at once. */
  readonly batchSize: number
}

/** A model whose weights are in memory; adapters are attached to it one after another. */
export interface LoadedModel {
  /** The model with an adapter attached; the caller disposes of it, the weights stay in memory. */
  readonly attach: (adapter?: LoraAdapter) => TE.TaskEither<Fault, CausalLM>
  readonly dispose: () => void
}

/** An adapter to be trained. */
export interface TrainingRequest<E extends Fault = Fault> extends Fitting<E> {
  readonly model: string
  readonly template: string
  readonly dtype: StorageDtype
  readonly signal: AbortSignal
  /** Steps done, and the total number of steps. */
  readonly onStep: (done: number, total: number) => void
}

/** Rows that pass through the model with an adapter, under the recipe of a training run, without training. */
export type PassRequest = Omit<TrainingRequest, 'defence' | 'onStep'>

/** What the judges of a suite use while they are asked. */
export interface SuiteUse {
  /** Aborted: a judge that waits for a server stops. */
  readonly signal?: AbortSignal
  /** The data was found to be disjoint before, by the process that plans: it is not checked again. */
  readonly checked?: boolean
  /** A judge's warning, such as texts that it reads only in part. */
  readonly onWarning?: (line: string) => void
}

/** Everything the runner needs from outside, as functions. */
export interface BenchPorts {
  readonly engine: (name: string) => TE.TaskEither<Fault, EngineUsed>
  readonly suite: (config: BenchConfig, use?: SuiteUse) => TE.TaskEither<Fault, Suite>
  /** A judge that a method names; its id is known at once, a model is loaded when it is first asked. */
  readonly judge: (
    choice: JudgeChoice,
    config: BenchConfig,
    use?: SuiteUse,
  ) => TE.TaskEither<Fault, OpenedJudge>
  readonly loadModule: LoadModule
  /** A hash of the contents of a model folder. */
  readonly fingerprint: (folder: string) => TE.TaskEither<Fault, string>
  /** A hash of a model's weights alone: the `checkpoint` of a judge that asks this model. */
  readonly checkpoint: (folder: string) => TE.TaskEither<Fault, string>
  /** Size of a model's weights, bytes. */
  readonly weightBytes: (folder: string) => TE.TaskEither<Fault, number>
  /** Memory that fine-tuning a model takes at the least, bytes. */
  readonly fineTuningBytes: (
    model: string,
    size: { readonly dtype: StorageDtype; readonly batchSize: number; readonly maxLength: number },
  ) => TE.TaskEither<Fault, number>
  readonly load: (request: ModelRequest) => TE.TaskEither<Fault, LoadedModel>
  readonly train: <E extends Fault>(request: TrainingRequest<E>) => TE.TaskEither<Fault, LoraAdapter>
  /** Gradients of an adapter's factors, open while `use` runs. */
  readonly gradients: <A>(
    request: PassRequest,
    use: <G>(opened: OpenGradients<G>) => TE.TaskEither<Fault, A>,
  ) => TE.TaskEither<Fault, A>
  /** Norms of what the factors of the adapter `init` read. */
  readonly activationNorms: (request: PassRequest) => TE.TaskEither<Fault, ReadonlyMap<string, InputNorms>>
  readonly weights: (folder: string) => TE.TaskEither<Fault, WeightSource>
  /** A PEFT adapter of the user's. */
  readonly adapter: (folder: string) => TE.TaskEither<Fault, LoraAdapter>
  /** How filtered rows and adapters are stored in folders. */
  readonly keep: { readonly data: Keep<Dataset>; readonly adapter: Keep<LoraAdapter> }
}
