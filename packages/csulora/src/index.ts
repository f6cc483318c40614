/** CSULoRA: correction of a trained LoRA adapter in closed form (arXiv 2605.30640), and the controls any claim about it needs. */
export { binary } from './cli/binary'
export {
  type PerBlock,
  type SplitFactors,
  blockEnergies,
  blockWeights,
  chanceShares,
  shares,
  splitFactors,
} from './blocks'
export { type DecompositionCache, noCache, openCache } from './cache'
export {
  type CorrectedAdapter,
  type CsuloraResources,
  type ModuleReport,
  correctAdapter,
} from './correctAdapter'
export {
  type Correction,
  type CorrectionReport,
  type CorrectionRule,
  type Factors,
  correctionSteps,
} from './correction'
export { csulora } from './csulora'
export { type AdaptedWeight, type CheckpointPair, findWeights, readDisplacement } from './displacement'
export type { CsuloraError } from './errors'
export {
  type CsuloraOptions,
  type Method,
  correctionOptions,
  csuloraOptions,
  methods,
  rankRule,
  safeLoraOptions,
} from './options'
export { plugins } from './plugin'
export { type Report, reportOf, summary } from './report'
export { type Truncated, truncated } from './truncation'
