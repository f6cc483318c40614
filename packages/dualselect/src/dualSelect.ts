/** DualSelect as a defence of the training stage. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type GradientOracle,
  type TrainingDefence,
  badInput,
  trainingDefence,
} from '@safe/tensor-core/contracts'
import { checked, completed, parametersOf } from '@safe/tensor-core/options'
import type { DualSelectError } from './errors'
import { type DualSelectOptions, budgeted, dualSelectOptions, usesReferences } from './options'
import { fittingLog } from './replay/fit'
import { replayRule } from './replay/rule'
import { dualSelectRule } from './rule'
import type { DualSelectResources } from './ruleParts'

// checks -----------------------------------------------------------------------------------------

/** Whether options with `kl` have the warm-up that it needs. @returns left `WarmupMissing` */
export const checkWarmup = (o: DualSelectOptions): E.Either<DualSelectError, void> =>
  o.referenceLoss === 'kl' && usesReferences(o) && o.warmupSteps === 0
    ? E.left(
        badInput('WarmupMissing', 'kl has no gradient before the first step: it needs a warm-up', {
          field: 'referenceLoss',
          remedy: 'give `warmupSteps` of at least 1, or use nll',
        }),
      )
    : E.right(undefined)

const checkResources = (
  o: DualSelectOptions,
  { references, countTokens }: DualSelectResources,
): E.Either<DualSelectError, void> =>
  usesReferences(o) && references.examples.length === 0
    ? E.left(
        badInput('EmptyReferences', 'holds no reference', {
          where: references.name,
          remedy: 'give at least one row',
        }),
      )
    : o.tokenBudget !== undefined && countTokens === undefined
      ? E.left(
          badInput('TokenCountMissing', 'needs a way to count response tokens', {
            field: 'tokenBudget',
            remedy: 'give `countTokens` among the resources, or use `kTask`',
          }),
        )
      : checkWarmup(o)

/** The oracle of the references' loss. */
const referenceOracleOf = <G>(
  o: DualSelectOptions,
  oracle: GradientOracle<G>,
): E.Either<DualSelectError, GradientOracle<G>> =>
  pipe(
    o.referenceLoss === 'kl' ? oracle.preservation : oracle,
    E.fromNullable(
      badInput(
        'PreservationMissing',
        'kl cannot be measured: this training keeps no initial model to measure it against',
        { field: 'referenceLoss', remedy: 'use nll' },
      ),
    ),
  )

// constructors -----------------------------------------------------------------------------------

/**
 * The defence of the training stage: safety references and task rows are selected together, and the gradient is corrected.
 *
 * @param options what is left out has its default (`dualSelectOptions`)
 * @param resources the pool of references, and what the options may need
 * @returns on `apply`, left `BadOption` for an impossible option, `EmptyReferences` where references are needed and there are
 * none, `TokenCountMissing` for a token budget without a way to count, `WarmupMissing` and `PreservationMissing` where `kl` cannot
 * be measured, `ReplayMismatch` for a log that was made with other data or options
 * @example
 * ```ts
 * import { dualSelect } from '@safe/dualselect'
 * import { selectEngine } from '@safe/tensor-core/engine'
 * import { readDataset } from '@safe/tensor-core/formats'
 * import { recipeDefaults, trainAdapter } from '@safe/tensor-core/lm'
 * import * as TE from 'fp-ts/TaskEither'
 * import { pipe } from 'fp-ts/function'
 *
 * const program = pipe(
 *   TE.Do,
 *   TE.bindW('engine', () => selectEngine('auto')),
 *   TE.bindW('data', () => readDataset('arena/noisy.jsonl')),
 *   TE.bindW('references', () => readDataset('arena/references.jsonl')),
 *   TE.chainW(({ data, references }) =>
 *     trainAdapter({
 *       model: 'arena/models/aligned',
 *       data,
 *       recipe: { ...recipeDefaults, rank: 8, maxSteps: 3 },
 *       seed: 42,
 *       defence: dualSelect({ warmupSteps: 1, kRef: 8 }, { references, seed: 42 }),
 *     }),
 *   ),
 * )
 * void program().then((trained) => console.log(trained._tag))
 * ```
 */
export const dualSelect = (
  options: Partial<DualSelectOptions> = {},
  resources: DualSelectResources,
): TrainingDefence<DualSelectError> =>
  trainingDefence<DualSelectError>({
    name: 'dualselect',
    parameters: parametersOf(dualSelectOptions, completed(dualSelectOptions, options)),
    apply: (inner, oracle) =>
      pipe(
        E.Do,
        E.bindW('chosen', () => pipe(checked(dualSelectOptions, options), E.map(budgeted))),
        E.chainFirstW(({ chosen }) => checkResources(chosen, resources)),
        E.bindW('referenceOracle', ({ chosen }) => referenceOracleOf(chosen, oracle)),
        E.bindW('replay', ({ chosen }) => fittingLog(chosen, resources, inner.warmupSteps)),
        E.map(({ chosen, referenceOracle, replay }) => {
          const parts = { options: chosen, resources, inner, oracle, referenceOracle }
          return replay === undefined ? dualSelectRule(parts) : replayRule(parts, replay)
        }),
        TE.fromEither,
      ),
  })
