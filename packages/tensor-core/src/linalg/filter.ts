/**
 * The dominant subspaces of a large matrix without a decomposition: only the action of the projectors on r columns is computed.
 *
 * 1. The leading directions (1 in 32) are found by power iterations and taken out: U U^T, W W^T.
 * 2. The eigenvalue tau at which the rest holds the wanted energy: from random probes (`spectralDensity`).
 * 3. P X = U U^T X + p(G) (I - U U^T) X with the Chebyshev series p of the step at tau (`chebyshev`); on the longer side
 *    P = W W^T + p(V^T V) on the complement, by p(V^T V) = p(0) + V^T q(V V^T) V with p(x) = p(0) + x q(x).
 *
 * What is approximate: eigenvalues near tau are half kept, and tau itself is estimated. The density of the eigenvalues gives the mean
 * error of the series, and the probes' scatter that of tau.
 */
import { type Pausable, holding } from './cooperative'
import { type BoundedOperator, chebyshevSum, overLambda, stepSeries } from './chebyshev'
import { type Dense, type Large, combine, subtract, transpose } from './dense'
import { type LoadedMatrix, type MatrixEngine, type ThinProduct, transposedView } from './engineMatrix'
import { matrixEnergy } from './largeProducts'
import { type Leading, deflationOf, largestEigenvalueSteps, leadingSteps } from './leading'
import { multiply } from './products'
import type { RankRule } from './rangeFinder'
import {
  type Estimated,
  type Moments,
  angleWhere,
  countAbove,
  eigenvalueAt,
  momentSteps,
  stepError,
  sumBelow,
} from './spectralDensity'
import type { Subspaces } from './subspaces'

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
interface FilterCut {
  readonly angle: number
  readonly rank: number
  /** Share of ||V||_F^2 above the cut. */
  readonly captured: number
  /** Share of the directions that the estimate of the cut may put on the wrong side. */
  readonly misplaced: number
}

/** What is to be found. */
export interface FilterRequest {
  readonly rank: RankRule
  readonly seed: number
  /** Columns that will be projected, both sides together. */
  readonly columns: number
  /** Kept from an earlier run with the same matrix. */
  readonly known?: Filtered
}

/** Degree of the series at which most spectra without outliers need no second try. */
export const usualDegree = 80
/** Chebyshev steps of the probes, and how many entries they have together. */
const probeDegree = 30
const probeEntries = 1 << 18
/** The leading directions as shares of the shorter side: the second where the first would reach the cut. */
const leadingShares = [1 / 32, 1 / 128]
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

// projections ------------------------------------------------------------------------------------

const inside = (basis: Dense, x: Dense): Dense => multiply(basis, multiply(transpose(basis), x))
const sum = (a: Dense, b: Dense): Dense => combine(1, a, 1, b)

/** The projectors of the shorter and of the longer side. */
interface Projectors {
  readonly short: (x: Dense) => Pausable<Dense>
  readonly long: (x: Dense) => Pausable<Dense>
}

/** The projectors by a series of this degree. */
const projectors = (
  { leading: { near, far } }: Filtered,
  cut: FilterCut,
  rest: LoadedMatrix,
  g: BoundedOperator,
  degree: number,
): Projectors => {
  const series = stepSeries(degree, cut.angle)
  const quotient = overLambda(series, g.bound)
  return {
    short: function* (x: Dense): Pausable<Dense> {
      const held = inside(near, x)
      return sum(held, yield* chebyshevSum(g, series, subtract(x, held)))
    },
    long: function* (x: Dense): Pausable<Dense> {
      const held = inside(far, x)
      const outside = subtract(x, held)
      const image = yield* chebyshevSum(g, quotient.series, rest.times(outside))
      return sum(held, combine(quotient.constant, outside, 1, rest.transposedTimes(image)))
    },
  }
}

/**
 * Expected ||(P - P_exact) X||^2 / ||X||^2 on either side for X without preference among the directions. On the longer side the
 * directions beyond the rank of V are at the end of the spectrum, where the series is nearly 0.
 */
