/** `tensor-core train`: supervised fine-tuning of an adapter, or of all weights. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Progress,
  command,
  modelFolder,
  dataFile,
  adapterFolder,
  count,
  file,
  flag,
  folder,
  optional,
  overwriteOption,
  required,
  resumeOption,
  rowChoiceOf,
  rowOptions,
  startEngine,
  stopping,
} from './kit'
import { refuseExisting } from '../files'
import { readDataset } from '../formats'
import { type LogRow, type TrainingRequest, recipeOf, recipeOptions, trainAdapter, trainModel } from '../lm'

export const trainCommand = command({
  name: 'train',
  description: 'supervised fine-tuning: a PEFT adapter, or with --full a whole model',
  example: 'tensor-core train --model models/aligned --data rows.jsonl --out adapter --rank 8 --epochs 1',
  options: {
    model: required(modelFolder('model folder, or hub:ORG/NAME')),
    data: required(dataFile('rows to train on')),
    out: required(folder('adapter folder, or with --full a model folder')),
    full: flag('train all weights'),
    initAdapter: optional(
      adapterFolder('continue from this adapter: it brings rank, alpha, targets and patterns'),
    ),
    ...recipeOptions,
    ...rowOptions,
    checkpointEvery: optional(count('steps between checkpoints')),
    log: optional(file('JSONL of {step, loss, gradNorm, lr, examples, tokens, seconds}')),
    ...overwriteOption,
    ...resumeOption,
  },
  run: (values, context) => {
    const state: { progress: Progress | undefined; last: LogRow | undefined } = {
      progress: undefined,
      last: undefined,
    }
    return pipe(
      TE.Do,
      TE.bindW('target', () => TE.fromEither(refuseExisting(values.out, values, 'folder'))),
      TE.bindW('data', () => readDataset(values.data)),
      TE.bindW('engine', () => startEngine(context)),
      TE.chainW(({ data }) => {
        const request: TrainingRequest & { readonly out: string } = {
          model: values.model,
          data,
          recipe: recipeOf(values),
          seed: context.common.seed,
          dtype: context.common.dtype,
          out: values.out,
          resume: values.resume,
          signal: context.signal,
          ...rowChoiceOf(values),
          ...(values.initAdapter === undefined ? {} : { init: values.initAdapter }),
          ...(values.checkpointEvery === undefined ? {} : { checkpointEvery: values.checkpointEvery }),
          ...(values.log === undefined ? {} : { log: values.log }),
          onWarning: context.warn,
          onStart: (total, done) => {
            state.progress = context.progress('train', total)
            state.progress.tick(done)
          },
          onStep: (row) => {
            state.last = row
            state.progress?.tick(1, `loss ${row.loss.toFixed(4)}`)
          },
        }
        if (values.full && context.common.dtype === 'bfloat16')
          context.warn('--dtype bfloat16 stores frozen weights, and --full freezes none: float32 is used')
        return values.full
          ? trainModel(request)
          : pipe(
              trainAdapter(request),
              TE.map(() => undefined),
            )
      }),
      stopping(() => state.progress),
      TE.map(() => ({
        json: {
          out: values.out,
          steps: state.last === undefined ? null : state.last.step + 1,
          loss: state.last?.loss ?? null,
        },
        text: `${values.full ? 'model' : 'adapter'}${state.last === undefined ? '' : `, last loss ${state.last.loss.toFixed(4)} nats`}: ${values.out}`,
      })),
    )
  },
})
