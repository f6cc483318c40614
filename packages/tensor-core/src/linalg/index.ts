/** Numerics on the host in double precision: thin QR, symmetric eigenproblems, small SVD, dominant subspaces in factored form. */
export { type Pausable, holding, inOneGo, withPauses } from './cooperative'
export {
  type Dense,
  type Large,
  above,
  at,
  beside,
  columns,
  combine,
  dense,
  energy,
  frobenius,
  fromMatrix,
  fromRows,
  generate,
  identity,
  inner,
  rows,
  scale,
  scaleColumns,
  subtract,
  toMatrix,
  trace,
  transpose,
  zeros,
} from './dense'
export {
  type SymmetricEigen,
  symmetricEigen,
  symmetricFunction,
  tridiagonalEigen,
  tridiagonalEigenvalues,
} from './eigen'
export type { Block } from './engineBlock'
export type { GramProduct } from './engineGram'
export { type LoadedMatrix, type MatrixEngine, matrixEngine, suitsAnEngine } from './engineMatrix'
export { type FilterRequest, filterSteps, usualDegree } from './filter'
export type { Filtered } from './filterCut'
export { flip, matrixEnergy, timesThin, transposedTimesThin } from './largeProducts'
export { gram, multiply, multiplyTransposed } from './products'
export type { Leading } from './leading'
export { rowGramSteps } from './rowGram'
export { type QR, orthonormal, thinQR } from './qr'
export { randomProjector } from './randomSubspace'
export { type Range, type RangeOptions, type RankRule, rangeSteps, rankFor } from './rangeFinder'
export type { Moments } from './spectralDensity'
export { type Cut, projectionSteps, restrictedInverseSteps } from './spectralStep'
export {
  type Decomposition,
  type Ranged,
  type Spectrum,
  type Subspaces,
  decompositionSteps,
  dominantSubspaceSteps,
  spectrumSteps,
  subspacesOf,
} from './subspaces'
export { type SVD, smallSVD } from './svd'
export { type Reduction, type Tridiagonal, reductionSteps, timesQ, timesQTransposed } from './tridiagonal'
