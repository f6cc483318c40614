/**
 * The engine of `alignbeam serve`, opened in the process of the models: draft, anchor and judge as `alignbeam generate` opens them,
 * in one running batch.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Context, commonOptions, silentTerminal, startEngine } from '@safe/tensor-core/cli'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { openModelFolder } from '@safe/tensor-core/formats'
import type { LocalLM } from '@safe/tensor-core/lm'
import { decodeOptions } from '@safe/tensor-core/options'
import { batchEngine } from '../../serving/batch/batchEngine'
import { servedPair } from '../../serving/batch/pair'
import type { Engine, ServedModels } from '../../serving/contract'
import type { EngineHooks, OpenEngine } from '../../serving/process/openEngine'
import type { Cast } from '../answering'
import { castOf } from '../cast'
import { alignBeamSettingsOf } from '../generateOptions'
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

/** Most tokens that a model folder says it can read; a model behind a URL does not say. */
const positionsOf = (model: string): TE.TaskEither<Fault, number> =>
  pipe(
    openModelFolder(model),
    TE.map(({ config }) => config.maxPositionEmbeddings),
  )

// opening ----------------------------------------------------------------------------------------

const nameOf = (path: string): string =>
  path
    .replace(/[\\/]+$/, '')
    .split(/[\\/]/)
    .at(-1) ?? path

/** Whether a model's rows can join a running batch. */
const batches = (model: Cast['draft']): model is LocalLM => model !== undefined && 'join' in model

const batched = (values: ModelValues, cast: Cast, contextLength: number): E.Either<Fault, Engine> =>
  pipe(
    E.Do,
    E.bindW('options', () => alignBeamSettingsOf(generateValuesOf(values))),
    E.bindW('both', () =>
      batches(cast.draft) && batches(cast.anchor)
        ? E.right({ draft: cast.draft, anchor: cast.anchor })
        : E.left(badInput('BadOption', 'must be a model folder', { field: 'draft' })),
    ),
    E.bindW('pair', ({ options, both }) =>
      servedPair(both, options, {
        prefixTokens: values.prefixCache,
        chunk: values.promptChunk,
        contextLength,
      }),
    ),
    E.map(({ options, pair }) => {
      const models: ServedModels = {
        draft: nameOf(values.draft),
        anchor: nameOf(values.anchor),
        judge: cast.judge?.id ?? null,
        contextLength,
      }
      return batchEngine({
        pair,
        options,
        models,
        judge: cast.judge,
        mostRows: values.maxRows,
        onDispose: cast.dispose,
      })
    }),
  )

/** @see OpenEngine; the settings are those of `modelOptions` and the common ones */
export const openEngine: OpenEngine = (settings, hooks) =>
  pipe(
    TE.Do,
    TE.bindW('values', () => TE.fromEither(decodeOptions(modelOptions, settings))),
    TE.bindW('common', () => TE.fromEither(decodeOptions(commonOptions, settings))),
    TE.let('context', ({ common }) => contextOf(common, hooks)),
    TE.bindW('lengths', ({ values }) =>
      pipe([values.draft, values.anchor], TE.traverseSeqArray(positionsOf)),
    ),
    TE.chainFirstW(({ context }) => startEngine(context)),
    TE.chainFirstIOK(() => () => hooks.onProgress('reading the models')),
    TE.bindW('cast', ({ values, context }) => castOf(generateValuesOf(values), context)),
    TE.chainW(({ values, cast, lengths }) =>
      pipe(
        TE.fromEither(batched(values, cast, Math.min(...lengths))),
        TE.tapError(() => TE.fromIO(cast.dispose)),
      ),
    ),
  )
