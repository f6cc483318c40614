/** Opens and loads a model folder: configuration and weights on disk, tokenizer, and how rows become tokens. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type LmError, type LoraAdapter, type StorageDtype, type Tokenizer, badInput } from '../contracts'
import { type ModelFolder, adapterWarnings, openModelFolder, readAdapter } from '../formats'
import { type Encoder, encoderOf, loadTokenizer } from '../text'
import { type LocalLM, causalLM } from './inference/causalLM'
import { type Decoder, NO_ADAPTATION } from './inference/decoder'
import { attachAdapter, checkAdapter } from './inference/adapter'
import { loadWeights } from './inference/load'
import { type RowChoice, tokenizerFits } from './rows'

// model ------------------------------------------------------------------------------------------

/** A model folder with its tokenizer, ready to be loaded onto the device. */
export interface OpenedModel {
  readonly folder: ModelFolder
  readonly tokenizer: Tokenizer | undefined
  readonly encoder: Encoder
}

/** Which model is loaded, with which adapter, and how its rows are encoded. */
export interface ModelChoice extends RowChoice {
  /** Model folder. */
  readonly model: string
  /** Adapter folder, or an adapter in memory. */
  readonly adapter?: string | LoraAdapter
  /** How the frozen weights are stored on the device; default float32. */
  readonly dtype?: StorageDtype
  /** Rows decoded or scored at once; default 32. */
  readonly batchSize?: number
  readonly signal?: AbortSignal
  /** Called with a line for each part of the adapter that is not applied. */
  readonly onWarning?: (line: string) => void
}

// constructors -----------------------------------------------------------------------------------

/**
 * Opens a model folder; weights stay on disk.
 *
 * @returns left where the folder is damaged, the model is not supported, or the tokenizer has more ids than the model
 */
export const openModel = (model: string, choice: RowChoice): TE.TaskEither<LmError, OpenedModel> =>
  pipe(
    TE.Do,
    TE.apSW('folder', openModelFolder(model)),
    TE.bindW('tokenizer', () => loadTokenizer(model)),
    TE.filterOrElseW(
      ({ folder, tokenizer }) => tokenizerFits(tokenizer, folder.config.vocabSize),
      ({ folder, tokenizer }): LmError =>
        badInput(
          'ModelUnsupported',
          `the tokenizer has ${tokenizer?.size ?? 0} ids, the model ${folder.config.vocabSize}`,
          {
            where: model,
            remedy: 'use the tokenizer the model was trained with',
          },
        ),
    ),
    TE.bindW('encoder', ({ folder, tokenizer }) => {
      const eos = folder.config.eosTokenIds[0]
      return encoderOf({ tokenizer, ...choice, ...(eos === undefined ? {} : { eos }) })
    }),
  )

/** The folder an adapter comes from, for messages. */
export const nameOf = (adapter: string | LoraAdapter | undefined): string | undefined =>
  typeof adapter === 'string' ? adapter : undefined

/** An adapter, read from its folder where one is given; each part that is not applied is a warning. */
export const adapterOf = (
  adapter: string | LoraAdapter | undefined,
  onWarning: (line: string) => void = () => undefined,
): TE.TaskEither<LmError, LoraAdapter | undefined> =>
  typeof adapter === 'string'
    ? pipe(
        readAdapter(adapter),
        TE.map((read) => {
          adapterWarnings(read).forEach((line) => onWarning(`${adapter}: ${line}`))
          return read
        }),
      )
    : TE.right(adapter)

/**
 * Weights and adapter of a decoder. In float32 the adapter is merged; bfloat16 weights stay as they are and the adapter is
 * attached beside them, since rounding the sum would lose most of a small update.
 */
const loadDecoder = (
  folder: ModelFolder,
  adapter: LoraAdapter | undefined,
  { adapter: given, dtype = 'float32' }: Pick<ModelChoice, 'adapter' | 'dtype'>,
): TE.TaskEither<LmError, Pick<Decoder, 'weights' | 'adaptation'>> => {
  const name = nameOf(given)
  const named = name === undefined ? {} : { adapterName: name }
  if (adapter === undefined || dtype === 'float32')
    return pipe(
      loadWeights(folder, { dtype, ...(adapter === undefined ? {} : { adapter }), ...named }),
      TE.map((weights) => ({ weights, adaptation: NO_ADAPTATION })),
    )
  return pipe(
    TE.fromEither(checkAdapter(folder.config, adapter, name)),
    TE.chain((modules) =>
      pipe(
        loadWeights(folder, { dtype }),
        TE.map((weights) => ({ weights, adaptation: attachAdapter(modules) })),
      ),
    ),
  )
}

/** What a decoder of an opened model has besides its weights. */
export const decodingOf = (
  { tokenizer, encoder, folder }: OpenedModel,
  { batchSize = 32, signal }: Pick<ModelChoice, 'batchSize' | 'signal'>,
): Omit<Decoder, 'id' | 'weights' | 'adaptation'> => ({
  tokenizer,
  encoder,
  stopTokens: folder.stopTokens,
  batchSize,
  ...(signal === undefined ? {} : { signal }),
})

/** The in-process decoder of an opened model, with its adapter where one is given. The caller disposes of it. */
export const causalLMOf = (
  opened: OpenedModel,
  choice: Omit<ModelChoice, 'model' | keyof RowChoice>,
): TE.TaskEither<LmError, LocalLM> =>
  pipe(
    TE.Do,
    TE.bindW('adapter', () => adapterOf(choice.adapter, choice.onWarning)),
    TE.bindW('print', () => opened.folder.fingerprint),
    TE.bindW('loaded', ({ adapter }) => loadDecoder(opened.folder, adapter, choice)),
    TE.map(({ loaded, print }) => causalLM({ id: print, ...loaded, ...decodingOf(opened, choice) })),
  )

/**
 * The in-process decoder of a model folder, with its adapter where one is given: merged into float32 weights, beside bfloat16
 * ones. The caller disposes of it. For several adapters of one model see `openModelHost`.
 *
 * @returns left where the folder is damaged, the model is not supported, the adapter does not fit, or memory is too small
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as E from 'fp-ts/Either'
 * import * as TE from 'fp-ts/TaskEither'
 * import { pipe } from 'fp-ts/function'
 * import { greedy, textPrompt } from '@safe/tensor-core/contracts'
 * import { selectEngine } from '@safe/tensor-core/engine'
 * import { loadCausalLM } from '@safe/tensor-core/lm'
 *
 * const completions = pipe(
 *   selectEngine('wasm'),
 *   TE.chainW(() => loadCausalLM({ model: 'arena/models/aligned' })),
 *   TE.chainW((lm) =>
 *     pipe(
 *       lm.generate([{ prompt: textPrompt('how do i clean the bridge ?') }], greedy(20)),
 *       TE.tapIO(() => lm.dispose),
 *     ),
 *   ),
 * )
 *
 * const result = await completions()
 * assert(E.isRight(result))
 * console.log(result.right[0]?.text)
 * ```
 */
export const loadCausalLM = (choice: ModelChoice): TE.TaskEither<LmError, LocalLM> =>
  pipe(
    openModel(choice.model, choice),
    TE.chain((opened) => causalLMOf(opened, choice)),
  )
