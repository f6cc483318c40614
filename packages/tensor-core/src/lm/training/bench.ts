/** A model and its rows made ready to be trained: an adapter beside frozen weights, or all weights. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type LmError, type StorageDtype, badInput } from '../../contracts'
import { nativeBackend } from '../../engine'
import { type EncodedRows, encodingWarnings } from '../../text'
import { encodedRows } from '../encodedRows'
import { loadWeights } from '../inference/load'
import { checkMemory, stepBytes, trainedBytes, weightBytes } from '../memory'
import { type OpenedModel, adapterOf, nameOf, openModel } from '../openModel'
import { type AdapterStart, adapterStart } from './adapterSlots'
import type { TrainingError, TrainingRequest } from './request'
import { type Trainable, fullTrainable, loraTrainable } from './trainable'

// model ------------------------------------------------------------------------------------------

/** A model and its rows, before any weight is on the device: what a run's record is made of. */
export interface TrainingPlan {
  readonly opened: OpenedModel
  readonly encoded: EncodedRows
  /** Where training starts, unless it is the model itself. */
  readonly start?: Float32Array
}

export interface AdapterPlan extends TrainingPlan {
  readonly from: AdapterStart
  readonly start: Float32Array
}

/** A model, its rows, and an oracle over a trainable vector. */
export interface Bench extends TrainingPlan {
  readonly start: Float32Array
  readonly trainable: Trainable
  readonly dispose: () => void
}

export interface AdapterBench extends Bench {
  readonly from: AdapterStart
}

// constructors -----------------------------------------------------------------------------------

const encodeRows = (opened: OpenedModel, request: TrainingRequest): E.Either<LmError, EncodedRows> =>
  pipe(
    encodedRows(opened, request.data, request.recipe.maxLength),
    E.map((encoded) => {
      encodingWarnings(encoded, request.recipe.maxLength).forEach((line) =>
        request.onWarning?.(`${request.data.name}: ${line}`),
      )
      return encoded
    }),
  )

/** @param frozen how the frozen weights are stored; undefined where none are frozen @param trained number of trained parameters */
const roomToTrain = (
  { folder }: OpenedModel,
  { rows }: EncodedRows,
  { model, recipe }: TrainingRequest,
  frozen: StorageDtype | undefined,
  trained: number,
): E.Either<LmError, void> => {
  const length = rows.reduce((n, r) => Math.max(n, r.promptTokens.length + r.responseTokens.length), 1)
  const tokens = length * Math.min(recipe.batchSize, rows.length)
  const weights = frozen === undefined ? 0 : weightBytes(folder.config, frozen, nativeBackend() !== undefined)
  return checkMemory({
    where: model,
    purpose: `a training step of ${tokens} tokens in rows of up to ${length}`,
    bytes: weights + trainedBytes(trained) + stepBytes(folder.config, tokens, length),
    remedy: `lower --batch-size or --max-length${frozen === 'float32' ? ', or use --dtype bfloat16 with --engine native' : ''}`,
  })
}

export const adapterPlan = (request: TrainingRequest): TE.TaskEither<TrainingError, AdapterPlan> =>
  pipe(
    TE.Do,
    TE.bindW('opened', () => openModel(request.model, request)),
    TE.bindW('encoded', ({ opened }) => TE.fromEither(encodeRows(opened, request))),
    TE.bindW('init', () => adapterOf(request.init, request.onWarning)),
    TE.bindW('from', ({ opened, init }) =>
      TE.fromEither(
        adapterStart(
          opened.folder.config,
          request.recipe,
          request.seed,
          request.model,
          init,
          nameOf(request.init),
        ),
      ),
    ),
    TE.map(({ opened, encoded, from }) => ({ opened, encoded, from, start: from.start })),
  )

export const adapterBench =
  (request: TrainingRequest) =>
  (plan: AdapterPlan): TE.TaskEither<TrainingError, AdapterBench> =>
    pipe(
      TE.fromEither(
        roomToTrain(plan.opened, plan.encoded, request, request.dtype ?? 'float32', plan.start.length),
      ),
      TE.chain(() =>
        loadWeights(plan.opened.folder, request.dtype === undefined ? {} : { dtype: request.dtype }),
      ),
      TE.map((weights) => ({
        ...plan,
        trainable: loraTrainable(weights, plan.from.slots),
        dispose: weights.dispose,
      })),
    )

export const fullPlan = (request: TrainingRequest): TE.TaskEither<TrainingError, TrainingPlan> =>
  pipe(
    TE.Do,
    TE.bindW('opened', () => openModel(request.model, request)),
    TE.bindW('encoded', ({ opened }) => TE.fromEither(encodeRows(opened, request))),
  )

/** All weights of the model as one vector, read from disk. */
const weightVector =
  ({ folder }: OpenedModel, { layout }: Trainable): TE.TaskEither<LmError, Float32Array> =>
  async () => {
    const start = new Float32Array(layout.size)
    for (const slot of layout.slots) {
      const values = await folder.weights.read(slot.name)()
      if (E.isLeft(values)) return values
      if (values.right.length !== slot.size)
        return E.left(
          badInput(
            'ModelUnsupported',
            `holds ${slot.name} with ${values.right.length} values, config.json asks for ${slot.size}`,
            { where: folder.path },
          ),
        )
      start.set(values.right, slot.offset)
    }
    return E.right(start)
  }

export const fullBench =
  (request: TrainingRequest) =>
  (plan: TrainingPlan): TE.TaskEither<TrainingError, Bench> => {
    const trainable = fullTrainable(plan.opened.folder.config)
    return pipe(
      TE.fromEither(roomToTrain(plan.opened, plan.encoded, request, undefined, trainable.layout.size)),
      TE.chainW(() => weightVector(plan.opened, trainable)),
      TE.map((start) => ({ ...plan, start, trainable, dispose: () => undefined })),
    )
  }
