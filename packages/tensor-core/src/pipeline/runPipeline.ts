/** Runs a pipeline on a model folder: fine-tuning under the defences of all four stages. With `noDefence` it is plain fine-tuning. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { CausalLM, Dataset, Fault, LmError, LoraAdapter, Pipeline } from '../contracts'
import { type TrainingRequest, loadCausalLM, trainAdapter } from '../lm'
import { interpret } from './interpret'
import { keepAdapter, keepData } from './keep'
import { noMemo } from './memo'

// model ------------------------------------------------------------------------------------------

/** What each stage made. */
export interface PipelineResult {
  /** The rows that were trained on. */
  readonly data: Dataset
  /** The adapter as trained. */
  readonly trained: LoraAdapter
  /** The adapter as the weights stage left it. */
  readonly adapter: LoraAdapter
  /** The defended model; the caller disposes of it. */
  readonly model: CausalLM
}

// running ----------------------------------------------------------------------------------------

/** @param request the training run; its training defence is the pipeline's */
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
