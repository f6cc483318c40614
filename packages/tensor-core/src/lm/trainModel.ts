/** Full-parameter training of a model folder into another. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, type LmError, badInput } from '../contracts'
import { type TensorToWrite, writeModelFolder } from '../formats'
import { type RunRecord, finishedRun, recordPart, runRecord, writeRecord } from './training/record'
import type { TrainingRequest } from './training/request'
import { disposing, runLoop } from './training/run'
import { settle, startAnew } from './training/settle'
import { type TrainingPlan, fullPlan, fullSetup } from './training/setup'

const MODEL_WEIGHTS = 'model.safetensors'

type WrittenRequest<E extends Fault> = TrainingRequest<E> & { readonly out: string }

/** config.json of weights that are now float32, whatever they were. */
const asFloat32 = (raw: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  ...raw,
  ...('dtype' in raw ? { dtype: 'float32' } : {}),
  ...('torch_dtype' in raw ? { torch_dtype: 'float32' } : {}),
})

const train = <E extends Fault>(
  request: WrittenRequest<E>,
  plan: TrainingPlan,
  record: RunRecord,
): TE.TaskEither<LmError | E, void> => {
  const { folder } = plan.opened
  return pipe(
    fullSetup(request)(plan),
    TE.chainW((setup) =>
      disposing(
        setup,
        pipe(
          startAnew(request, MODEL_WEIGHTS),
          TE.chainW(() => runLoop(request, setup, record)),
          TE.map((trained) =>
            setup.trainable.layout.slots.map((s): TensorToWrite => ({
              name: s.name,
              dtype: 'F32',
              shape: s.shape,
              values: trained.subarray(s.offset, s.offset + s.size),
            })),
          ),
        ),
      ),
    ),
    TE.chainW((tensors) =>
      settle(request.out, [...folder.companions, 'config.json', recordPart, MODEL_WEIGHTS], (target) =>
        pipe(
          writeModelFolder(target, {
            config: folder.config,
            rawConfig: asFloat32(folder.rawConfig),
            companionsFrom: request.model,
            tensors,
          }),
          TE.chain(() => writeRecord(target, record)),
        ),
      ),
    ),
  )
}

/**
 * Trains all weights and writes a model folder with the tokenizer of the one it started from, and the record of its options. It
 * ends in an `LmError` or in an error of its defence.
 */
export const trainModel = <E extends Fault = never>(
  request: WrittenRequest<E>,
): TE.TaskEither<LmError | E, void> =>
  resolve(request.out) === resolve(request.model)
    ? TE.left(
        badInput('BadOption', 'is the model that is trained', {
          where: request.out,
          remedy: 'give another `out`',
        }),
      )
    : pipe(
        fullPlan(request),
        TE.bindTo('plan'),
        TE.bindW('record', ({ plan }) => runRecord(request, plan, 'model')),
        TE.chainW(({ plan, record }) =>
          request.resume === true && existsSync(join(request.out, MODEL_WEIGHTS))
            ? finishedRun(request.out, record)
            : train(request, plan, record),
        ),
      )
