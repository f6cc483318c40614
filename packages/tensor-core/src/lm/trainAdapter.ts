/** Trains a LoRA adapter on a model folder. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault, LmError, LoraAdapter } from '../contracts'
import { readAdapter, writeAdapter } from '../formats'
import { adapterFrom } from './training/adapterSlots'
import { type RunRecord, finishedRun, recordPart, runRecord, writeRecord } from './training/record'
import type { TrainingRequest } from './training/request'
import { disposing, runLoop } from './training/run'
import { settle, startAnew } from './training/settle'
import { type AdapterPlan, adapterPlan, adapterSetup } from './training/setup'

const ADAPTER_WEIGHTS = 'adapter_model.safetensors'
const ADAPTER_PARTS = ['adapter_config.json', recordPart, ADAPTER_WEIGHTS]

const train = <E extends Fault>(
  request: TrainingRequest<E>,
  plan: AdapterPlan,
  record: RunRecord,
): TE.TaskEither<LmError | E, LoraAdapter> =>
  pipe(
    adapterSetup(request)(plan),
    TE.chainW((setup) =>
      disposing(
        setup,
        pipe(
          startAnew(request, ADAPTER_WEIGHTS),
          TE.chainW(() => runLoop(request, setup, record)),
          TE.map((trained) => adapterFrom(setup.from, trained)),
        ),
      ),
    ),
    TE.chainFirstW((adapter) =>
      request.out === undefined
        ? TE.right(undefined)
        : settle(request.out, ADAPTER_PARTS, (folder) =>
            pipe(
              writeAdapter(folder, adapter),
              TE.chain(() => writeRecord(folder, record)),
            ),
          ),
    ),
  )

/**
 * Trains an adapter; with `out`, it is also written there as PEFT does, with the record of its options. It ends in an `LmError` or
 * in an error of its defence.
 *
 * @example
 * ```ts
 * import { selectEngine } from '@safe/tensor-core/engine'
 * import { readDataset } from '@safe/tensor-core/formats'
 * import { recipeDefaults, trainAdapter } from '@safe/tensor-core/lm'
 * import * as TE from 'fp-ts/TaskEither'
 * import { pipe } from 'fp-ts/function'
 *
 * const program = pipe(
 *   selectEngine('auto'),
 *   TE.chainW(() => readDataset('arena/noisy.jsonl')),
 *   TE.chainW((data) =>
 *     trainAdapter({
 *       model: 'arena/models/aligned',
 *       data,
 *       recipe: { ...recipeDefaults, rank: 8, maxSteps: 2 },
 *       seed: 42,
 *     }),
 *   ),
 * )
 * void program().then((trained) => console.log(trained._tag))
 * ```
 */
export const trainAdapter = <E extends Fault = never>(
  request: TrainingRequest<E>,
): TE.TaskEither<LmError | E, LoraAdapter> => {
  const { out } = request
  return pipe(
    adapterPlan(request),
    TE.bindTo('plan'),
    TE.bindW('record', ({ plan }) => runRecord(request, plan, 'adapter')),
    TE.chainW(({ plan, record }) =>
      out !== undefined && request.resume === true && existsSync(join(out, ADAPTER_WEIGHTS))
        ? pipe(
            finishedRun(out, record),
            TE.chainW(() => readAdapter(out)),
          )
        : train(request, plan, record),
    ),
  )
}
