/** A model and its rows prepared for training: an adapter beside frozen weights, or all weights. */
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
import { type LoadedOrigin, type OriginPlan, loadOrigin, originPlan } from './origin'
import type { TrainingRun } from './request'
import { type Trainable, fullTrainable, loraTrainable } from './trainable'

// model ------------------------------------------------------------------------------------------

/** A model and its rows, before any weight is on the device: the run's record is made from it. */
export interface TrainingPlan {
  readonly opened: OpenedModel
  readonly encoded: EncodedRows
  /** Where training starts, unless it is the model itself. */
  readonly start?: Float32Array
  /** What preservation is measured from, unless it is the model as training starts. */
  readonly originPlan?: OriginPlan
}

/** The plan of a run that trains an adapter. */
export interface AdapterPlan extends TrainingPlan {
  readonly from: AdapterStart
  readonly start: Float32Array
}

/** A model, its rows, and an oracle over a trainable vector. */
export interface TrainingSetup extends TrainingPlan {
  readonly start: Float32Array
  readonly trainable: Trainable
  readonly origin?: LoadedOrigin
  readonly dispose: () => void
}

/** The setup of a run that trains an adapter. */
export interface AdapterSetup extends TrainingSetup {
  readonly from: AdapterStart
}

// constructors -----------------------------------------------------------------------------------

const encodeRows = (opened: OpenedModel, request: TrainingRun): E.Either<LmError, EncodedRows> =>
  pipe(
    encodedRows(opened, request.data, request.recipe.maxLength),
    E.map((encoded) => {
      encodingWarnings(encoded, request.recipe.maxLength).forEach((line) =>
        request.onWarning?.(`${request.data.name}: ${line}`),
      )
      return encoded
    }),
  )

interface Parameters {
  /** How the frozen weights are stored; undefined where none are frozen. */
  readonly frozen: StorageDtype | undefined
  /** Number of trained parameters. */
  readonly trained: number
}

const roomToTrain = (
  { opened: { folder }, encoded: { rows } }: TrainingPlan,
  { model, recipe }: TrainingRun,
  { frozen, trained }: Parameters,
): E.Either<LmError, void> => {
  const length = rows.reduce((n, r) => Math.max(n, r.promptTokens.length + r.responseTokens.length), 1)
  const tokens = length * Math.min(recipe.batchSize, rows.length)
  const weights = frozen === undefined ? 0 : weightBytes(folder.config, frozen, nativeBackend() !== undefined)
  return checkMemory({
    where: model,
    purpose: `a training step of ${tokens} tokens in rows of up to ${length}`,
    bytes: weights + trainedBytes(trained) + stepBytes(folder.config, tokens, length),
    remedy: `lower \`batchSize\` or \`maxLength\`${frozen === 'float32' ? ', or use \`dtype\` bfloat16 with the native \`engine\`' : ''}`,
  })
}

/** The model opened, the rows encoded, and where the adapter starts. */
export const adapterPlan = (request: TrainingRun): TE.TaskEither<LmError, AdapterPlan> =>
  pipe(
    TE.Do,
    TE.bindW('opened', () => openModel(request.model, request)),
    TE.bindW('encoded', ({ opened }) => TE.fromEither(encodeRows(opened, request))),
    TE.bindW('init', () => adapterOf(request.init, request.onWarning)),
    TE.bindW('from', ({ opened, init }) =>
      TE.fromEither(
        adapterStart(opened.folder.config, {
          recipe: request.recipe,
          seed: request.seed,
          baseModel: request.model,
          init,
          initName: nameOf(request.init),
        }),
      ),
    ),
    TE.bindW('origin', ({ opened }) =>
      request.origin === undefined
        ? TE.right(undefined)
        : originPlan(opened, request.origin, request.onWarning),
    ),
    TE.map(({ opened, encoded, from, origin }) => ({
      opened,
      encoded,
      from,
      start: from.start,
      ...(origin === undefined ? {} : { originPlan: origin }),
    })),
  )

/** The weights of an adapter's plan loaded. Left where memory does not suffice. */
export const adapterSetup =
  (request: TrainingRun) =>
  (plan: AdapterPlan): TE.TaskEither<LmError, AdapterSetup> =>
    pipe(
      TE.fromEither(
        roomToTrain(plan, request, { frozen: request.dtype ?? 'float32', trained: plan.start.length }),
      ),
      TE.chain(() =>
        loadWeights(plan.opened.folder, request.dtype === undefined ? {} : { dtype: request.dtype }),
      ),
      TE.bindTo('weights'),
      TE.bind('origin', ({ weights }) =>
        plan.originPlan === undefined
          ? TE.right(undefined)
          : pipe(
              loadOrigin(plan.originPlan, weights, request.dtype),
              TE.tapError(() => TE.fromIO(weights.dispose)),
            ),
      ),
      TE.map(({ weights, origin }) => ({
        ...plan,
        trainable: loraTrainable(weights, plan.from.slots),
        ...(origin === undefined ? {} : { origin }),
        dispose: () => {
          origin?.dispose()
          weights.dispose()
        },
      })),
    )

/** The model opened and the rows encoded. */
export const fullPlan = (request: TrainingRun): TE.TaskEither<LmError, TrainingPlan> =>
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
            `holds ${slot.name} with ${values.right.length} values, config.json says ${slot.size}`,
            { where: folder.path },
          ),
        )
      start.set(values.right, slot.offset)
    }
    return E.right(start)
  }

/** All weights of the model as the vector to train. Left where memory does not suffice. */
export const fullSetup =
  (request: TrainingRun) =>
  (plan: TrainingPlan): TE.TaskEither<LmError, TrainingSetup> => {
    const trainable = fullTrainable(plan.opened.folder.config)
    return pipe(
      TE.fromEither(roomToTrain(plan, request, { frozen: undefined, trained: trainable.layout.size })),
      TE.chainW(() => weightVector(plan.opened, trainable)),
      TE.map((start) => ({ ...plan, start, trainable, dispose: () => undefined })),
    )
  }
