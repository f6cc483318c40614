/**
 * The leading singular directions of a large matrix by power iterations, as accurate as deflation needs: they may mix with each other and
 * with their neighbours, but must hold nothing from far below. What is left of the matrix has a spectrum without outliers.
 */
import { matMul, tf } from '../engine'
import { stream } from '../random'
import type { Pausable } from './cooperative'
import { type Dense, at, energy, generate, scale, zeros } from './dense'
import { symmetricEigen } from './eigen'
import { type Block, blockEnergy, orthonormalBlock, toEngine, toHost } from './engineBlock'
import type { LoadedMatrix } from './engineMatrix'

// model ------------------------------------------------------------------------------------------

/** Orthonormal bases of leading singular subspaces of V [m, n]. */
export interface Leading {
  /** U [m, k] */
  readonly near: Dense
  /** W [n, k] */
  readonly far: Dense
}

/** The same on the engine, until they are disposed of. */
export interface LeadingBlocks {
  readonly near: Block
  readonly far: Block
  /** V^T U */
  readonly image: Block
  readonly dispose: () => void
}

const blocksOf = (near: Block, far: Block, image: Block): LeadingBlocks => ({
  near,
  far,
  image,
  dispose: () => tf.dispose([near, far, image]),
})

/** Bases of V from an earlier run. */
export const loadedLeading = (v: LoadedMatrix, leading: Leading): LeadingBlocks => {
  const near = toEngine(leading.near)
  return blocksOf(near, toEngine(leading.far), v.transposedTimes(near))
}

/** The bases' values, to be kept for later runs. */
export const keptLeading = ({ near, far }: LeadingBlocks): Leading => ({
  near: toHost(() => near.clone()),
  far: toHost(() => far.clone()),
})

// power iterations -------------------------------------------------------------------------------

/** Passes over V beyond the first: the parts of directions at a tenth of the last one's energy fall below a hundredth. */
const iterations = 1

/** The basis of a product with a basis, which is disposed of. */
const basisOf = (x: Block, times: (x: Block) => Block): Block => {
  const basis = tf.tidy(() => orthonormalBlock(times(x)))
  x.dispose()
  return basis
}

/** Bases of `count` leading directions; yields after each product. */
export function* leadingSteps(v: LoadedMatrix, count: number, seed: number): Pausable<LeadingBlocks> {
  const draw = stream(seed, 'leading-directions')
  const held = { near: toEngine(generate(v.cols, count, () => draw.normal())) }
  let done = false
  try {
    held.near = basisOf(held.near, v.times)
    yield
    for (let i = 0; i < iterations; i++) {
      held.near = basisOf(held.near, v.transposedTimes)
      yield
      held.near = basisOf(held.near, v.times)
      yield
    }
    const image = v.transposedTimes(held.near)
    done = true
    return blocksOf(held.near, orthonormalBlock(image), image)
  } finally {
    if (!done) held.near.dispose()
  }
}

/** Takes the leading directions out: V becomes (I - U U^T) V (I - W W^T). @returns the energy that it lacks now */
export const deflate = (v: LoadedMatrix, { near, far, image }: LeadingBlocks): number =>
  tf.tidy(() => {
    const across = tf.transpose<Block>(image)
    const along = v.times(far)
    const core: Block = matMul(across, far)
    const outside = tf.sub<Block>(along, matMul(near, core))
    v.subtract(tf.concat2d([near, outside], 1), tf.concat2d([across, tf.transpose<Block>(far)], 0))
    return blockEnergy(across) + blockEnergy(along) - blockEnergy(core)
  })

// largest eigenvalue -----------------------------------------------------------------------------

const lanczosSteps = 14

/**
 * A bound on the largest eigenvalue of G [n, n] by a few Lanczos steps: the largest Ritz value and its residual, and a margin of 3 %
 * (Zhou and Li 2011).
 */
export function* largestEigenvalueSteps(
  apply: (x: Block) => Block,
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
    const image = now
    const w = toHost(() => apply(toEngine(image)))
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
