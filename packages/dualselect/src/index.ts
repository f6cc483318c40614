/** DualSelect (arXiv 2606.09866): safety references and task rows selected together, and a corrected gradient. */
export { coefficient, corrected } from './correction'
export {
  type DualSelectOptions,
  corrections,
  defaults,
  modes,
  normalisations,
  referenceCount,
  referenceLosses,
  referenceSets,
  taskFilters,
  trainingDefaults,
} from './defaults'
export {
  type PoolOptions,
  type Refreshed,
  measurePool,
  refreshReferences,
  weightedGradient,
} from './references'
export { type Surroundings, dualSelect } from './rule'
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
export type { SelectionRow, WarningRow } from './selectionLog'
export type { CountTokens } from './taskFilter'
export { decodeOptions } from './options'
export { plugins } from './plugin'
export {
  type NumberedRows,
  type ScoreRow,
  type ScoringOptions,
  scoreSelections,
  scoringWork,
} from './scoring'
