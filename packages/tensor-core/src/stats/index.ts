/** Statistics that several packages state results with: intervals of rates, resampling, and the choice of a strength at equal utility. */
export { type Clustered, type ClusterSum, unitsOf } from './clusters'
export { type ClusteredEstimate, clusteredRate, ruleOfThree } from './clustered'
export {
  type StrengthChoice,
  type StrengthMeasures,
  type UtilityBound,
  defaultEpsilon,
  keepsBounds,
  strengthWithinBounds,
} from './equalUtility'
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
