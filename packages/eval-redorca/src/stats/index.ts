/** Statistics of benchmark results: intervals, tests, agreement of raters. */
export {
  type BootstrapOptions,
  type Clustered,
  type Counts,
  clusteredRate,
  defaultResamples,
  eachResample,
  meanWithInterval,
  percentileInterval,
  quantile,
  ruleOfThree,
  weightedMean,
  wilson,
  z95,
} from '@safe/tensor-core/stats'
export type { Estimate } from './estimate'
export { atLeast } from './floors'
export { type ResampleBlock, eachResampleBlock } from './keptResamples'
export { meanOfMeans } from './meanOfMeans'
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
