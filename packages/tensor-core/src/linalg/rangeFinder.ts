/**
 * Randomized range finder with power iterations and adaptive growth (Halko, Martinsson and Tropp 2011, algorithms 4.2 and 4.4),
 * followed by Rayleigh-Ritz. The result is not trusted but measured: the energy it captures, and the residual, which bounds the angle
 * between the computed subspace and the true one (Davis and Kahan).
 */
import { stream } from '../random'
import type { Pausable } from './cooperative'
import { type Dense, type Large, beside, columns, energy, generate, scaleColumns, subtract } from './dense'
import { symmetricEigen } from './eigen'
import { matrixEnergy, timesThin, transposedTimesThin } from './largeProducts'
import { gram, multiply } from './products'
import { orthonormal } from './qr'

// model ------------------------------------------------------------------------------------------

/**
 * How large the dominant subspace is: a share of ||V||_F^2 that it must capture, with at most `max` directions, or a number of
 * directions.
 */
export type RankRule = { readonly energy: number; readonly max?: number } | { readonly fixed: number }

/** The limits of the range finder, and its required accuracy. */
export interface RangeOptions {
  readonly rank: RankRule
  /** The basis never grows beyond this; the finder gives up if more would be needed. */
  readonly maxWidth: number
  readonly powerIterations: number
  /** Largest sine of the angle to the true subspace. */
  readonly tolerance: number
  readonly seed: number
}

/** Approximate leading singular triplets of V. */
export interface Range {
  /** [m, k] */
  readonly U: Dense
  /** [n, k] */
  readonly V: Dense
  /** [k], descending */
  readonly values: Float64Array
  /** ||V||_F^2 */
  readonly total: number
  /** ||U^T V||_F^2 / ||V||_F^2 and ||V V_k||_F^2 / ||V||_F^2, measured. */
  readonly capturedLeft: number
  readonly capturedRight: number
  /** Bound on the sine of the largest angle to the true left subspace. */
  readonly angle: number
}

const defaults: Omit<RangeOptions, 'rank' | 'maxWidth'> = { powerIterations: 24, tolerance: 1e-8, seed: 42 }

// rank -------------------------------------------------------------------------------------------

/**
 * The smallest k whose leading values of `squares` (descending) capture the required share, or the rule's `max`; a slack of 1e-12
 * absorbs rounding.
 *
 * @returns undefined if all of them capture less.
 */
export const rankFor = (squares: Float64Array, total: number, rule: RankRule): number | undefined => {
  // Directions below rounding error are not counted.
  const floor = (squares[0] ?? 0) * squares.length * Number.EPSILON
  const numerical = squares.findIndex((x) => x <= floor)
  const most = numerical === -1 ? squares.length : numerical
  if ('fixed' in rule) return Math.min(rule.fixed, most)
  let held = 0
  for (let k = 0; k < most; k++) {
    held += squares[k] ?? 0
    if (held >= rule.energy * total * (1 - 1e-12) || k + 1 === rule.max) return k + 1
  }
  return undefined
}

// finder -----------------------------------------------------------------------------------------

const gaussian = (rows: number, cols: number, seed: number, key: number): Dense => {
  const draw = stream(seed, 'range-finder', key)
  return generate(rows, cols, () => draw.normal())
}

/**
 * Leading singular subspaces of V; undefined if the finder gives up because the basis would grow beyond `maxWidth`, or because the
 * power iterations did not bring the angle below the tolerance. Yields after each pass over V.
 */
export function* rangeSteps(
  v: Large,
  options: Partial<RangeOptions> & Pick<RangeOptions, 'rank' | 'maxWidth'>,
): Pausable<Range | undefined> {
  const { rank, maxWidth, powerIterations, tolerance, seed } = { ...defaults, ...options }
  const total = matrixEnergy(v)
  const limit = Math.min(maxWidth, v.rows, v.cols)
  const wish = 'fixed' in rank ? rank.fixed : 8
  let width = Math.min(limit, wish + Math.max(8, Math.ceil(wish / 2)))
  let basis = orthonormal(timesThin(v, gaussian(v.cols, width, seed, 0)))
  let capturedBefore = 0
  let grown = 0
  for (let pass = 0; pass <= powerIterations;) {
    yield
    // W = V^T Q; the eigenvalues of W^T W are the squared Ritz values.
    const w = transposedTimesThin(v, basis)
    yield
    const ritz = symmetricEigen(gram(w))
    const squares = ritz.values.map((x) => Math.max(0, x))
    const captured = squares.reduce((s, x) => s + x, 0) / total
    const k = rankFor(squares, total, rank)
    const tooNarrow = k === undefined || ('energy' in rank && k > width - 4 && width < limit)
    if (tooNarrow) {
      // Growing is useful only while the goal is in reach: further directions capture no more than those found (a factor of 2
      // allows for Ritz values that are too small), and every widening must make progress. A smooth tail never gets there.
      const missing = ('energy' in rank ? rank.energy : 1) - captured
      const reachable = ((limit - width) * 2 * (squares[width >> 1] ?? 0)) / total
      if (width >= limit || missing > reachable || (grown > 0 && missing > 4 * (captured - capturedBefore)))
        return undefined
      capturedBefore = captured
      grown += 1
      const more = Math.min(limit - width, width)
      const fresh = timesThin(v, gaussian(v.cols, more, seed, grown))
      basis = orthonormal(beside(timesThin(v, w), fresh))
      width = basis.cols
      continue
    }
    // V W = V V^T Q: both the next power iteration and the residual of the Ritz pairs.
    const vw = timesThin(v, w)
    const vectors = columns(ritz.vectors, 0, k)
    const top = squares.slice(0, k)
    const U = multiply(basis, vectors)
    const image = multiply(vw, vectors)
    const residual = Math.sqrt(energy(subtract(image, scaleColumns(U, top))))
    const below = squares[k] ?? 0
    const gap = (top[k - 1] ?? 0) - below
    const angle = residual === 0 ? 0 : gap > 0 ? residual / gap : Infinity
    if (angle <= tolerance || (width === v.rows && width <= limit)) {
      const values = top.map(Math.sqrt)
      const V = scaleColumns(
        multiply(w, vectors),
        values.map((s) => 1 / s),
      )
      const capturedLeft = top.reduce((s, x) => s + x, 0) / total
      const capturedRight = energy(timesThin(v, V)) / total
      return { U, V, values, total, capturedLeft, capturedRight, angle }
    }
    basis = orthonormal(vw)
    pass += 1
  }
  return undefined
}
