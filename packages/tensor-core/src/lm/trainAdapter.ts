/** Trains a LoRA adapter on a model folder. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { LoraAdapter } from '../contracts'
import { readAdapter, writeAdapter } from '../formats'
import { adapterFrom } from './training/adapterSlots'
import { type AdapterPlan, adapterBench, adapterPlan } from './training/bench'
import { type RunRecord, finishedRun, recordPart, runRecord, writeRecord } from './training/record'
import type { TrainingError, TrainingRequest } from './training/request'
import { disposing, runLoop } from './training/run'
import { settle, startAnew } from './training/settle'

const ADAPTER_WEIGHTS = 'adapter_model.safetensors'
const ADAPTER_PARTS = ['adapter_config.json', recordPart, ADAPTER_WEIGHTS]

const train = (
  request: TrainingRequest,
  plan: AdapterPlan,
  record: RunRecord,
): TE.TaskEither<TrainingError, LoraAdapter> =>
  pipe(
    adapterBench(request)(plan),
    TE.chainW((bench) =>
      disposing(
        bench,
        pipe(
          startAnew(request, ADAPTER_WEIGHTS),
          TE.chainW(() => runLoop(request, bench, record)),
          TE.map((trained) => adapterFrom(bench.from, trained)),
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

/** Trains an adapter; with `out`, it is also written there as PEFT does, with the record of what was asked for. */
export const trainAdapter = (request: TrainingRequest): TE.TaskEither<TrainingError, LoraAdapter> => {
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
