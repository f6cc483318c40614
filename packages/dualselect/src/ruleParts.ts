/** What a rule of DualSelect is made of. */
import type { Dataset, Fault, GradientOracle, UpdateRule } from '@safe/tensor-core/contracts'
import type { DualSelectOptions } from './options'
import type { SelectionLog } from './replay/log'
import type { CountTokens } from './taskFilter'

/** What the rule takes from its surroundings. */
export interface DualSelectResources {
  /** The pool of safety references. */
  readonly references: Dataset
  /** Of random choices; default 42. */
  readonly seed?: number
  /** Needed for a token budget. */
  readonly countTokens?: CountTokens
  /** Where the references stand in their file, for the log (default: their order). */
  readonly referenceNumbers?: ReadonlyArray<number>
  /** Batch size of the passes over the reference pool (default: that of the training batch). */
  readonly poolBatchSize?: number
  /** Called while the pool is measured. */
  readonly onRefresh?: (done: number, total: number) => void
  /** Called at each step that has a reference gradient, with <gTask, gR>: below 0 the two point against each other. */
  readonly onCorrection?: (alongReference: number) => void
  /** Selections of an earlier run, used in place of scoring: the run is repeated bit for bit. */
  readonly replay?: SelectionLog
  /** Aborted: a refresh stops before its next batch. */
  readonly signal?: AbortSignal
}

/** A rule under construction: the rule inside, and the oracles of the task's loss and of the references'. */
export interface RuleParts<G, R extends Fault> {
  readonly options: DualSelectOptions
  readonly resources: DualSelectResources
  readonly inner: UpdateRule<G, R>
  readonly oracle: GradientOracle<G>
  readonly referenceOracle: GradientOracle<G>
}
