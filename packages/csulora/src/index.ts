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
export type { Kept } from './cacheFile'
export { type CorrectedAdapter, correctAdapter } from './correctAdapter'
export type { CsuloraResources, ModuleReport } from './setup'
export {
  type Correction,
  type CorrectionReport,
  type CorrectionRule,
  type Factors,
  type SafeLoraProjection,
  type SubspaceReport,
  type UpdateReport,
  correctionSteps,
  safeLoraProjection,
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
  unmovedChoices,
} from './options'
export { type Lowered, lowered } from './lowRank'
export { type WeightedAdapter, mergedAdapter } from './mergeAdapters'
export { plugins } from './plugin'
export { type AntidoteOptions, type AntidoteResources, antidote, antidoteOptions } from './rivals/antidote'
export { type RestaOptions, type RestaResources, resta, restaOptions } from './rivals/resta'
export {
  type SafemergeOptions,
  type SafemergeResources,
  safemerge,
  safemergeOptions,
} from './rivals/safemerge'
export { type Report, reportOf, summary } from './report'
export { reportPage } from './page/page'
export { type Truncated, truncated } from './truncation'
