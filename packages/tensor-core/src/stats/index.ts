/** Statistics that several packages state results with: intervals of rates, and resampling. */
export { type Clustered, type ClusterSum, unitsOf } from './clusters'
export { type ClusteredEstimate, clusteredRate, ruleOfThree } from './clustered'
export { type MeanEstimate, meanWithInterval } from './meanWithInterval'
export { type IntervalEstimate, wilson, z95 } from './wilson'
export {
  type BootstrapOptions,
  type Counts,
  defaultResamples,
  eachResample,
  percentileInterval,
  quantile,
  weightedMean,
} from './resampling'
