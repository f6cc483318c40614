/**
 * One module's correction: what each method does to D = B A, given V = W_aligned - W_base and its dominant subspaces.
 *
 *   csulora       closed-form weights on the four blocks, then the best rank-r approximation
 *   hard          P_L D P_R
 *   safelora      B <- C B where cos(C B A, B A) <= tau, C = V V^T / ||V||_F          (Safe LoRA, arXiv 2405.16833)
 *   scale         D shrunk uniformly, to csulora's ||D*|| or by a given factor: a control
 *   random-basis  csulora against random subspaces of the same ranks: a control
 */
import {
  type Dense,
  type Large,
  type Pausable,
  type Subspaces,
  gram,
  inner,
  matrixEnergy,
  multiply,
  multiplyTransposed,
  randomProjector,
  scale,
  timesThin,
  transpose,
  transposedTimesThin,
} from '@safe/tensor-core/linalg'
import {
  type PerBlock,
  type SplitFactors,
  blockEnergies,
  blockWeights,
  chanceShares,
  shares,
  splitFactors,
  total,
  weightedEnergy,
} from './blocks'
import type { CsuloraOptions } from './options'
import { truncated } from './truncation'
import { addUp, updateError } from './updateError'

// model ------------------------------------------------------------------------------------------

/**
 * What is done to a module once its subspaces are known. `beta` regularises the weights, `tau` is Safe LoRA's
 * threshold of the cosine, `factor` what scale multiplies by (undefined: csulora's norm), `seed` draws the random basis.
 */
export interface CorrectionRule
  extends Pick<CsuloraOptions, 'method' | 'beta' | 'tau'>, Partial<Pick<CsuloraOptions, 'factor'>> {
  readonly seed: number
}

/** An update D = B A in its factors, the adapter's scale included. */
export interface Factors {
  /** [d_out, r] */
  readonly B: Dense
  /** [r, d_in] */
  readonly A: Dense
}

/** What was measured of the subspaces; shares are of ||D||_F^2. */
export interface SubspaceReport {
  readonly rankLeft: number
  readonly rankRight: number
  readonly capturedLeft: number
  readonly capturedRight: number
  readonly energies: PerBlock
  readonly chance: PerBlock
  readonly gammas: PerBlock
  /** Where the projectors are approximate: expected ||D*_found - D*|| / ||D*||. */
  readonly updateError?: number
}

/** What was measured of the update. */
export interface UpdateReport {
  /** ||D*|| / ||D|| before truncation. */
  readonly normRatio: number
  /** Share of ||D*||_F^2 that is dropped to reach the rank. */
  readonly lostEnergy: number
  /** safelora: cos(C B A, B A), and whether it led to a projection. */
  readonly cosine?: number
  readonly projected?: boolean
}

/** What was measured of a correction that splits the update. */
export interface CorrectionReport extends SubspaceReport, UpdateReport {}

/** What a method makes of one module. */
export interface Correction {
  readonly route: Subspaces['route']
  /** Undefined where the module stays as it is. */
  readonly factors: Factors | undefined
  readonly report: CorrectionReport
}

const one: PerBlock = { LR: 1, Lp: 1, pR: 1, pp: 1 }
const onlyLR: PerBlock = { LR: 1, Lp: 0, pR: 0, pp: 0 }

/** What a method multiplies the blocks by, or takes the norm of. */
const weightsOf = ({ method, beta, factor }: CorrectionRule, energies: PerBlock): PerBlock =>
  method === 'hard'
    ? onlyLR
    : method === 'safelora' || (method === 'scale' && factor !== undefined)
      ? one
      : blockWeights(energies, beta)

/** The error that approximate subspaces are expected to cause in an update that is not related to V. */
export const chanceError = (rule: CorrectionRule, { B, A }: Factors, subspaces: Subspaces): number => {
  const energies = chanceShares(subspaces.rankLeft, subspaces.rankRight, B.rows, A.cols)
  return updateError(energies, weightsOf(rule, energies), subspaces)
}

// steps ------------------------------------------------------------------------------------------

