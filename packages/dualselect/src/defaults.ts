/**
 * The constants of DualSelect (arXiv 2606.09866) and what each option may be.
 *
 * The paper's budgets are modes of the same options: `tokenBudget: 0.9` keeps nine tenths of the supervised target tokens of
 * each batch, `kRef: '10%'` selects ceil(0.1 |R|) references.
 */

// model ------------------------------------------------------------------------------------------

export const modes = ['hard', 'soft'] as const
/**
 * How the reference gradient g_R meets the task gradient: added, as a half-space it may not leave (A-GEM), or not at
 * all.
 */
export const corrections = ['additive', 'agem', 'none'] as const
/**
 * Which references make g_R: the best by score, the same ones throughout, drawn anew at each refresh, or all with
 * equal weight.
 */
export const referenceSets = ['selected', 'fixed', 'random', 'uniform'] as const
/** Which rows of a batch make the task gradient: the best by score, as many at random, or all. */
export const taskFilters = ['scored', 'random', 'none'] as const
/** What is done to losses and cosines before they are added: nothing, or zero mean and unit deviation. */
export const normalisations = ['none', 'zscore'] as const
/** `nll`: of the references' responses. `kl`: over the same positions, the divergence from the model training started from. */
export const referenceLosses = ['nll', 'kl'] as const

/** Everything that decides what DualSelect selects and how it corrects. */
export interface DualSelectOptions {
  /** `hard`: the K best with equal weights; `soft`: a softmax over them. */
  readonly mode: (typeof modes)[number]
  /** Ordinary task steps before the first epoch; the sum of their gradients is the first g_T. */
  readonly warmupSteps: number
  /** When g_R is computed anew: at each epoch's start, or every n steps counted from the first after warm-up. */
  readonly refresh: 'epoch' | number
  /** References selected: a count, or a share of the pool such as `10%`. */
  readonly kRef: number | string
  /** Rows of each batch kept. */
  readonly kTask: number
  /** Weight of the loss in the task score c = mu l - nu cos. */
  readonly muTask: number
  /** Weight of the loss in the reference score s = mu l - nu cos. */
  readonly muRef: number
  /** Weight of the cosine in both scores. */
  readonly nu: number
  readonly tauTask: number
  readonly tauRef: number
  /** g = gTask + rho gR; `agem` computes its own. */
  readonly rho: number
  readonly correction: (typeof corrections)[number]
  /** `fixed`: the first K_R rows; `random`: K_R drawn at each refresh; `uniform`: the whole pool. */
  readonly referenceSet: (typeof referenceSets)[number]
  readonly taskFilter: (typeof taskFilters)[number]
  /** Share of each batch's response tokens to keep, in place of `kTask`. */
  readonly tokenBudget?: number
  readonly referenceLoss: (typeof referenceLosses)[number]
  /** `zscore`: losses and cosines are standardised over the pool or the batch before they are mixed. */
  readonly normalise: (typeof normalisations)[number]
}

// constants --------------------------------------------------------------------------------------

/** The paper's settings (arXiv 2606.09866). */
export const defaults: DualSelectOptions = {
  mode: 'hard',
  warmupSteps: 10,
  refresh: 'epoch',
  kRef: 32,
  kTask: 4,
  muTask: 1,
  muRef: 1,
  nu: 1,
  tauTask: 0.1,
  tauRef: 0.1,
  rho: 0.2,
  correction: 'additive',
  referenceSet: 'selected',
  taskFilter: 'scored',
  referenceLoss: 'nll',
  normalise: 'none',
}

/** The training recipe of the paper: LoRA on the query and value projections. */
export const trainingDefaults = { lr: 2e-5, rank: 16, alpha: 32, dropout: 0.05, maxLength: 2048 } as const

// destructors ------------------------------------------------------------------------------------

const sharePattern = /^(\d+(?:\.\d+)?)%$/

/** Whether `kRef` is a whole number of at least 1, or a share above 0 % and at most 100 %. */
export const isReferenceBudget = (u: unknown): u is number | string => {
  if (typeof u === 'number') return Number.isSafeInteger(u) && u >= 1
  const percent = typeof u === 'string' ? Number(sharePattern.exec(u)?.[1]) : Number.NaN
  return percent > 0 && percent <= 100
}

/** K_R for a pool: ceil of a share, never more than the pool holds. */
export const referenceCount = (kRef: number | string, pool: number): number =>
  Math.min(
    pool,
    typeof kRef === 'number'
      ? kRef
      : Math.max(1, Math.ceil((Number(sharePattern.exec(kRef)?.[1]) * pool) / 100 - 1e-9)),
  )

/** Whether any reference gradient is ever looked at; without one the rule is its inner rule. */
export const usesReferences = (o: DualSelectOptions): boolean => corrects(o) || o.taskFilter === 'scored'

/** Whether g differs from gTask. */
export const corrects = (o: DualSelectOptions): boolean =>
  o.correction === 'agem' || (o.correction === 'additive' && o.rho !== 0)

/** Neither filter nor correction: plain training, so nothing is warmed up for. */
export const isPlain = (o: DualSelectOptions): boolean => !corrects(o) && o.taskFilter === 'none'
