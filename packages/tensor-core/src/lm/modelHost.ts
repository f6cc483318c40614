/**
 * One model for many adapters: the frozen weights are read once and stay on the device, and each adapter is merged into copies of the
 * matrices it changes (float32) or attached beside the weights (bfloat16). The numbers are bit for bit those of `loadCausalLM`.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type CausalLM, type LmError, type LoraAdapter, type LoraModule, failure } from '../contracts'
import { type FrozenMatrix, float32Matrix } from '../engine'
import { moduleOf } from './decoder/parameters'
import { type DecoderWeights, withMatrices } from './decoder/weights'
import { attachAdapter, checkAdapter, mergedWeight } from './inference/adapter'
import { causalLM } from './inference/causalLM'
import { type Decoder, NO_ADAPTATION, attempt } from './inference/decoder'
import { type LoadedWeights, loadWithValues } from './inference/load'
import { checkMemory } from './memory'
import { type ModelChoice, type OpenedModel, adapterOf, decodingOf, nameOf, openModel } from './openModel'
import type { RowChoice } from './rows'
import { turn } from './turn'

// model ------------------------------------------------------------------------------------------

/** Which model is hosted, and how it is used; the adapters come later. */
export type ModelHostChoice = Omit<ModelChoice, 'adapter'>

/** A model on the device that adapters are attached to. */
export interface ModelHost {
  /** The model's fingerprint, which is also the id of every attached model. */
  readonly id: string
  /**
   * The model with an adapter (a folder, or one in memory), or as it is. The caller disposes of it, which frees only what this
   * adapter needed. Several attached models may be alive at a time.
   *
   * @returns left `AdapterMismatch` where the adapter does not fit, `OutOfMemory` where the merged matrices do not fit into
   * memory, `ModelFailed` after the host has been disposed of
   */
  readonly attach: (adapter?: string | LoraAdapter) => TE.TaskEither<LmError, CausalLM>
  /** Frees the frozen weights, once the last attached model has been disposed of too. */
  readonly dispose: () => void
}

// merging ----------------------------------------------------------------------------------------

/** Refuses merged copies that the engine cannot hold. */
const checkCopies = (
  { folder }: OpenedModel,
  modules: ReadonlyMap<string, LoraModule>,
): E.Either<LmError, void> =>
  checkMemory({
    where: folder.path,
    purpose: 'copies of the matrices that the adapter changes',
    bytes: [...modules.values()].reduce((sum, { A, B }) => sum + 4 * B.rows * A.cols, 0),
    remedy: 'dispose of other attached models first, or use `dtype` bfloat16',
  })

/** Merged copies of the matrices that the adapter changes, by module name; where one fails, those before it are freed. */
const mergedMatrices = async (
  values: LoadedWeights['values'],
  modules: ReadonlyMap<string, LoraModule>,
): Promise<ReadonlyMap<string, FrozenMatrix>> => {
  const made = new Map<string, FrozenMatrix>()
  try {
    for (const [parameter, weight] of values) {
      const module = modules.get(moduleOf(parameter))
      if (module === undefined) continue
      await turn()
      made.set(module.name, float32Matrix(mergedWeight(weight, module)))
    }
    return made
  } catch (cause) {
    made.forEach((m) => m.dispose())
    throw cause
  }
}

// sharing ----------------------------------------------------------------------------------------

/** Weights with several owners, freed with the last of them. */
interface SharedWeights {
  /** @returns what the new owner calls when it is done; later calls do nothing */
  readonly retain: () => () => void
}

const sharedWeights = (weights: DecoderWeights): SharedWeights => {
  const owners = { count: 0 }
  return {
    retain: () => {
      const own = { released: false }
      owners.count += 1
      return () => {
        if (own.released) return
        own.released = true
        owners.count -= 1
        if (owners.count === 0) weights.dispose()
      }
    },
  }
}

// constructors -----------------------------------------------------------------------------------

/** The decoder's weights with this adapter: shared ones, and copies of its own where the adapter is merged. */
const adapted = (
  opened: OpenedModel,
  { weights, values }: LoadedWeights,
  modules: ReadonlyMap<string, LoraModule>,
  merging: boolean,
): TE.TaskEither<LmError, Pick<Decoder, 'weights' | 'adaptation'>> =>
  merging
    ? pipe(
        TE.fromEither(checkCopies(opened, modules)),
        TE.chain(() => attempt(() => mergedMatrices(values, modules))),
        TE.map((matrices) => ({ weights: withMatrices(weights, matrices), adaptation: NO_ADAPTATION })),
      )
    : attempt(() => ({ weights: withMatrices(weights, new Map()), adaptation: attachAdapter(modules) }))

