/** What the training loop is given: rows, an update rule, and where to report and to write. */
import type { Example, Fault, UpdateRule } from '../../contracts'
import type { tf } from '../../engine'
import type { RunRecord } from './record'
import type { TrainingRun } from './request'
import type { TrainingRecipe } from './recipe'

/** Response tokens and all tokens of a row. */
export interface TokenCounts {
  readonly response: number
  readonly all: number
}

/** Of the run itself, what the loop reads. */
export type LoopOutputs = Pick<
  TrainingRun,
  'out' | 'checkpointEvery' | 'resume' | 'log' | 'ruleLog' | 'signal' | 'onStart' | 'onStep' | 'onNote'
>

/** One run of the loop over a flat vector of parameters. */
export interface LoopSettings<E extends Fault = Fault> extends LoopOutputs {
  readonly start: Float32Array
  readonly rows: ReadonlyArray<Example>
  readonly tokenCounts: (row: Example) => TokenCounts
  /** The numbers rows have in the file they came from. */
  readonly rowNumbers: ReadonlyArray<number>
  readonly recipe: TrainingRecipe
  readonly seed: number
  readonly rule: UpdateRule<tf.Tensor, E>
  /** Receives the parameters whenever they change; the loop keeps owning them. */
  readonly publish: (parameters: tf.Tensor) => void
  /** Everything that decides the run. */
  readonly run: RunRecord
}
