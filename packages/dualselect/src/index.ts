/** DualSelect (arXiv 2606.09866): safety references and task rows selected together, and a corrected gradient. */
export { coefficient, corrected } from './correction'
export {
  type ContinuationChoice,
  type ContinuingModel,
  isPromptOnly,
  withContinuations,
} from './continuations'
export { dualSelect } from './dualSelect'
export type { DualSelectError } from './errors'
export {
  type DualSelectOptions,
  budgeted,
  budgets,
  corrections,
  defaults,
  dualSelectOptions,
  modes,
  normalisations,
  referenceCount,
  referenceLosses,
  referenceSets,
  taskDirections,
  taskFilters,
  trainingDefaults,
} from './options'
export { type PoolOptions, measurePool, weightedGradient } from './pool'
export { type RefreshOf, type Refreshed, refreshReferences } from './references'
export type { DualSelectResources } from './ruleParts'
export { type Measures, referenceScores, scores, standardise, taskScores } from './score'
export {
  type End,
  type Selection,
  equalWeights,
  firstK,
  ranking,
  softWeights,
  withinBudget,
} from './selection'
export { type LoggedSelection, type SelectionLog, readSelectionLog } from './replay/log'
export type { Among, SelectionRow, WarningRow } from './selectionLog'
export { type Strength, strengths } from './strengths'
export type { CountTokens } from './taskFilter'
export { plugins } from './plugin'
export {
  type ConstrainedSftOptions,
  type EmaOptions,
  type LisaOptions,
  type RivalError,
  type SafeResources,
  type SafegradOptions,
  type SafetyAfterOptions,
  constrainedSft,
  constrainedSftOptions,
  ema,
  emaOptions,
  lisa,
  lisaOptions,
  safegrad,
  safegradOptions,
  safetyAfter,
  safetyAfterOptions,
} from './rivals'
export {
  type NumberedRows,
  type ScoreRow,
  type ScoringResources,
  scoreSelections,
  scoringWork,
} from './scoring'
