/** What a training run is given. */
import type { Dataset, Fault, LmError, LoraAdapter, StorageDtype, TrainingDefence } from '../../contracts'
import type { RowChoice } from '../rows'
import type { LogRow } from './log'
import type { Origin } from './origin'
import type { TrainingRecipe } from './recipe'

/** A training run without its defence: with one, everything that decides its result is here. */
export interface TrainingRun extends RowChoice {
  /** Model folder. */
  readonly model: string
  readonly data: Dataset
  readonly recipe: TrainingRecipe
  readonly seed: number
  /** How the frozen weights are stored on the device; default float32. Nothing is frozen in full training. */
  readonly dtype?: StorageDtype
  /** An adapter to continue from: it brings rank, scale, modules and patterns. */
  readonly init?: string | LoraAdapter
  /** The model that the divergence of a preservation loss is measured from; default: the model as training starts. For adapters. */
  readonly origin?: Origin
  /** Where the result is written; nothing is written without it. */
  readonly out?: string
  /** Optimizer steps between checkpoints in `out`; none without it. */
  readonly checkpointEvery?: number
  /** Continue from the last checkpoint in `out`, from the start where there is none. */
  readonly resume?: boolean
  /** JSONL of steps. */
  readonly log?: string
  /** JSONL of the update rule's notes (DualSelect's selections). */
  readonly ruleLog?: string
  /** Aborted: training stops before its next step, with a checkpoint where they are kept. */
  readonly signal?: AbortSignal
  readonly onStart?: (totalSteps: number, doneSteps: number) => void
  readonly onStep?: (row: LogRow) => void
  readonly onNote?: (note: Readonly<Record<string, unknown>>) => void
  readonly onWarning?: (line: string) => void
}

/** A training run with its defence of the training stage; `E` is what the defence can end in. */
export interface TrainingRequest<E extends Fault = Fault> extends TrainingRun {
  /** The defence of the training stage; default none. */
  readonly defence?: TrainingDefence<E>
}

/** What training can end in. */
export type TrainingError<E extends Fault = Fault> = LmError | E
