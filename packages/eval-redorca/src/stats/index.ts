/** Statistics of benchmark results: intervals, tests, agreement of raters. */
export {
  type BootstrapOptions,
  type Counts,
  defaultResamples,
  eachResample,
  percentileInterval,
  quantile,
  weightedMean,
  wilson,
  z95,
} from '@safe/tensor-core/stats'
export type { Estimate } from './estimate'
export { atLeast, ruleOfThree } from './floors'
export { meanWithInterval } from './bootstrap'
export { type ResampleBlock, eachResampleBlock } from './keptResamples'
export type { Clustered } from './clusters'
export { meanOfMeans } from './meanOfMeans'
export { clusteredRate } from './clustered'
export { mcnemarExact } from './mcnemar'
export { holm } from './holm'
export { krippendorffAlpha } from './alpha'
export { type Agreement, type RatedPair, agreement } from './agreement'
export { type CorrectedRate, type JudgedAndLabelled, roganGladen } from './roganGladen'
export {
  type ErrorRate,
  type JudgeErrors,
  type ValidationRow,
  errorsByStratum,
  estimatedRate,
  judgeErrors,
} from './validation'
