/** Where a filter cuts the spectrum of a matrix, estimated from what is kept of it: leading directions and moments of the rest. */
import type { Leading } from './leading'
import type { RankRule } from './rangeFinder'
import {
  type Estimated,
  type Moments,
  angleWhere,
  countAbove,
  eigenvalueAt,
  stepError,
  sumBelow,
} from './spectralDensity'

// model ------------------------------------------------------------------------------------------

/** What is kept of a matrix for any cut of its spectrum: worth caching between runs. Sides are those of the shorter dimension. */
export interface Filtered {
  readonly kind: 'filter'
  readonly leading: Leading
  /** ||V||_F^2, and what of it the leading directions hold. */
  readonly total: number
  readonly removed: number
  /** Of the Gram matrix of the rest. */
  readonly moments: Moments
}

/** Where the spectrum of the rest is cut. */
export interface FilterCut {
  readonly angle: number
  readonly rank: number
  /** Share of ||V||_F^2 above the cut. */
  readonly captured: number
  /** Share of the directions that the estimate of the cut may put on the wrong side. */
  readonly misplaced: number
}

/** The largest eigenvalue of the rest over tau: below, leading directions would hold parts from beyond the cut; above, float32 fails. */
const spread = { least: 5, most: 1e4 }

// cut --------------------------------------------------------------------------------------------

/** Where a rank rule cuts; undefined where the leading directions alone satisfy it, or the cut is out of reach. */
export const filterCut = (f: Filtered, rule: RankRule): FilterCut | undefined => {
  const { moments, total, removed } = f
  const [n, k] = [moments.n, f.leading.near.cols]
  const below = (angle: number): Estimated => sumBelow(moments, angle, total - removed)
  const above = (angle: number): Estimated => countAbove(moments, angle)
  const ofCount = (count: number): number => angleWhere((angle) => -above(angle).value, k - count)
  const ofEnergy = (share: number): number => angleWhere((angle) => below(angle).value, (1 - share) * total)
  const most = 'fixed' in rule ? rule.fixed : (rule.max ?? n)
  if (most <= k || ('energy' in rule && removed >= rule.energy * total) || ('fixed' in rule && most >= n))
    return undefined
  const counted = most < n ? ofCount(most) : Math.PI
  const angle = 'fixed' in rule ? counted : Math.min(ofEnergy(rule.energy), counted)
  const tau = eigenvalueAt(angle, moments.bound)
  if (!(moments.bound >= spread.least * tau && moments.bound <= spread.most * tau)) return undefined
  const lost = below(angle)
  return {
    angle,
    rank: Math.min(most, n, Math.max(k + 1, Math.round(k + above(angle).value))),
    captured: 1 - Math.max(0, lost.value) / total,
    misplaced: (angle === counted ? above(angle).error : lost.error / tau) / n,
  }
}

// error ------------------------------------------------------------------------------------------

/**
 * Expected ||(P - P_exact) X||^2 / ||X||^2 on either side for X without preference among the directions. On the longer side the
 * directions beyond the rank of V are at the end of the spectrum, where the series is nearly 0.
 */
export const projectionErrors = (
  { moments, leading: { near, far } }: Filtered,
  cut: FilterCut,
  degree: number,
) => {
  const short = stepError(moments, cut.angle, degree) + cut.misplaced
  return { short, long: (short * near.rows) / far.rows }
}
