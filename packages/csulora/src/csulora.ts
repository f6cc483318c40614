/** CSULoRA and its controls as a defence of the weights stage. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type RecordDiagnostics, type WeightsDefence, weightsDefence } from '@safe/tensor-core/contracts'
import { completed, parametersOf } from '@safe/tensor-core/options'
import { correctAdapter } from './correctAdapter'
import { correctionDiagnostics } from './diagnostics'
import type { CsuloraError } from './errors'
import { type CsuloraOptions, csuloraOptions, formOf, optionsOf } from './options'
import type { CsuloraResources } from './setup'

/**
 * The adapter, corrected against aligned - base in closed form; see `correctAdapter` for a report as well.
 *
 * @param options what is left out has its default (`csuloraOptions`)
 * @param resources the model before and after alignment
 * @param record takes means over the modules
 * @returns on `apply`, left `BadOption` for an impossible option, and the faults of `correctAdapter`
 * @example
 * ```ts
 * import { csulora } from '@safe/csulora'
 * import { selectEngine } from '@safe/tensor-core/engine'
 * import { openWeights, readDataset } from '@safe/tensor-core/formats'
 * import { recipeDefaults, trainAdapter } from '@safe/tensor-core/lm'
 * import * as TE from 'fp-ts/TaskEither'
 * import { pipe } from 'fp-ts/function'
 *
 * const model = 'arena/models/aligned'
 * const recipe = { ...recipeDefaults, rank: 8, maxSteps: 2 }
 * const program = pipe(
 *   TE.Do,
 *   TE.bindW('engine', () => selectEngine('auto')),
 *   TE.bindW('data', () => readDataset('arena/noisy.jsonl')),
 *   TE.bindW('base', () => openWeights('arena/models/base')),
 *   TE.bindW('aligned', () => openWeights(model)),
 *   TE.bindW('trained', ({ data }) => trainAdapter({ model, data, recipe, seed: 42 })),
 *   TE.chainW(({ base, aligned, trained }) =>
 *     csulora({ energy: 0.9, beta: 0.5 }, { base, aligned }).apply(trained),
 *   ),
 * )
 * void program().then((corrected) => console.log(corrected._tag))
 * ```
 */
export const csulora = (
  options: Partial<CsuloraOptions> = {},
  resources: CsuloraResources,
  record: RecordDiagnostics = () => undefined,
): WeightsDefence<CsuloraError> => {
  const values = completed(csuloraOptions, options)
  const own = optionsOf(values.method)
  return weightsDefence<CsuloraError>({
    name: values.method,
    parameters: { ...parametersOf(own, values), ...formOf(values) },
    apply: (adapter) =>
      pipe(
        correctAdapter(options, resources)(adapter),
        TE.map(({ adapter: corrected, modules }) => {
          record(correctionDiagnostics(values.method, modules))
          return corrected
        }),
      ),
  })
}
