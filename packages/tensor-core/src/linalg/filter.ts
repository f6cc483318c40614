/**
 * The dominant subspaces of a large matrix without a decomposition: only the action of the projectors on r columns is computed.
 *
 * 1. The leading directions (1 in 32) are found by power iterations and taken out: U U^T, W W^T.
 * 2. The eigenvalue tau at which the rest holds the wanted energy: from random probes (`spectralDensity`).
 * 3. P X = U U^T X + p(G) (I - U U^T) X with the Chebyshev series p of the step at tau (`chebyshev`); on the longer side
 *    P = W W^T + p(V^T V) on the complement, by p(V^T V) = p(0) + V^T q(V V^T) V with p(x) = p(0) + x q(x). The columns of both sides
 *    pass through one recurrence, each with its own coefficients.
 *
 * What is approximate: eigenvalues near tau are half kept, and tau itself is estimated. The density of the eigenvalues gives the mean
 * error of the series, and the probes' scatter that of tau.
 */
import { matMul, tf } from '../engine'
import { type Pausable, holding } from './cooperative'
import { type BoundedOperator, chebyshevSum, overLambda, stepSeries } from './chebyshev'
import type { Dense, Large } from './dense'
import { type Block, toEngine, toHost } from './engineBlock'
import { sliceColumns } from './engineGram'
import { type LoadedMatrix, type MatrixEngine, transposedView } from './engineMatrix'
import { type FilterCut, type Filtered, filterCut, projectionErrors } from './filterCut'
import {
  type LeadingBlocks,
  deflate,
  keptLeading,
  largestEigenvalueSteps,
  leadingSteps,
  loadedLeading,
} from './leading'
import type { RankRule } from './rangeFinder'
import { type Moments, momentSteps } from './spectralDensity'
import type { Subspaces } from './subspaces'

// model ------------------------------------------------------------------------------------------

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

// projections ------------------------------------------------------------------------------------

/** Columns X on their way through the polynomial f: f X = base + back(f_series(G) entering). */
interface Passage {
  readonly series: Float64Array
  /** [n, columns], n the shorter side. */
  readonly entering: Block
  readonly base: Block
  readonly back: (image: Block) => Block
}

/** The deflated rest of a matrix, the directions that were taken out of it, and its Gram matrix. */
interface Rest {
  readonly rest: LoadedMatrix
  readonly leading: LeadingBlocks
  readonly gram: BoundedOperator
}

/** U U^T X for X on the engine. */
const insideOf = (basis: Block, x: Block): Block => tf.tidy(() => matMul(basis, matMul(basis, x, true)))

/** On the shorter side the polynomial is that of G itself. */
const shortPassage = ({ leading }: Rest, series: Float64Array, x: Dense): Passage => {
  const whole = toEngine(x)
  const base = insideOf(leading.near, whole)
  const entering = tf.sub<Block>(whole, base)
  whole.dispose()
  return { series, entering, base, back: (image) => image }
}

/** On the longer side it is p(0) + V^T q(G) V. */
const longPassage = ({ leading, rest, gram }: Rest, step: Float64Array, x: Dense): Passage => {
  const { constant, series } = overLambda(step, gram.bound)
  const whole = toEngine(x)
  const inside = insideOf(leading.far, whole)
  const outside = tf.sub<Block>(whole, inside)
  const base = tf.tidy(() => tf.add<Block>(inside, tf.mul(outside, constant)))
  const entering = rest.times(outside)
  tf.dispose([whole, inside, outside])
  return { series, entering, base, back: rest.transposedTimes }
}

/** All columns of all passages in one recurrence. */
function* passed(gram: BoundedOperator, passages: ReadonlyArray<Passage>): Pausable<ReadonlyArray<Dense>> {
  const entering = tf.tidy(() =>
    tf.concat2d(
      passages.map((p) => p.entering),
      1,
    ),
  )
  try {
    const groups = passages.map((p) => ({ series: p.series, columns: p.entering.shape[1] }))
    const images = yield* chebyshevSum(gram, groups, entering)
    const ends = groups.map((_, i) => groups.slice(0, i + 1).reduce((sum, { columns }) => sum + columns, 0))
    const out = passages.map(({ base, back }, i) =>
      toHost(() => tf.add(base, back(sliceColumns(images, ends[i - 1] ?? 0, ends[i] ?? 0)))),
    )
    images.dispose()
    return out
  } finally {
    tf.dispose([entering, ...passages.flatMap((p) => [p.entering, p.base])])
  }
}

