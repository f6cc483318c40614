/**
 * The dominant column and row space of a matrix V, represented by the action of their projectors.
 *
 * Two routes give the same subspaces:
 *   spectrum  exact: Gram matrix of the shorter side, tridiagonal reduction, spectral step function (see `spectralStep`). The
 *             cost does not depend on the rank, nor does what is kept.
 *   range     randomized range finder, for few directions of a large matrix; used only if the residual proves it accurate.
 * With G = V V^T on the shorter side and U its dominant eigenvectors, the other side needs no second decomposition:
 *   P_R = V^T U diag(1/lambda) U^T V.
 */
import type { Pausable } from './cooperative'
import { type Dense, type Large, columns, transpose } from './dense'
import { tridiagonalEigen, tridiagonalEigenvalues } from './eigen'
import { flip, matrixEnergy, timesThin, transposedTimesThin } from './largeProducts'
import { multiply } from './products'
import { type Range, type RankRule, rangeSteps, rankFor } from './rangeFinder'
import { rowGramSteps } from './rowGram'
import { type Cut, projectionSteps, restrictedInverseSteps } from './spectralStep'
import { type Reduction, type Tridiagonal, reductionSteps, timesQ, timesQTransposed } from './tridiagonal'
import { workspaceFor } from './workspace'

// model ------------------------------------------------------------------------------------------

/** Everything about V that does not depend on the rank: worth caching between runs. */
export interface Spectrum {
  readonly kind: 'spectrum'
  /** Which Gram matrix was reduced: `left` V V^T, `right` V^T V. */
  readonly side: 'left' | 'right'
  readonly reduction: Reduction
  /** Eigenvalues of the Gram matrix, descending. */
  readonly squares: Float64Array
}
/** A decomposition by the range finder: a basis, and the share of the matrix that it captures. */
export interface Ranged {
  readonly kind: 'range'
  readonly range: Range
}
/** What is kept of a matrix to project onto its dominant subspaces: the whole spectrum, or a range. */
export type Decomposition = Spectrum | Ranged

/**
 * The dominant left and right singular subspaces of a matrix [rows, cols], by the action of their projectors, which are never formed
 * as matrices.
 */
export interface Subspaces {
  readonly route: Decomposition['kind'] | 'filter'
  readonly rankLeft: number
  readonly rankRight: number
  /** Share of ||V||_F^2 that the subspace captures, measured. */
  readonly capturedLeft: number
  readonly capturedRight: number
  /** `filter`: expected ||(P - P_exact) X||^2 / ||X||^2 on either side for X without preference among the directions. */
  readonly errorLeft?: number
  readonly errorRight?: number
  /** P_L X for X [rows, p]. */
  readonly projectLeft: (x: Dense) => Pausable<Dense>
  /** P_R X for X [cols, p]. */
  readonly projectRight: (x: Dense) => Pausable<Dense>
  /** Both at once, where that takes less time. */
  readonly projectBoth?: (left: Dense, right: Dense) => Pausable<readonly [left: Dense, right: Dense]>
}

/** If the shorter side is at least this long, the range finder is tried first. */
const rangeFrom = 1024
/** The finder's basis may be this share of the shorter side: beyond it the exact route is cheaper. */
const rangeShare = 1 / 16
/** Gaps below this share of the largest eigenvalue are ties: the cut then uses eigenvectors. */
const tie = 1e-13

// decomposition ----------------------------------------------------------------------------------

/** The exact route. Memory besides V: the square of the shorter side, in doubles. */
export function* spectrumSteps(v: Large): Pausable<Spectrum> {
  const side = v.rows <= v.cols ? 'left' : 'right'
  const workspace = workspaceFor(Math.min(v.rows, v.cols))
  const g = yield* rowGramSteps(side === 'left' ? v : flip(v), workspace)
  const reduction = yield* reductionSteps(g, workspace)
  const squares = tridiagonalEigenvalues(reduction.T).map((x) => Math.max(0, x))
  return { kind: 'spectrum', side, reduction, squares }
}

/** Decomposes V by the route that suits its size and the rank. */
export function* decompositionSteps(v: Large, rank: RankRule, seed: number): Pausable<Decomposition> {
  const n = Math.min(v.rows, v.cols)
  const maxWidth = Math.floor(n * rangeShare)
  if (n >= rangeFrom && !('fixed' in rank && rank.fixed * 2 > maxWidth)) {
    const range = yield* rangeSteps(v, { rank, maxWidth, seed })
    if (range !== undefined) return { kind: 'range', range }
  }
  return yield* spectrumSteps(v)
}

// subspaces --------------------------------------------------------------------------------------

const unchanged = (x: Dense): Pausable<Dense> => immediate(() => x)
function* immediate<A>(f: () => A): Pausable<A> {
  return f()
}