/** How columns are projected onto the two subspaces. */
type Projectors = Pick<Subspaces, 'projectLeft' | 'projectRight' | 'projectBoth'>

function* split(
  { A, B }: Factors,
  { projectLeft, projectRight, projectBoth }: Projectors,
): Pausable<SplitFactors> {
  const At = transpose(A)
  const [BL, ARt] =
    projectBoth === undefined ? [yield* projectLeft(B), yield* projectRight(At)] : yield* projectBoth(B, At)
  return splitFactors(B, A, BL, transpose(ARt))
}

/** Safe LoRA's projection of a module: C B, how similar it is to B, and how large; both times A. */
export interface SafeLoraProjection {
  /** V (V^T B) / ||V||_F, [d_out, r] */
  readonly CB: Dense
  readonly cosine: number
  /** ||C B A|| / ||B A|| */
  readonly ratio: number
}

/** Safe LoRA's projection: two thin products with V, no decomposition. */
export const safeLoraProjection = ({ A, B }: Factors, v: Large): SafeLoraProjection => {
  const CB = scale(1 / Math.sqrt(matrixEnergy(v)), timesThin(v, transposedTimesThin(v, B)))
  const aa = multiplyTransposed(A, A)
  const norm2 = inner(gram(B), aa)
  const image2 = inner(gram(CB), aa)
  const cross = inner(multiply(transpose(CB), B), aa)
  return {
    CB,
    cosine: image2 === 0 ? 0 : cross / Math.sqrt(norm2 * image2),
    ratio: norm2 === 0 ? 0 : Math.sqrt(image2 / norm2),
  }
}

/** @param name the module's name: it names the random streams */
export function* correctionSteps(
  rule: CorrectionRule,
  name: string,
  d: Factors,
  v: Large,
  subspaces: Subspaces,
): Pausable<Correction> {
  const { route, rankLeft, rankRight, capturedLeft, capturedRight } = subspaces
  const base = {
    rankLeft,
    rankRight,
    capturedLeft,
    capturedRight,
    chance: chanceShares(rankLeft, rankRight, d.B.rows, d.A.cols),
  }
  const random = rule.method === 'random-basis'
  const parts = yield* split(
    d,
    random
      ? {
          projectLeft: randomProjector(d.B.rows, rankLeft, rule.seed, name, 'left'),
          projectRight: randomProjector(d.A.cols, rankRight, rule.seed, name, 'right'),
        }
      : subspaces,
  )
  const energies = blockEnergies(parts)
  const all = total(energies)
  const found = { ...base, energies: shares(energies) }
  const approximate = route === 'filter' && !random
  const whole = inner(gram(d.B), multiplyTransposed(d.A, d.A))
  const erring = (gammas: PerBlock): Pick<SubspaceReport, 'updateError'> =>
    approximate
      ? { updateError: addUp(all, whole) ? updateError(found.energies, gammas, subspaces) : Infinity }
      : {}
  const gammas = weightsOf(rule, energies)
  if (all === 0)
    return { route, factors: undefined, report: { ...found, gammas: one, normRatio: 1, lostEnergy: 0 } }

  switch (rule.method) {
    case 'csulora':
    case 'random-basis':
    case 'hard': {
      const { A, B, norm, lostEnergy } = truncated(parts, gammas)
      return {
        route,
        factors: { A, B },
        report: { ...found, gammas, ...erring(gammas), normRatio: norm / Math.sqrt(all), lostEnergy },
      }
    }
    case 'scale': {
      const normRatio = rule.factor ?? Math.sqrt(weightedEnergy(energies, gammas) / all)
      return {
        route,
        factors: { A: d.A, B: scale(normRatio, d.B) },
        report: { ...found, gammas, ...erring(gammas), normRatio, lostEnergy: 0 },
      }
    }
    case 'safelora': {
      const { CB, cosine, ratio } = safeLoraProjection(d, v)
      const projected = cosine <= rule.tau
      return {
        route,
        factors: projected ? { A: d.A, B: CB } : undefined,
        report: {
          ...found,
          gammas,
          normRatio: projected ? ratio : 1,
          lostEnergy: 0,
          cosine,
          projected,
        },
      }
    }
  }
}