/** The subspaces by a series of this degree; `wide`: the rows are the shorter side. */
const subspacesBy = (
  rest: Rest,
  found: Filtered,
  cut: FilterCut,
  degree: number,
  wide: boolean,
): Subspaces => {
  const series = stepSeries(degree, cut.angle)
  const error = projectionErrors(found, cut, degree)
  const [left, right] = wide ? [shortPassage, longPassage] : [longPassage, shortPassage]
  return {
    route: 'filter',
    rankLeft: cut.rank,
    rankRight: cut.rank,
    capturedLeft: cut.captured,
    capturedRight: cut.captured,
    errorLeft: wide ? error.short : error.long,
    errorRight: wide ? error.long : error.short,
    projectLeft: function* (x) {
      const [px = x] = yield* passed(rest.gram, [left(rest, series, x)])
      return px
    },
    projectRight: function* (y) {
      const [py = y] = yield* passed(rest.gram, [right(rest, series, y)])
      return py
    },
    projectBoth: function* (x, y) {
      const [px = x, py = y] = yield* passed(rest.gram, [left(rest, series, x), right(rest, series, y)])
      return [px, py]
    },
  }
}

// steps ------------------------------------------------------------------------------------------

/** G X by the Gram matrix of V [m, n], m <= n, where forming it pays for that many columns, else by two products with V. */
function* withGram<A>(
  v: LoadedMatrix,
  columns: number,
  use: (apply: (x: Block) => Block) => Pausable<A>,
): Pausable<A> {
  const [m, n] = [v.rows, v.cols]
  const saved = columns * (4 * m * n - 2 * m * m)
  return m * m * n < saved
    ? yield* v.withGram(use)
    : yield* use((x) => tf.tidy(() => v.times(v.transposedTimes(x))))
}

function* boundedMoments(apply: (x: Block) => Block, n: number, seed: number): Pausable<Moments | undefined> {
  const bound = yield* largestEigenvalueSteps(apply, n, seed)
  const probes = Math.min(512, Math.max(16, Math.ceil(probeEntries / n)))
  const settings = { probes, degree: probeDegree, seed }
  return (
    (yield* momentSteps({ apply, bound }, n, settings)) ??
    (yield* momentSteps({ apply, bound: 1.5 * bound }, n, settings))
  )
}

/** A try with a number of leading directions; undefined where the cut is out of its reach. */
function* tried<A>(
  v: LoadedMatrix,
  wide: boolean,
  width: number,
  { rank, seed, columns, known }: FilterRequest,
  use: (found: Filtered, at: (degree: number) => Subspaces) => Pausable<A>,
): Pausable<{ readonly value: A } | undefined> {
  const n = v.rows
  const total = known?.total ?? v.energy()
  const taken = known === undefined ? yield* leadingSteps(v, width, seed) : loadedLeading(v, known.leading)
  const probeColumns = known === undefined ? probeDegree * Math.ceil(probeEntries / n) : 0
  return yield* holding(
    () => taken,
    function* (leading) {
      const removed = deflate(v, leading)
      yield
      return yield* withGram(v, usualDegree * columns + probeColumns, function* (apply) {
        const moments = known?.moments ?? (yield* boundedMoments(apply, n, seed))
        if (moments === undefined) return undefined
        const found: Filtered = {
          kind: 'filter',
          leading: known?.leading ?? keptLeading(leading),
          total,
          removed,
          moments,
        }
        const cut = filterCut(found, rank)
        if (cut === undefined) return undefined
        const rest = { rest: v, leading, gram: { apply, bound: moments.bound } }
        return { value: yield* use(found, (degree) => subspacesBy(rest, found, cut, degree, wide)) }
      })
    },
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
  request: FilterRequest,
  use: (found: Filtered, at: (degree: number) => Subspaces) => Pausable<A>,
): Pausable<A | undefined> {
  const wide = v.rows <= v.cols
  const n = Math.min(v.rows, v.cols)
  const { known } = request
  const widths =
    known === undefined
      ? leadingShares.map((share) => Math.max(4, Math.ceil(share * n)))
      : [known.leading.near.cols]
  for (const width of widths) {
    const done = yield* holding(
      () => (wide ? engine.load(v) : transposedView(engine.load(v))),
      (m) => tried(m, wide, width, request, use),
    )
    if (done !== undefined) return done.value
  }
  return undefined
}
