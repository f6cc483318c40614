/**
 * The model that a preservation loss is measured from, where it is not the model that training starts from: over several tasks in
 * turn the divergence from one fixed origin is kept small, not that from the last task's result.
 */
import { createHash } from 'node:crypto'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type LmError, type LoraAdapter, type LoraModule, type StorageDtype, badInput } from '../../contracts'
import { type ModelFolder, openModelFolder } from '../../formats'
import type { Adaptation } from '../decoder/linear'
import type { DecoderWeights } from '../decoder/weights'
import { attachAdapter, checkAdapter, disposeAdaptation } from '../inference/adapter'
import { attempt } from '../inference/decoder'
import { loadWeights } from '../inference/load'
import { type OpenedModel, adapterOf, nameOf } from '../openModel'

// model ------------------------------------------------------------------------------------------

/** The trained model without any adapter, the model with this adapter, or another model of the same vocabulary. */
export type Origin =
  | { readonly kind: 'base' }
  | { readonly kind: 'adapter'; readonly adapter: string | LoraAdapter }
  | { readonly kind: 'model'; readonly folder: string }

/** An origin read and checked, nothing of it on the device yet. */
export interface OriginPlan {
  /** A hash of what it computes from, for the record of a run. */
  readonly print: string
  readonly modules: ReadonlyMap<string, LoraModule>
  /** Undefined where the weights are those of the trained model. */
  readonly folder?: ModelFolder
}

/** An origin on the device. `weights` are the trained model's own, or its own; `dispose` frees what is its own. */
export interface LoadedOrigin {
  readonly weights: DecoderWeights
  readonly factors: Adaptation['factors']
  readonly dispose: () => void
}

// planning ---------------------------------------------------------------------------------------

const printOf = (modules: ReadonlyMap<string, LoraModule>): string =>
  [...modules.values()]
    .reduce(
      (hash, { name, A, B, scale }) =>
        hash
          .update(JSON.stringify([name, scale, A.rows]))
          .update(A.data)
          .update(B.data),
      createHash('sha256'),
    )
    .digest('hex')

const none: ReadonlyMap<string, LoraModule> = new Map<string, LoraModule>()

const adapterOrigin = (
  { folder }: OpenedModel,
  adapter: string | LoraAdapter,
  onWarning?: (line: string) => void,
): TE.TaskEither<LmError, OriginPlan> =>
  pipe(
    adapterOf(adapter, onWarning),
    TE.chainEitherK((read) =>
      read === undefined ? E.right(none) : checkAdapter(folder.config, read, nameOf(adapter)),
    ),
    TE.map((modules) => ({ print: printOf(modules), modules })),
  )

const modelOrigin = ({ folder }: OpenedModel, path: string): TE.TaskEither<LmError, OriginPlan> =>
  pipe(
    openModelFolder(path),
    TE.filterOrElseW(
      ({ config }) => config.vocabSize === folder.config.vocabSize,
      ({ config }): LmError =>
        badInput(
          'ModelUnsupported',
          `has a vocabulary of ${config.vocabSize}, the trained model one of ${folder.config.vocabSize}`,
          { where: path, remedy: 'give an origin with the same vocabulary' },
        ),
    ),
    TE.bindTo('own'),
    TE.bindW('print', ({ own }) => own.fingerprint),
    TE.map(({ own, print }) => ({ print, modules: none, folder: own })),
  )

/** Reads and checks an origin. */
export const originPlan = (
  opened: OpenedModel,
  origin: Origin,
  onWarning?: (line: string) => void,
): TE.TaskEither<LmError, OriginPlan> => {
  switch (origin.kind) {
    case 'base':
      return TE.right({ print: printOf(none), modules: none })
    case 'adapter':
      return adapterOrigin(opened, origin.adapter, onWarning)
    case 'model':
      return modelOrigin(opened, origin.folder)
  }
}

// loading ----------------------------------------------------------------------------------------

/** The origin on the device, beside the frozen weights of the trained model. */
export const loadOrigin = (
  { modules, folder }: OriginPlan,
  frozen: DecoderWeights,
  dtype: StorageDtype | undefined,
): TE.TaskEither<LmError, LoadedOrigin> =>
  folder === undefined
    ? pipe(
        attempt(() => attachAdapter(modules)),
        TE.map((attached) => ({
          weights: frozen,
          factors: attached.factors,
          dispose: () => disposeAdaptation(attached),
        })),
      )
    : pipe(
        loadWeights(folder, dtype === undefined ? {} : { dtype }),
        TE.map((weights) => ({ weights, factors: new Map(), dispose: weights.dispose })),
      )
