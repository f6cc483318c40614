/** ForgetFilter (arXiv 2312.12736): drop fine-tuning rows that safety tuning makes the model forget. */
export {
  type AbstentionChoice,
  type Abstained,
  type Audit,
  type FilterRule,
  abstentionOf,
  accepted,
  auditQuality,
  auditRates,
  keptIds,
  settled,
} from './audit/audit'
export { type Excess, type NullQuantile, excessOver, nullQuantile } from './thresholds/canaries'
export { BOOTSTRAP_RESAMPLES, DEFAULT_ALPHA, PAPER_PHI, PAPER_RECIPE, PAPER_SAFE_STEPS } from './defaults'
export {
  type Decision,
  type DecisionCounts,
  type DecisionRule,
  type IndeterminateChoice,
  countDecisions,
  decide,
  stays,
} from './audit/decisions'
export { type AuditRow, auditRows } from './audit/explain'
export { type CanaryResource, type ForgetFilterError, forgetFilter } from './forgetFilter'
export { type ForgetFilterResources, forgetFilterNeeds, forgettingPorts } from './forgettingPorts'
export {
  type NormalComponent,
  type NormalMixture,
  ashmansD,
  boundaryOf,
  normalMixture,
} from './thresholds/gaussianMixture'
export {
  type Arm,
  type InterleavePlan,
  type InterleavePorts,
  type Measured,
  type PhaseResult,
  type RateEstimate,
  type RoundFilter,
  interleave,
} from './interleave/interleave'
export { type ForgettingPorts, measureForgetting } from './rates/measureForgetting'
export { type ObserveOptions, observe } from './rates/observe'
export {
  type FilterOptions,
  type ForgetFilterOptions,
  type RandomDropOptions,
  filterRuleOf,
  forgetFilterOptions,
  randomDropOptions,
} from './options'
export { type OtsuSplit, otsu } from './thresholds/otsu'
export { plugins } from './plugin'
export { porterStem } from './rates/porter'
export { type Interval, type LabelledRow, type Quality, filterQuality } from './audit/quality'
export { randomDrop } from './randomDrop'
export {
  type PrecisionRecall,
  type TieCounts,
  auroc,
  averagePrecision,
  precisionRecall,
} from './audit/ranking'
export { type GroundTruth, type Named, type RateError, type RatedRow, forgettingRates } from './rates/rates'
export { type Reference, pastCompletions } from './rates/reference'
export {
  type GradientAnchorOptions,
  type GradientAnchorResources,
  gradientAnchor,
  gradientAnchorOptions,
} from './rivals/gradientAnchor'
export { type GuardFilterOptions, guardFilter, guardFilterOptions } from './rivals/guardFilter'
export { type OracleOptions, oracle, oracleOptions } from './rivals/oracle'
export { type SafetyMixOptions, safetyMix, safetyMixOptions } from './rivals/safetyMix'
export { type SealOptions, type SealResources, seal, sealOptions } from './rivals/seal'
export { type ReportInput, reportPage } from './report/page'
export { type RowText } from './report/nearest'
export { type Rouge, rouge1, rougeTokens } from './rates/rouge'
export {
  type Observation,
  type ScorePair,
  type ScoreUnit,
  type Signal,
  observedField,
  scorePair,
  signalUnit,
  signals,
} from './rates/signals'
export { type Finding } from './thresholds/thresholdFinding'
export {
  type Threshold,
  type ThresholdChoice,
  type ThresholdMethod,
  chooseThreshold,
} from './thresholds/threshold'