const ofBasis =
  (u: Dense) =>
  (x: Dense): Pausable<Dense> =>
    immediate(() => multiply(u, multiply(transpose(u), x)))

const cutAt = (squares: Float64Array, k: number): Cut => {
  const above = squares[k - 1] ?? 0
  const below = squares[k] ?? 0
  const threshold = (above + below) / 2
  return { threshold, gap: (above - below) / 2, range: Math.max((squares[0] ?? 0) - threshold, threshold) }
}

/** P and P T^-1 of the leading k eigenvectors of T; by eigenvectors if the cut is between equal eigenvalues. */
const functionsOf = (t: Tridiagonal, squares: Float64Array, k: number) => {
  const cut = cutAt(squares, k)
  if (cut.gap > tie * (squares[0] ?? 0))
    return {
      project: (b: Dense): Pausable<Dense> => projectionSteps(t, cut, b),
      invert: (b: Dense): Pausable<Dense> => restrictedInverseSteps(t, cut, b),
    }
  const all = tridiagonalEigen(t)
  const u = columns(all.vectors, 0, k)
  const ut = transpose(u)
  const weigh = (b: Dense, weight: (value: number) => number): Dense => {
    const inside = multiply(ut, b)
    for (let i = 0; i < k; i++)
      for (let j = 0; j < b.cols; j++)
        inside.data[i * b.cols + j] = (inside.data[i * b.cols + j] ?? 0) * weight(all.values[i] ?? 0)
    return multiply(u, inside)
  }
  return {
    project: (b: Dense): Pausable<Dense> => immediate(() => weigh(b, () => 1)),
    invert: (b: Dense): Pausable<Dense> => immediate(() => weigh(b, (x) => 1 / x)),
  }
}

const ofSpectrum = (v: Large, s: Spectrum, rank: RankRule): Subspaces => {
  const n = s.squares.length
  const total = s.squares.reduce((sum, x) => sum + x, 0)
  const k = rankFor(s.squares, total, rank) ?? n
  const captured = s.squares.slice(0, k).reduce((sum, x) => sum + x, 0) / total
  const computed: { functions?: ReturnType<typeof functionsOf> } = {}
  const functions = (): ReturnType<typeof functionsOf> =>
    (computed.functions ??= functionsOf(s.reduction.T, s.squares, k))
  const near = function* (x: Dense): Pausable<Dense> {
    return timesQ(s.reduction, yield* functions().project(timesQTransposed(s.reduction, x)))
  }
  const [across, back] =
    s.side === 'left' ? [timesThin, transposedTimesThin] : [transposedTimesThin, timesThin]
  const far = function* (x: Dense): Pausable<Dense> {
    const inside = timesQTransposed(s.reduction, across(v, x))
    yield
    return back(v, timesQ(s.reduction, yield* functions().invert(inside)))
  }
  const nearSide = k === n ? unchanged : near
  const farSide = k === Math.max(v.rows, v.cols) ? unchanged : far
  return {
    route: 'spectrum',
    rankLeft: k,
    rankRight: k,
    capturedLeft: captured,
    capturedRight: captured,
    projectLeft: s.side === 'left' ? nearSide : farSide,
    projectRight: s.side === 'left' ? farSide : nearSide,
  }
}

const ofRange = ({ range }: Ranged): Subspaces => ({
  route: 'range',
  rankLeft: range.values.length,
  rankRight: range.values.length,
  capturedLeft: range.capturedLeft,
  capturedRight: range.capturedRight,
  projectLeft: ofBasis(range.U),
  projectRight: ofBasis(range.V),
})

/** The dominant subspaces of V (which is not zero) under a rank rule, from its decomposition. */
export const subspacesOf = (v: Large, d: Decomposition, rank: RankRule): Subspaces =>
  d.kind === 'spectrum' ? ofSpectrum(v, d, rank) : ofRange(d)

/**
 * Decomposes V and cuts, for callers that keep no decomposition.
 *
 * @returns undefined if V is zero.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { at, dominantSubspaceSteps, fromRows, inOneGo } from '@safe/tensor-core/linalg'
 *
 * const subspaces = inOneGo(dominantSubspaceSteps(fromRows([[3, 0], [0, 1]]), { energy: 0.9 }))
 * assert.ok(subspaces !== undefined)
 * assert.equal(subspaces.rankLeft, 1)
 * const projected = inOneGo(subspaces.projectLeft(fromRows([[5], [7]])))
 * assert.ok(Math.abs(at(projected, 0, 0) - 5) < 1e-9 && Math.abs(at(projected, 1, 0)) < 1e-9)
 * ```
 */
export function* dominantSubspaceSteps(v: Large, rank: RankRule, seed = 42): Pausable<Subspaces | undefined> {
  if (matrixEnergy(v) === 0) return undefined
  return subspacesOf(v, yield* decompositionSteps(v, rank, seed), rank)
}
