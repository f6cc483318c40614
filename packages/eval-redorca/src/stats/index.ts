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
export { mcnemarExact } from './mcnemar'
export { holm } from './holm'
export { type Agreement, type RatedPair, agreement } from './agreement'
export { type CorrectedRate, type JudgedAndLabelled, roganGladen } from './roganGladen'
