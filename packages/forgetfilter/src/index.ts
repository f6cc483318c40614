/** ForgetFilter (arXiv 2312.12736): drop fine-tuning rows that safety tuning makes the model forget. */
export {
  type Abstained,
  type Audit,
  type FilterRule,
  auditQuality,
  auditRates,
  keptIds,
  settled,
} from './audit'
export { BOOTSTRAP_RESAMPLES, PAPER_PHI, PAPER_SAFE_STEPS } from './defaults'
export {
  type Decision,
  type DecisionCounts,
  type DecisionRule,
  type IndeterminateChoice,
  countDecisions,
  decide,
  stays,
} from './decisions'
export { type ForgetFilterError, forgetFilter } from './forgetFilter'
export { type ForgetFilterResources, forgetFilterNeeds, forgettingPorts } from './forgettingPorts'
export { type ForgettingPorts, measureForgetting } from './measureForgetting'
export { type ObserveOptions, observe } from './observe'
export {
  type FilterOptions,
  type ForgetFilterOptions,
  type RandomDropOptions,
  filterRuleOf,
  forgetFilterOptions,
  randomDropOptions,
} from './options'
export { type OtsuSplit, otsu } from './otsu'
export { plugins } from './plugin'
export { porterStem } from './porter'
export { type Interval, type LabelledRow, type Quality, filterQuality } from './quality'
export { randomDrop } from './randomDrop'
export { type TieCounts, auroc, averagePrecision } from './ranking'
export { type GroundTruth, type Named, type RateError, type RatedRow, forgettingRates } from './rates'
export { type Rouge, rouge1, rougeTokens } from './rouge'
export { type Observation, type ScorePair, type Signal, observedField, scorePair, signals } from './signals'
export { type Threshold, type ThresholdChoice, type ThresholdMethod, chooseThreshold } from './threshold'
