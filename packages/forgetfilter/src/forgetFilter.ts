/**
 * ForgetFilter (arXiv 2312.12736) as a defence of the data stage: noisy data in, the rows that safety tuning does not make the model
 * forget out.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type DataDefence, type Fault, type GenerationError, dataDefence } from '@safe/tensor-core/contracts'
import { parametersOf } from '@safe/tensor-core/options'
import { type Abstained, auditRates, keptIds, settled } from './audit'
import { type ForgetFilterResources, forgettingPorts } from './forgettingPorts'
import { measureForgetting } from './measureForgetting'
import { type ForgetFilterOptions, filterRuleOf, forgetFilterOptions, forgetFilterSettings } from './options'
import type { RateError } from './rates'

/** What ForgetFilter itself can end in: bad options or rows, a model that fails, or no threshold that separates the rates. */
export type ForgetFilterError = RateError | Abstained | GenerationError

/**
 * Trains M1 on all rows and M2 from it on the safe rows, rates every row, and keeps those with a rate of at most phi, in order and
 * unchanged.
 *
 * @param options what is left out is the paper's: `rouge`, phi 0.1, 1000 steps on the safe rows
 * @param resources what trains and opens models (`lmResources`, or a benchmark's own), and the safe rows
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
 * const recipe = { ...recipeDefaults, targetModules: ['all-linear'], lr: 2e-3, maxSteps: 5 }
 * const run = lmResources({ model: 'arena/models/aligned', recipe, seed: 42 })
 * const kept = pipe(
 *   selectEngine('auto'),
 *   TE.bindW('noisy', () => readDataset('arena/noisy.jsonl')),
 *   TE.bindW('safe', () => readDataset('arena/safe.jsonl')),
 *   TE.chainW(({ noisy, safe }) =>
 *     forgetFilter({ signal: 'first-token', steps: 5 }, { ...run, safe }).apply(noisy),
 *   ),
 *   TE.map((data) => data.examples.length),
 * )
 * void kept().then(console.log)
 * ```
 */
export const forgetFilter = <E extends Fault>(
  options: ForgetFilterOptions,
  resources: ForgetFilterResources<E>,
): DataDefence<ForgetFilterError | E> => {
  const settings = pipe(
    E.Do,
    E.apS('complete', forgetFilterSettings(options)),
    E.bind('rule', ({ complete }) => filterRuleOf(complete)),
  )
  return dataDefence<ForgetFilterError | E>({
    name: 'forgetfilter',
    parameters: E.isRight(settings)
      ? parametersOf(forgetFilterOptions, settings.right.complete)
      : { ...options },
    apply: (data) =>
      pipe(
        TE.fromEither(settings),
        TE.chainW(({ complete, rule }) =>
          pipe(
            data,
            measureForgetting(forgettingPorts(complete, resources), complete.signal),
            TE.chainEitherKW((rates) => settled(auditRates(rule, rates))),
            TE.map((audit) => {
              const kept = keptIds(rule, audit)
              return { ...data, examples: data.examples.filter((e) => kept.has(e.id)) }
            }),
          ),
        ),
      ),
  })
}