const hostOf = (
  opened: OpenedModel,
  id: string,
  loaded: LoadedWeights,
  choice: Omit<ModelHostChoice, 'model' | keyof RowChoice>,
): ModelHost => {
  const merging = (choice.dtype ?? 'float32') === 'float32'
  const shared = sharedWeights(loaded.weights)
  const state = { closed: false }
  const release = shared.retain()
  const attached = (modules: ReadonlyMap<string, LoraModule>): TE.TaskEither<LmError, CausalLM> =>
    pipe(
      TE.fromIOEither<LmError, () => void>(() =>
        state.closed
          ? E.left(
              failure('ModelFailed', 'the model host has been disposed of', { where: opened.folder.path }),
            )
          : E.right(shared.retain()),
      ),
      TE.chain((done) =>
        pipe(
          adapted(opened, loaded, modules, merging),
          TE.tapError(() => TE.fromIO(done)),
          TE.map((own) => {
            const lm = causalLM({ id, ...own, ...decodingOf(opened, choice) })
            return {
              ...lm,
              dispose: () => {
                lm.dispose()
                done()
              },
            }
          }),
        ),
      ),
    )
  return {
    id,
    attach: (given) =>
      pipe(
        adapterOf(given, choice.onWarning),
        TE.chainEitherK((adapter) =>
          adapter === undefined
            ? E.right(new Map<string, LoraModule>())
            : checkAdapter(opened.folder.config, adapter, nameOf(given), merging),
        ),
        TE.chain(attached),
      ),
    dispose: () => {
      state.closed = true
      release()
    },
  }
}

/** A host of an opened model. The caller disposes of it. */
export const modelHostOf = (
  opened: OpenedModel,
  choice: Omit<ModelHostChoice, 'model' | keyof RowChoice>,
): TE.TaskEither<LmError, ModelHost> =>
  pipe(
    TE.Do,
    TE.bindW('id', () => opened.folder.fingerprint),
    TE.bindW('loaded', () =>
      loadWithValues(opened.folder, choice.dtype === undefined ? {} : { dtype: choice.dtype }),
    ),
    TE.map(({ id, loaded }) => hostOf(opened, id, loaded, choice)),
  )

/**
 * Reads a model's weights once, for any number of adapters. The caller disposes of the host and of each attached model.
 *
 * @returns left where the folder is damaged, the model is not supported, or memory is too small
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as E from 'fp-ts/Either'
 * import * as TE from 'fp-ts/TaskEither'
 * import { pipe } from 'fp-ts/function'
 * import { type LoraAdapter, greedy, matrix, textPrompt } from '@safe/tensor-core/contracts'
 * import { selectEngine } from '@safe/tensor-core/engine'
 * import { openModelHost } from '@safe/tensor-core/lm'
 *
 * // W + 0.5 B A on one matrix of 96 x 96; `readAdapter` reads one from a folder
 * const adapter: LoraAdapter = {
 *   modules: [
 *     {
 *       name: 'model.layers.0.self_attn.q_proj',
 *       A: matrix(1, 96, new Float32Array(96).fill(1)),
 *       B: matrix(96, 1, new Float32Array(96).fill(1)),
 *       scale: 0.5,
 *     },
 *   ],
 *   config: {},
 *   metadata: {},
 *   dtype: 'F32',
 *   extras: [],
 * }
 * const requests = [{ prompt: textPrompt('how do i clean the bridge ?') }]
 *
 * const answers = pipe(
 *   selectEngine('wasm'),
 *   TE.chainW(() => openModelHost({ model: 'arena/models/aligned' })),
 *   TE.chainW((host) =>
 *     pipe(
 *       [undefined, adapter],
 *       TE.traverseSeqArray((own) =>
 *         pipe(
 *           host.attach(own),
 *           TE.chainW((lm) =>
 *             pipe(
 *               lm.generate(requests, greedy(20)),
 *               TE.tapIO(() => lm.dispose),
 *             ),
 *           ),
 *         ),
 *       ),
 *       TE.tapIO(() => host.dispose),
 *     ),
 *   ),
 * )
 *
 * const result = await answers()
 * assert(E.isRight(result))
 * const [plain, adapted] = result.right
 * assert.notEqual(plain?.[0]?.text, adapted?.[0]?.text)
 * ```
 */
export const openModelHost = (choice: ModelHostChoice): TE.TaskEither<LmError, ModelHost> =>
  pipe(
    openModel(choice.model, choice),
    TE.chain((opened) => modelHostOf(opened, choice)),
  )
