/** Full-parameter training of a model folder into another. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { badInput } from '../contracts'
import { writeModelFolder } from '../formats'
import { fullBench } from './training/bench'
import type { TrainingError, TrainingRequest } from './training/request'
import { disposing, runLoop } from './training/run'
import { settle, startAnew } from './training/settle'

const MODEL_WEIGHTS = 'model.safetensors'

/** config.json of weights that are now float32, whatever they were. */
const asFloat32 = (raw: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  ...raw,
  ...('dtype' in raw ? { dtype: 'float32' } : {}),
  ...('torch_dtype' in raw ? { torch_dtype: 'float32' } : {}),
})

/** Trains all weights and writes a model folder with the tokenizer of the one it started from. */
export const trainModel = (
  request: TrainingRequest & { readonly out: string },
): TE.TaskEither<TrainingError, void> =>
  resolve(request.out) === resolve(request.model)
    ? TE.left(
        badInput('BadOption', 'is the model that is trained', {
          where: request.out,
          remedy: 'give another --out',
        }),
      )
    : request.resume === true && existsSync(join(request.out, MODEL_WEIGHTS))
      ? TE.right(undefined)
      : pipe(
          fullBench(request),
          TE.chainW((bench) =>
            pipe(
              disposing(
                bench,
                pipe(
                  startAnew(request, MODEL_WEIGHTS),
                  TE.chainW(() => runLoop(request, bench, 'full')),
                ),
              ),
              TE.chainW((trained) => {
                const { folder } = bench.opened
                return settle(request.out, [...folder.companions, 'config.json', MODEL_WEIGHTS], (target) =>
                  writeModelFolder(target, {
                    config: folder.config,
                    rawConfig: asFloat32(folder.rawConfig),
                    companionsFrom: request.model,
                    tensors: bench.trainable.layout.slots.map((s) => ({
                      name: s.name,
                      dtype: 'F32',
                      shape: s.shape,
                      values: trained.subarray(s.offset, s.offset + s.size),
                    })),
                  }),
                )
              }),
            ),
          ),
        )
