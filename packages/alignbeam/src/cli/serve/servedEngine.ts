/**
 * The engine of `alignbeam serve`, opened in the process of the models: draft, anchor and judge as `alignbeam generate` opens them,
 * in one running batch.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Context, commonOptions, silentTerminal, startEngine } from '@safe/tensor-core/cli'
import { type Fault, badInput, failure } from '@safe/tensor-core/contracts'
import { openModelFolder } from '@safe/tensor-core/formats'
import { isAddress } from '@safe/tensor-core/judges'
import type { LocalLM } from '@safe/tensor-core/lm'
import { decodeOptions } from '@safe/tensor-core/options'
import { batchEngine } from '../../serving/batch/batchEngine'
import { servedPair } from '../../serving/batch/pair'
import { askedPrompt } from '../../serving/askedPrompt'
import type { Ask, Engine, ServedModels, Voice } from '../../serving/contract'
import { type DirectAnswer, directEngine } from '../../serving/direct/directEngine'
import type { EngineHooks, OpenEngine } from '../../serving/process/openEngine'
import { type Cast, answering } from '../answering'
import { castOf, runsHere } from '../cast'
import { type GenerationMethod, alignBeamSettingsOf } from '../generateOptions'
import { type ModelValues, generateValuesOf, modelOptions } from './serveOptions'

// settings ---------------------------------------------------------------------------------------

/** What a command has, here: warnings go to the operator, and the process is stopped by its parent. */
const contextOf = (common: Context['common'], { onProgress, onWarning }: EngineHooks): Context => ({
  ...silentTerminal,
  note: onProgress,
  warn: onWarning,
  signal: new AbortController().signal,
  common,
})

/** Most tokens that the model folders say they can read; null where both models are behind URLs, which do not say. */
const positionsOf = ({ draft, anchor }: ModelValues): TE.TaskEither<Fault, number | null> =>
  pipe(
    [draft, anchor].filter((model) => !isAddress(model)),
    TE.traverseSeqArray((model) => openModelFolder(model)),
    TE.map((folders) =>
      folders.length === 0 ? null : Math.min(...folders.map(({ config }) => config.maxPositionEmbeddings)),
    ),
  )

// opening ----------------------------------------------------------------------------------------

const nameOf = (path: string): string =>
  path
    .replace(/[\\/]+$/, '')
    .split(/[\\/]/)
    .at(-1) ?? path

/** Whether a model's rows can join a running batch. */
const batches = (model: Cast['draft']): model is LocalLM => model !== undefined && 'join' in model

const served = (values: ModelValues, cast: Cast, contextLength: number | null): ServedModels => ({
  draft: nameOf(values.draft),
  anchor: nameOf(values.anchor),
  judge: cast.judge?.id ?? null,
  contextLength,
})

const batched = (
  values: ModelValues,
  { draft, anchor }: { readonly draft: LocalLM; readonly anchor: LocalLM },
  cast: Cast,
  models: ServedModels,
): E.Either<Fault, Engine> =>
  pipe(
    E.Do,
    E.bindW('options', () => alignBeamSettingsOf(generateValuesOf(values))),
    E.bindW('pair', ({ options }) =>
      servedPair({ draft, anchor }, options, {
        prefixTokens: values.prefixCache,
        chunk: values.promptChunk,
        contextLength: models.contextLength,
      }),
    ),
    E.map(({ options, pair }) =>
      batchEngine({
        pair,
        options,
        models,
        judge: cast.judge,
        mostRows: values.maxRows,
        onDispose: cast.dispose,
      }),
    ),
  )

const methods = { mixed: 'alignbeam', draft: 'draft', anchor: 'anchor' } as const satisfies Record<
  Voice,
  GenerationMethod
>

/** One ask, answered as `alignbeam generate` answers a prompt. */
const answerDirectly =
  (values: ModelValues, cast: Cast) =>
  (ask: Ask): TE.TaskEither<Fault, DirectAnswer> => {
    const { voice, dial, generation, stream } = ask
    const model = voice === 'anchor' ? cast.anchor : cast.draft
    const tokenizer = model?.tokenizer
    if (model === undefined || tokenizer === undefined)
      return TE.left(badInput('BadOption', 'has no tokenizer', { field: 'draft' }))
    const prompt = askedPrompt(ask.prompt, tokenizer)
    const { alpha, beams, bridgeTokens } = dial
    return pipe(
      TE.Do,
      TE.bindW('answer', () =>
        TE.fromEither(
          answering(
            { ...generateValuesOf(values), method: methods[voice], alpha, beams, bridgeTokens },
            { ...cast, judge: dial.judge ? cast.judge : undefined },
          ),
        ),
      ),
      TE.bindW('tokens', () => model.encodePrompt(prompt)),
      TE.bindW('answers', ({ answer }) => answer([{ prompt, stream }], generation)),
      TE.chain(({ answers: [answer], tokens }) =>
        answer === undefined
          ? TE.left(failure('ModelFailed', 'the model gave no answer'))
          : TE.right({ answer, promptTokens: tokens.length }),
      ),
    )
  }

const engineOf = (values: ModelValues, cast: Cast, contextLength: number | null): E.Either<Fault, Engine> => {
  const models = served(values, cast, contextLength)
  const { draft, anchor } = cast
  return batches(draft) && batches(anchor)
    ? batched(values, { draft, anchor }, cast, models)
    : E.right(directEngine({ answer: answerDirectly(values, cast), models, onDispose: cast.dispose }))
}

/** @see OpenEngine; the settings are those of `modelOptions` and the common ones */
export const openEngine: OpenEngine = (settings, hooks) =>
  pipe(
    TE.Do,
    TE.bindW('values', () => TE.fromEither(decodeOptions(modelOptions, settings))),
    TE.bindW('common', () => TE.fromEither(decodeOptions(commonOptions, settings))),
    TE.let('context', ({ common }) => contextOf(common, hooks)),
    TE.bindW('contextLength', ({ values }) => positionsOf(values)),
    TE.chainFirstW(({ context, values }): TE.TaskEither<Fault, unknown> =>
      runsHere(generateValuesOf(values)) ? startEngine(context) : TE.right(undefined),
    ),
    TE.chainFirstIOK(() => () => hooks.onProgress('reading the models')),
    TE.bindW('cast', ({ values, context }) => castOf(generateValuesOf(values), context)),
    TE.chainW(({ values, cast, contextLength }) =>
      pipe(
        TE.fromEither(engineOf(values, cast, contextLength)),
        TE.tapError(() => TE.fromIO(cast.dispose)),
      ),
    ),
  )
