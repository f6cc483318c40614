/**
 * Runs a pipeline: dataset |> data |> train with the update rule |> adapter |> weights |> attach to the model |> decoding.
 * With `noDefence` it is plain fine-tuning.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { CausalLM, Dataset, Fault, LmError, LoraAdapter, Pipeline } from '../contracts'
import { loadCausalLM } from '../lm/openModel'
import { trainAdapter } from '../lm/trainAdapter'
import type { TrainingRequest } from '../lm/training/request'

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

/** @param request the training run; its `defence` is the pipeline's */
export const runPipeline = (
  pipeline: Pipeline,
  request: Omit<TrainingRequest, 'defence'>,
): TE.TaskEither<LmError | Fault, PipelineResult> =>
  pipe(
    TE.Do,
    TE.bindW('data', () => pipeline.data.apply(request.data)),
    TE.bindW('trained', ({ data }) => trainAdapter({ ...request, data, defence: pipeline.training })),
    TE.bindW('adapter', ({ trained }) => pipeline.weights.apply(trained)),
    TE.bindW('model', ({ adapter }) =>
      pipe(
        loadCausalLM({ ...request, adapter }),
        TE.chainW((lm) =>
          pipe(
            pipeline.decoding.apply(lm),
            TE.mapLeft((e) => {
              lm.dispose()
              return e
            }),
          ),
        ),
      ),
    ),
  )
