/** Statistics of benchmark results: intervals, tests, agreement of raters. */
export { type Estimate, z95 } from './estimate'
export { atLeast, ruleOfThree, wilson } from './wilson'
export {
  type BootstrapOptions,
  type Counts,
  defaultResamples,
  eachResample,
  meanWithInterval,
  percentileInterval,
  quantile,
  weightedMean,
} from './bootstrap'
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
