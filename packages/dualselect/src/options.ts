/**
 * The options of DualSelect (arXiv 2606.09866), with their sources: commands, plugins and reference pages all read this table.
 *
 * The paper's other budgets are one word: `budget: 'paper'` keeps nine tenths of the supervised target tokens of each batch
 * (`tokenBudget: 0.9`) and selects ceil(0.1 |R|) references (`kRef: '10%'`).
 */
import * as E from 'fp-ts/Either'
import {
  type Values,
  atLeastZero,
  choice,
  count,
  custom,
  defaultsOf,
  insteadOf,
  optional,
  positive,
  share,
  wholeFromZero,
  withDefault,
} from '@safe/tensor-core/options'

// choices ----------------------------------------------------------------------------------------

/** The K best with equal weights, or a softmax over them. */
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
/** `paper`: nine tenths of the response tokens of each batch, and a tenth of the references. */
export const budgets = ['paper'] as const
/**
 * The task gradient that references are scored against: the mean of the last whole epoch, or, where a refresh comes within an
 * epoch, the mean of that epoch so far.
 */
export const taskDirections = ['epoch', 'running'] as const

// parsers ----------------------------------------------------------------------------------------

/** Digits from the shell as the number they spell. */
const numeral = (u: unknown): unknown => (typeof u === 'string' && /^\d+$/.test(u) ? Number(u) : u)
const isCount = (u: unknown): u is number => typeof u === 'number' && Number.isSafeInteger(u) && u >= 1

const refresh = custom<'epoch' | number>(
  'when the reference gradient is computed anew: at each epoch, or every N steps after warm-up',
  'epoch|N',
  (u) => {
    const n = numeral(u)
    return n === 'epoch' || isCount(n) ? E.right(n) : E.left('must be epoch or a whole number, at least 1')
  },
)

const sharePattern = /^(\d+(?:\.\d+)?)%$/
const percentOf = (u: unknown): number =>
  typeof u === 'string' ? Number(sharePattern.exec(u)?.[1]) : Number.NaN
const isShare = (u: unknown): u is string => percentOf(u) > 0 && percentOf(u) <= 100

const kRef = custom<number | string>('references selected: a count, or a share of the pool', 'N|P%', (u) => {
  const n = numeral(u)
  return isCount(n) || isShare(n)
    ? E.right(n)
    : E.left('must be a whole number, at least 1, or a share such as 10%')
})

// table ------------------------------------------------------------------------------------------

/** Where the defaults come from. */
export const paper = 'DualSelect, arXiv 2606.09866'

/**
 * Everything that decides what DualSelect selects and how it corrects. Scores are mu l - nu cos; the correction is
 * g = gTask + rho gR.
 */
export const dualSelectOptions = {
  mode: withDefault('hard', choice('equal weights for the K best, or a softmax over them', modes), paper),
  warmupSteps: withDefault(10, wholeFromZero('ordinary steps before the first epoch'), paper),
  refresh: withDefault<'epoch' | number>('epoch', refresh, paper),
  kRef: withDefault(32, kRef, paper),
  kTask: withDefault(4, count('rows of each batch kept'), paper),
  muTask: withDefault(1, atLeastZero('weight of the loss in task scores'), paper),
  muRef: withDefault(1, atLeastZero('weight of the loss in reference scores'), paper),
  nu: withDefault(1, atLeastZero('weight of the cosine in all scores'), paper),
  tauTask: withDefault(0.1, positive('temperature of soft task weights'), paper),
  tauRef: withDefault(0.1, positive('temperature of soft reference weights'), paper),
  rho: withDefault(0.2, atLeastZero('strength of the correction'), paper),
  correction: withDefault(
    'additive',
    choice('g = gTask + rho gR, the least such rho that keeps references falling, or none', corrections),
    paper,
  ),
  referenceSet: withDefault(
    'selected',
    choice(
      'chosen by score, the first K, K drawn at random at each refresh, or the whole pool',
      referenceSets,
    ),
    paper,
  ),
  taskFilter: withDefault(
    'scored',
    choice('rows of a batch kept: by score, at random, or all', taskFilters),
    paper,
  ),
  tokenBudget: optional(share('share of response tokens of each batch to keep, in place of `kTask`')),
  budget: insteadOf(
    'kRef',
    choice('paper: 0.9 of the response tokens of each batch and ceil(0.1 |R|) references', budgets),
  ),
  taskDirection: optional(
    choice(
      'task gradient that references are scored against: of the last epoch (default), or of the present one so far',
      taskDirections,
    ),
  ),
  referenceLoss: withDefault('nll', choice('loss of the references', referenceLosses), paper),
  normalise: withDefault(
    'none',
    choice('losses and cosines as they are, or as z-scores', normalisations),
    paper,
  ),
}

/** Everything that decides what DualSelect selects and how it corrects. */
export type DualSelectOptions = Values<typeof dualSelectOptions>

/** The paper's settings. */
export const defaults: DualSelectOptions = defaultsOf(dualSelectOptions)

/** The training recipe of the paper: LoRA on the query and value projections. */
export const trainingDefaults = { lr: 2e-5, rank: 16, alpha: 32, dropout: 0.05, maxLength: 2048 } as const

// destructors ------------------------------------------------------------------------------------

/** What each budget stands for (DualSelect, arXiv 2606.09866). */
const budgetOptions = { paper: { kRef: '10%', tokenBudget: 0.9 } } as const

/** The options with their budget spelled out; a `tokenBudget` given beside it takes precedence. */
export const budgeted = (o: DualSelectOptions): DualSelectOptions => {
  if (o.budget === undefined) return o
  const { kRef, tokenBudget } = budgetOptions[o.budget]
  return { ...o, kRef, tokenBudget: o.tokenBudget ?? tokenBudget }
}

/** K_R for a pool: ceil of a share, never more than the pool holds. */
export const referenceCount = (budget: number | string, pool: number): number =>
  Math.min(
    pool,
    typeof budget === 'number' ? budget : Math.max(1, Math.ceil((percentOf(budget) * pool) / 100 - 1e-9)),
  )

/** Whether g differs from gTask. */
export const corrects = (o: DualSelectOptions): boolean =>
  o.correction === 'agem' || (o.correction === 'additive' && o.rho !== 0)

/** Whether any reference gradient is ever looked at; without one the rule is its inner rule. */
export const usesReferences = (o: DualSelectOptions): boolean => corrects(o) || o.taskFilter === 'scored'

/** Neither filter nor correction: plain training, so nothing is warmed up for. */
export const isPlain = (o: DualSelectOptions): boolean => !corrects(o) && o.taskFilter === 'none'
