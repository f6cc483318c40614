/** What a correction is made with, and what it reports of each module. */
import type { MatrixEngine, RankRule, Subspaces } from '@safe/tensor-core/linalg'
import type { DecompositionCache } from './cache'
import type { CorrectionRule, SubspaceReport, UpdateReport } from './correction'
import type { CheckpointPair } from './displacement'
import type { CsuloraOptions } from './options'

/** Two checkpoints, and what a long run may want: a cache, a signal to stop, reports as it goes. */
export interface CsuloraResources extends CheckpointPair {
  /** Seed of the randomized range finder, of probes and of random bases; default 42. */
  readonly seed?: number
  /** Keeps decompositions between runs. */
  readonly cache?: DecompositionCache
  /** Multiplies large matrices (`matrixEngine()` once an engine is selected): their subspaces are then filtered. Without it all are exact. */
  readonly engine?: MatrixEngine
  /** Aborted: the correction stops before its next module, or within one. */
  readonly signal?: AbortSignal
  /** Called after each module. */
  readonly onModule?: (report: ModuleReport) => void
}

/** What was measured of one module; what concerns subspaces is left out where none were needed. */
export interface ModuleReport extends UpdateReport, Partial<SubspaceReport> {
  readonly name: string
  /** [d_out, d_in] */
  readonly shape: readonly [number, number]
  /**
   * How the subspaces were found: `spectrum` (exact), `range` (randomized, proved by its residual), `filter` (approximate, its error
   * estimated as `updateError`), `none`.
   */
  readonly route: Subspaces['route'] | 'none'
  /** `filter`: degree of the polynomial. */
  readonly degree?: number
  /** Base and aligned are equal here: what was done to the update. */
  readonly unmoved?: 'kept' | 'dropped'
  readonly seconds: number
}

/** A correction that is decided: what to do to each module, and how large its subspaces are. */
export interface Setup extends CsuloraResources, Pick<CsuloraOptions, 'toRank' | 'unmoved'> {
  readonly rule: CorrectionRule
  readonly rank: RankRule
}
