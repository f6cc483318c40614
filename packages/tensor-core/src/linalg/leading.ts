/**
 * The leading singular directions of a large matrix by power iterations, as accurate as deflation needs: they may mix with each other and
 * with their neighbours, but must hold nothing from far below. What is left of the matrix has a spectrum without outliers.
 */
import { stream } from '../random'
import type { Pausable } from './cooperative'
import { type Dense, at, dense, energy, generate, scale, subtract, transpose, zeros } from './dense'
import { symmetricEigen } from './eigen'
import { type LoadedMatrix, type ThinProduct, sumOfProducts } from './engineMatrix'
import { gram, multiply } from './products'
import { orthonormal } from './qr'

// model ------------------------------------------------------------------------------------------

/** Orthonormal bases of leading singular subspaces of V [m, n]. */
export interface Leading {
  /** U [m, k] */
  readonly near: Dense
  /** W [n, k] */
  readonly far: Dense
}

/** V - less = (I - U U^T) V (I - W W^T), and the energy that it lacks. */
export interface Deflation {
  readonly less: ThinProduct
  readonly removed: number
}

// orthonormal bases ------------------------------------------------------------------------------

/** The columns of Y [n, k] orthonormalised by the Cholesky factor of Y^T Y; by Householder reflections where that is singular. */
const orthonormalised = (y: Dense): Dense => {
  const g = gram(y)
  const k = y.cols
  const L = zeros(k, k)
  const smallest = 1e-11 * Math.max(...Array.from({ length: k }, (_, i) => at(g, i, i)))
  for (let j = 0; j < k; j++)
    for (let i = j; i < k; i++) {
      let s = at(g, i, j)
      for (let l = 0; l < j; l++) s -= at(L, i, l) * at(L, j, l)
      if (i === j && !(s > smallest)) return orthonormal(y)
      L.data[i * k + j] = i === j ? Math.sqrt(s) : s / at(L, j, j)
    }
  // Rows of the result solve x L^T = y.
  const out = y.data.slice()
  for (let row = 0; row < out.length; row += k)
    for (let j = 0; j < k; j++) {
      let s = out[row + j] ?? 0
      for (let l = 0; l < j; l++) s -= (L.data[j * k + l] ?? 0) * (out[row + l] ?? 0)
      out[row + j] = s / (L.data[j * k + j] ?? 1)
    }
  return dense(y.rows, k, out)
}

// power iterations -------------------------------------------------------------------------------

/** Passes over V beyond the first: the parts of directions at a tenth of the last one's energy fall below a hundredth. */
const iterations = 1

/** Bases of `count` leading directions; yields after each product. */
export function* leadingSteps(v: LoadedMatrix, count: number, seed: number): Pausable<Leading> {
  const draw = stream(seed, 'leading-directions')
  let y = v.times(generate(v.cols, count, () => draw.normal()))
  yield
  for (let i = 0; i < iterations; i++) {
    y = v.times(v.transposedTimes(orthonormalised(y)))
    yield
  }
  const near = orthonormalised(y)
  const far = orthonormalised(v.transposedTimes(near))
  yield
  return { near, far }
}

/** What the bases take out of V. */
export const deflationOf = (v: LoadedMatrix, { near, far }: Leading): Deflation => {
  const across = transpose(v.transposedTimes(near))
  const along = v.times(far)
  const core = multiply(across, far)
  return {
    less: sumOfProducts(
      { left: near, right: across },
      { left: subtract(along, multiply(near, core)), right: transpose(far) },
    ),
    removed: energy(across) + energy(along) - energy(core),
  }
}

// largest eigenvalue -----------------------------------------------------------------------------

const lanczosSteps = 14

/**
 * A bound on the largest eigenvalue of G by a few Lanczos steps: the largest Ritz value and its residual, and a margin of 3 %
 * (Zhou and Li 2011).
 */
export function* largestEigenvalueSteps(
  apply: (x: Dense) => Dense,
  n: number,
  seed: number,
): Pausable<number> {
  const draw = stream(seed, 'largest-eigenvalue')
  const start = generate(n, 1, () => draw.normal())
  let before = zeros(n, 1)
  let now = scale(1 / Math.sqrt(energy(start)), start)
  const steps = Math.min(n, lanczosSteps)
  const T = zeros(steps, steps)
  let beta = 0
  for (let i = 0; i < steps; i++) {
    const w = apply(now)
    let alpha = 0
    for (let r = 0; r < n; r++) alpha += (w.data[r] ?? 0) * (now.data[r] ?? 0)
    for (let r = 0; r < n; r++)
      w.data[r] = (w.data[r] ?? 0) - alpha * (now.data[r] ?? 0) - beta * (before.data[r] ?? 0)
    T.data[i * steps + i] = alpha
    beta = Math.sqrt(energy(w))
    if (i < steps - 1) {
      T.data[(i + 1) * steps + i] = beta
      T.data[i * steps + i + 1] = beta
    }
    before = now
    now = beta === 0 ? zeros(n, 1) : scale(1 / beta, w)
    yield
  }
  const { values, vectors } = symmetricEigen(T)
  return 1.03 * ((values[0] ?? 0) + Math.abs(beta * at(vectors, steps - 1, 0)))
}
