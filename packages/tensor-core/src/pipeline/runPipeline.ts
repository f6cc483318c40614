/** Runs a pipeline on a model folder: fine-tuning under the defences of all four stages. With `noDefence` it is plain fine-tuning. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { CausalLM, Dataset, Fault, LmError, LoraAdapter, Pipeline } from '../contracts'
import { type TrainingRequest, loadCausalLM, trainAdapter } from '../lm'
import { interpret } from './interpret'
import { keepAdapter, keepData } from './keep'
import { noMemo } from './memo'

// model ------------------------------------------------------------------------------------------

/** The result of each stage. */
export interface PipelineResult {
  /** The rows that were trained on. */
  readonly data: Dataset
  /** The adapter as trained. */
  readonly trained: LoraAdapter
  /** The adapter as the weights stage returned it. */
  readonly adapter: LoraAdapter
  /** The defended model; the caller disposes of it. */
  readonly model: CausalLM
}

// running ----------------------------------------------------------------------------------------

/**
 * Runs a pipeline: the data stage, training under the pipeline's update rule, the weights stage, and the decoding stage on the model
 * with the adapter attached.
 *
 * @param request the training run; its training defence is the pipeline's
 *
 * @example
 * ```ts
 * import { compose, dataDefence } from '@safe/tensor-core/contracts'
 * import { selectEngine } from '@safe/tensor-core/engine'
 * import { readDataset } from '@safe/tensor-core/formats'
 * import { recipeDefaults } from '@safe/tensor-core/lm'
 * import { runPipeline } from '@safe/tensor-core/pipeline'
 * import * as TE from 'fp-ts/TaskEither'
 * import { pipe } from 'fp-ts/function'
 *
 * const firstRows = dataDefence({
 *   name: 'first-rows',
 *   parameters: { count: 32 },
 *   apply: (data) => TE.right({ ...data, examples: data.examples.slice(0, 32) }),
 * })
 * const recipe = { ...recipeDefaults, rank: 8, maxSteps: 2 }
 * const program = pipe(
 *   selectEngine('auto'),
 *   TE.chainW(() => readDataset('arena/noisy.jsonl')),
 *   TE.chainW((data) =>
 *     runPipeline(compose(firstRows), { model: 'arena/models/aligned', data, recipe, seed: 42 }),
 *   ),
 *   TE.map(({ data, adapter, model }) => {
 *     model.dispose()
 *     return [data.examples.length, adapter.modules.length]
 *   }),
 * )
 * console.log(await program())
 * ```
 */
export const runPipeline = <E extends Fault>(
  pipeline: Pipeline<E>,
  request: Omit<TrainingRequest, 'defence'>,
): TE.TaskEither<LmError | Fault, PipelineResult> => {
  const steps = interpret<Fault, never>({
    train: ({ data, recipe, seed, defence }) => trainAdapter({ ...request, data, recipe, seed, defence }),
    open: (adapter) => loadCausalLM({ ...request, adapter }),
    memo: noMemo,
    keep: { data: keepData, adapter: keepAdapter },
    environment: {},
    model: {},
  })(pipeline, request)
  return pipe(
    TE.Do,
    TE.bindW('data', () => steps.data),
    TE.bindW('trained', () => steps.trained),
    TE.bindW('adapter', () => steps.adapter),
    TE.bindW('model', () => steps.model),
  )
}
