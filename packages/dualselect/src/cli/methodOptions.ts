/** The method's options on the command line, and the record the method takes. */
import * as E from 'fp-ts/Either'
import { type Values, choice, custom, integer, number, optional, withDefault } from '@safe/tensor-core/cli'
import {
  type DualSelectOptions,
  corrections,
  defaults,
  isReferenceBudget,
  modes,
  normalisations,
  referenceLosses,
  referenceSets,
  taskFilters,
} from '../defaults'

// parsers ----------------------------------------------------------------------------------------

/** Digits from the shell as the number they spell. */
const numeral = (u: unknown): unknown => (typeof u === 'string' && /^\d+$/.test(u) ? Number(u) : u)

const refresh = custom<'epoch' | number>(
  'when the reference gradient is computed anew: at each epoch, or every N steps after warm-up',
  'epoch|N',
  (u) => {
    const n = numeral(u)
    if (n === 'epoch') return E.right(n)
    return typeof n === 'number' && Number.isSafeInteger(n) && n >= 1
      ? E.right(n)
      : E.left('must be epoch or a whole number, at least 1')
  },
)

const kRef = custom<number | string>('references selected: a count, or a share of the pool', 'N|P%', (u) => {
  const n = numeral(u)
  return isReferenceBudget(n)
    ? E.right(n)
    : E.left('must be a whole number, at least 1, or a share such as 10%')
})

// table ------------------------------------------------------------------------------------------

export const methodOptions = {
  mode: withDefault(defaults.mode, choice('equal weights for the K best, or a softmax over them', modes)),
  warmupSteps: withDefault(
    defaults.warmupSteps,
    integer('ordinary steps before the first epoch', { min: 0 }),
  ),
  refresh: withDefault<'epoch' | number>(defaults.refresh, refresh),
  kRef: withDefault(defaults.kRef, kRef),
  kTask: withDefault(defaults.kTask, integer('rows of each batch kept', { min: 1 })),
  muTask: withDefault(defaults.muTask, number('weight of the loss in task scores', { min: 0 })),
  muRef: withDefault(defaults.muRef, number('weight of the loss in reference scores', { min: 0 })),
  nu: withDefault(defaults.nu, number('weight of the cosine in all scores', { min: 0 })),
  tauTask: withDefault(
    defaults.tauTask,
    number('temperature of soft task weights', { min: 0, exclusiveMin: true }),
  ),
  tauRef: withDefault(
    defaults.tauRef,
    number('temperature of soft reference weights', { min: 0, exclusiveMin: true }),
  ),
  rho: withDefault(defaults.rho, number('strength of the correction', { min: 0 })),
  correction: withDefault(
    defaults.correction,
    choice('g = gTask + rho gR, the least such rho that keeps references falling, or none', corrections),
  ),
  referenceSet: withDefault(
    defaults.referenceSet,
    choice('chosen by score, the first K, K by lot at each refresh, or the whole pool', referenceSets),
  ),
  taskFilter: withDefault(
    defaults.taskFilter,
    choice('rows of a batch kept: by score, by lot, or all', taskFilters),
  ),
  tokenBudget: optional(
    number('share of response tokens of each batch to keep, in place of --k-task', {
      min: 0,
      exclusiveMin: true,
      max: 1,
    }),
  ),
  referenceLoss: withDefault(defaults.referenceLoss, choice('loss of the references', referenceLosses)),
  normalise: withDefault(
    defaults.normalise,
    choice('losses and cosines as they are, or as z-scores', normalisations),
  ),
}

export const methodOf = (v: Values<typeof methodOptions>): DualSelectOptions => ({
  mode: v.mode,
  warmupSteps: v.warmupSteps,
  refresh: v.refresh,
  kRef: v.kRef,
  kTask: v.kTask,
  muTask: v.muTask,
  muRef: v.muRef,
  nu: v.nu,
  tauTask: v.tauTask,
  tauRef: v.tauRef,
  rho: v.rho,
  correction: v.correction,
  referenceSet: v.referenceSet,
  taskFilter: v.taskFilter,
  referenceLoss: v.referenceLoss,
  normalise: v.normalise,
  ...(v.tokenBudget === undefined ? {} : { tokenBudget: v.tokenBudget }),
})