const projectionErrors = ({ moments, leading: { near, far } }: Filtered, cut: FilterCut, degree: number) => {
  const short = stepError(moments, cut.angle, degree) + cut.misplaced
  return { short, long: (short * near.rows) / far.rows }
}

// steps ------------------------------------------------------------------------------------------

const flipped = ({ left, right }: ThinProduct): ThinProduct => ({
  left: transpose(right),
  right: transpose(left),
})

/** G X by the Gram matrix of V [m, n], m <= n, where forming it pays for that many columns, else by two products with V. */
function* withGram<A>(
  v: LoadedMatrix,
  columns: number,
  use: (apply: (x: Dense) => Dense) => Pausable<A>,
): Pausable<A> {
  const [m, n] = [v.rows, v.cols]
  const saved = columns * (4 * m * n - 2 * m * m)
  return m * m * n < saved
    ? yield* holding(
        () => v.gram(),
        (g) => use(g.times),
      )
    : yield* use((x) => v.times(v.transposedTimes(x)))
}

function* boundedMoments(apply: (x: Dense) => Dense, n: number, seed: number): Pausable<Moments | undefined> {
  const bound = yield* largestEigenvalueSteps(apply, n, seed)
  const probes = Math.min(512, Math.max(16, Math.ceil(probeEntries / n)))
  const settings = { probes, degree: probeDegree, seed }
  return (
    (yield* momentSteps({ apply, bound }, n, settings)) ??
    (yield* momentSteps({ apply, bound: 1.5 * bound }, n, settings))
  )
}

/**
 * Runs steps that use the subspaces of V (which is not zero) while its deflated rest is on the engine; `at` gives them by a series of any
 * degree, and each degree costs a product with the columns that are projected.
 *
 * @returns undefined where the route is not suited: few directions hold the energy, or the cut is at the end of the spectrum
 */
export function* filterSteps<A>(
  v: Large,
  engine: MatrixEngine,
  { rank, seed, columns, known }: FilterRequest,
  use: (found: Filtered, at: (degree: number) => Subspaces) => Pausable<A>,
): Pausable<A | undefined> {
  const wide = v.rows <= v.cols
  const n = Math.min(v.rows, v.cols)
  const load = (less?: ThinProduct): LoadedMatrix =>
    wide
      ? engine.load(v, less)
      : transposedView(engine.load(v, less === undefined ? undefined : flipped(less)))
  const total = known?.total ?? matrixEnergy(v)
  const widths =
    known === undefined
      ? leadingShares.map((share) => Math.max(4, Math.ceil(share * n)))
      : [known.leading.near.cols]
  for (const width of widths) {
    const { leading, less, removed } = yield* holding(load, function* (m) {
      const bases = known?.leading ?? (yield* leadingSteps(m, width, seed))
      return { leading: bases, ...deflationOf(m, bases) }
    })
    const probeColumns = known === undefined ? probeDegree * Math.ceil(probeEntries / n) : 0
    const done = yield* holding(
      () => load(less),
      (rest) =>
        withGram(rest, usualDegree * columns + probeColumns, function* (apply) {
          const moments = known?.moments ?? (yield* boundedMoments(apply, n, seed))
          if (moments === undefined) return undefined
          const found: Filtered = { kind: 'filter', leading, total, removed, moments }
          const cut = filterCut(found, rank)
          if (cut === undefined) return undefined
          const at = (degree: number): Subspaces => {
            const p = projectors(found, cut, rest, { apply, bound: moments.bound }, degree)
            const error = projectionErrors(found, cut, degree)
            return {
              route: 'filter',
              rankLeft: cut.rank,
              rankRight: cut.rank,
              capturedLeft: cut.captured,
              capturedRight: cut.captured,
              ...(wide
                ? {
                    projectLeft: p.short,
                    projectRight: p.long,
                    errorLeft: error.short,
                    errorRight: error.long,
                  }
                : {
                    projectLeft: p.long,
                    projectRight: p.short,
                    errorLeft: error.long,
                    errorRight: error.short,
                  }),
            }
          }
          return { value: yield* use(found, at) }
        }),
    )
    if (done !== undefined) return done.value
  }
  return undefined
}
