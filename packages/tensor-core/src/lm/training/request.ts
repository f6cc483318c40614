/** What a training run is asked to do. */
import type { Dataset, Fault, LmError, LoraAdapter, StorageDtype, TrainingDefence } from '../../contracts'
import type { RowChoice } from '../rows'
import type { LogRow } from './log'
import type { TrainingRecipe } from './recipe'

/** What a training run is asked to do; everything that decides its result is here. */
export interface TrainingRequest extends RowChoice {
  /** Model folder. */
  readonly model: string
  readonly data: Dataset
  readonly recipe: TrainingRecipe
  readonly seed: number
  /** How the frozen weights are stored on the device; default float32. Nothing is frozen in full training. */
  readonly dtype?: StorageDtype
  /** The defence of the training stage; default none. */
  readonly defence?: TrainingDefence
  /** An adapter to go on from: it brings rank, scale, modules and patterns. */
  readonly init?: string | LoraAdapter
  /** Where the result is written; nothing is written without it. */
  readonly out?: string
  readonly checkpointEvery?: number
  /** Go on from the last checkpoint in `out`, from the start where there is none. */
  readonly resume?: boolean
  /** JSONL of steps. */
  readonly log?: string
  /** JSONL of what the update rule notes (DualSelect's selections). */
  readonly ruleLog?: string
  readonly signal?: AbortSignal
  readonly onStart?: (totalSteps: number, doneSteps: number) => void
  readonly onStep?: (row: LogRow) => void
  readonly onNote?: (note: Readonly<Record<string, unknown>>) => void
  readonly onWarning?: (line: string) => void
}

/** What training can end in. */
export type TrainingError = LmError | Fault
