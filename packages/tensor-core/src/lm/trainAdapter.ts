/** Trains a LoRA adapter on a model folder. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { LoraAdapter } from '../contracts'
import { readAdapter, writeAdapter } from '../formats'
import { adapterFrom } from './training/adapterSlots'
import { adapterBench } from './training/bench'
import type { TrainingError, TrainingRequest } from './training/request'
import { disposing, runLoop } from './training/run'
import { settle, startAnew } from './training/settle'

const ADAPTER_WEIGHTS = 'adapter_model.safetensors'
const ADAPTER_PARTS = ['adapter_config.json', ADAPTER_WEIGHTS]

/** Trains an adapter; with `out`, it is also written there as PEFT does. */
export const trainAdapter = (request: TrainingRequest): TE.TaskEither<TrainingError, LoraAdapter> => {
  const { out } = request
  if (out !== undefined && request.resume === true && existsSync(join(out, ADAPTER_WEIGHTS)))
    return readAdapter(out)
  return pipe(
    adapterBench(request),
    TE.chainW((bench) =>
      disposing(
        bench,
        pipe(
          startAnew(request, ADAPTER_WEIGHTS),
          TE.chainW(() => runLoop(request, bench, 'adapter')),
          TE.map((trained) => adapterFrom(bench.from, trained)),
        ),
      ),
    ),
    TE.chainFirstW((adapter) =>
      out === undefined
        ? TE.right(undefined)
        : settle(out, ADAPTER_PARTS, (folder) => writeAdapter(folder, adapter)),
    ),
  )
}
