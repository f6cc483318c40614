/**
 * ForgetFilter (arXiv 2312.12736) as a defence of the data stage: noisy data in, the rows that safety tuning does not make the model
 * forget out.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type DataDefence,
  type Dataset,
  type Fault,
  type GenerationError,
  type RecordDiagnostics,
  dataDefence,
} from '@safe/tensor-core/contracts'
import { checked, completed, parametersOf } from '@safe/tensor-core/options'
import { type Abstained, accepted, auditRates, keptIds } from './audit/audit'
import { splitRates, withCanaries } from './canaryRows'
import { checkForgetFilter } from './checkOptions'
import { dropDiagnostics } from './diagnostics'
import { type ForgetFilterResources, forgettingPorts } from './forgettingPorts'
import { measureForgetting } from './rates/measureForgetting'
import { type ForgetFilterOptions, filterRuleOf, forgetFilterOptions } from './options'
import type { RateError } from './rates/rates'

/** What ForgetFilter itself can end in: bad options or rows, a model that fails, or no threshold that separates the rates. */
export type ForgetFilterError = RateError | Abstained | GenerationError

/** Trusted benign rows, for `method` null and auto; without them, rows that are marked by a field `canary` (1) are canaries. */
export interface CanaryResource {
  readonly canaries?: Dataset
}

/**
 * Trains M1 on all rows and M2 from it on the safe rows, rates every row, and keeps those with a rate of at most phi, in order and
 * unchanged. Where `method` finds no threshold it keeps all rows, or fails (`onAbstain`). Canaries are never in the output.
 *
 * @param options what is left out is the paper's: `rouge`, phi 0.1, 1000 steps on the safe rows
 * @param resources what trains and opens models (`lmResources`, or a benchmark's own), and the safe rows
 * @param record takes rows kept and dropped, the threshold and, where rows have a field `unsafe`, precision, recall and F1
 * @example
 * ```ts
 * import * as TE from 'fp-ts/TaskEither'
 * import { pipe } from 'fp-ts/function'
 * import { forgetFilter } from '@safe/forgetfilter'
 * import { selectEngine } from '@safe/tensor-core/engine'
 * import { readDataset } from '@safe/tensor-core/formats'
 * import { recipeDefaults } from '@safe/tensor-core/lm'
 * import { lmResources } from '@safe/tensor-core/pipeline'
 *
 * const recipe = { ...recipeDefaults, targetModules: ['all-linear'], rank: 8, alpha: 16, lr: 2e-3 }
 * const run = lmResources({
 *   model: 'arena/models/aligned',
 *   recipe: { ...recipe, batchSize: 16, maxSteps: 50 },
 *   seed: 42,
 * })
 * const kept = pipe(
 *   selectEngine('auto'),
 *   TE.bindW('noisy', () => readDataset('arena/noisy.jsonl')),
 *   TE.bindW('safe', () => readDataset('arena/safe.jsonl')),
 *   TE.chainW(({ noisy, safe }) =>
 *     forgetFilter({ signal: 'first-token', steps: 20, lr: 5e-4 }, { ...run, safe }).apply(noisy),
 *   ),
 *   TE.map((data) => data.examples.length),
 * )
 * void kept().then((result) => console.log(result)) // about 490 of 800 rows
 * ```
 */
export const forgetFilter = <E extends Fault>(
  options: Partial<ForgetFilterOptions>,
  resources: ForgetFilterResources<E> & CanaryResource,
  record: RecordDiagnostics = () => undefined,
): DataDefence<ForgetFilterError | E> =>
  dataDefence<ForgetFilterError | E>({
    name: 'forgetfilter',
    parameters: parametersOf(forgetFilterOptions, completed(forgetFilterOptions, options)),
    apply: (data) =>
      pipe(
        TE.fromEither(
          pipe(
            checked(forgetFilterOptions, options),
            E.chain(checkForgetFilter),
            E.bindTo('complete'),
            E.bind('rows', ({ complete }) => withCanaries(complete.method, data, resources.canaries)),
          ),
        ),
        TE.chainW(({ complete, rows }) => {
          const rule = filterRuleOf(complete)
          return pipe(
            rows.all,
            measureForgetting(forgettingPorts(complete, resources), complete.signal, complete.reference),
            TE.map((all) => splitRates(all, rows.canaryIds)),
            TE.chainEitherKW(({ rates, canaries }) => accepted(rule, auditRates(rule, rates, canaries))),
            TE.map((audit) => {
              const kept = keptIds(rule, audit)
              const left = { ...data, examples: data.examples.filter((e) => kept.has(e.id)) }
              record({
                ...dropDiagnostics(rows.data, left),
                indeterminate: audit.counts.indeterminate,
                threshold: audit.threshold.phi,
                ...(rows.canaryIds.size === 0 ? {} : { canaries: rows.canaryIds.size }),
                ...(audit.threshold.abstained ? { abstained: audit.threshold.reason } : {}),
              })
              return left
            }),
          )
        }),
      ),
  })
