/**
 * A kind's question put to a model of a folder. Configuration, tokenizer and template are read when it is opened, so that its identity
 * and its faults are known at once; the weights are loaded when it is first asked.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type JudgeError, type StorageDtype, type Steps, failure } from '../../contracts'
import { type HubUse, resolveAdapter } from '../../hub'
import { causalLMOf } from '../../lm'
import type { Answered, Asker } from './asker'
import { adapterPrint, askerId, checkpointPrint, templateHash } from './identity'
import type { ModelKind, OptionValues } from './kind'
import type { Plan } from './plan'
import type { Judged, Question } from './question'
import type { ReadPrompt } from './reader'
import { readyQuestion, reportCuts } from './readyQuestion'
import { type AskedModel, type Reply, askModel } from './scoring'

// model ------------------------------------------------------------------------------------------

/** How models are asked. */
export interface AskerUse extends HubUse {
  readonly dtype?: StorageDtype
  readonly batchSize?: number
  readonly onWarning?: (line: string) => void
  /**
   * Models in memory, without an adapter: where one has the judge's own weights (its `id` is the folder's fingerprint), it is asked and
   * they are not loaded again. It stays the caller's, and must not be disposed of before the judge. Called at the first question, so models
   * may be loaded after the judge is opened.
   */
  readonly inMemory?: () => ReadonlyArray<Steps>
}

// asking -----------------------------------------------------------------------------------------

/** A model that is asked; `dispose` frees what was loaded for it. */
interface HeldModel extends AskedModel {
  readonly dispose: () => void
}

/** The model in memory that has these weights, else the loaded one. */
const inMemoryOr =
  (
    print: string,
    models: () => ReadonlyArray<Steps>,
    load: TE.TaskEither<JudgeError, HeldModel>,
  ): TE.TaskEither<JudgeError, HeldModel> =>
  () => {
    const found = models().find(({ id }) => id === print)
    return found === undefined
      ? load()
      : Promise.resolve(E.right({ tokenizer: found.tokenizer, open: found.open, dispose: () => undefined }))
  }

/** Loads once, when it is first needed. */
const once = (
  load: TE.TaskEither<JudgeError, HeldModel>,
  where: string,
): { readonly model: TE.TaskEither<JudgeError, HeldModel>; readonly dispose: () => void } => {
  const held: { loading?: Promise<E.Either<JudgeError, HeldModel>>; closed: boolean } = { closed: false }
  return {
    model: () =>
      held.closed
        ? Promise.resolve(E.left(failure('JudgeFailed', 'the judge has been disposed of', { where })))
        : (held.loading ??= load()),
    dispose: () => {
      if (held.closed) return
      held.closed = true
      void held.loading?.then((loaded) => {
        if (E.isRight(loaded)) loaded.right.dispose()
      })
    },
  }
}

const defaultBatch = 8

/** Rows that could not be put before the model have nothing read; the others are asked. */
const answeredBy =
  <A>(
    question: Question<A>,
    plan: Plan,
    model: TE.TaskEither<JudgeError, AskedModel>,
    { batchSize = defaultBatch, signal }: Pick<AskerUse, 'batchSize' | 'signal'>,
  ) =>
  (
    prompts: ReadonlyArray<E.Either<JudgeError, ReadPrompt>>,
  ): TE.TaskEither<JudgeError, ReadonlyArray<Answered<A>>> => {
    const readable = prompts.flatMap((p, place) => (E.isRight(p) ? [{ place, tokens: p.right.tokens }] : []))
    const asked: TE.TaskEither<JudgeError, ReadonlyArray<Reply>> = readable.length === 0
      ? TE.right([])
      : pipe(
          model,
          TE.chain((lm) =>
            askModel(
              lm,
              plan,
              readable.map(({ tokens }) => tokens),
              batchSize,
              signal,
            ),
          ),
        )
    return pipe(
      asked,
      TE.map((replies) => {
        const byPlace = new Map(readable.map(({ place }, i) => [place, replies[i]]))
        return prompts.map((prompt, place): Answered<A> => {
          const reply = byPlace.get(place)
          return {
            answer: question.conclude(reply?.reading ?? {}),
            raw: E.isLeft(prompt) ? `not asked: ${prompt.left.message}` : (reply?.raw ?? ''),
            cut: E.isRight(prompt) && prompt.right.cut,
          }
        })
      }),
    )
  }

/**
 * Opens a question for a model: one in memory that has the same weights, where the caller gives such models, else one loaded here.
 *
 * @param example empty judged texts, under the names that the question has @returns left: no such model, one that cannot be asked
 */
export const openAsker = <A>(
  kind: ModelKind<A>,
  reference: string,
  options: OptionValues,
  example: Judged,
  use: AskerUse,
): TE.TaskEither<JudgeError, Asker<A>> => {
  const warn = use.onWarning ?? ((): void => undefined)
  const adapter = options['adapter']
  return pipe(
    TE.Do,
    TE.bindW('ready', () => readyQuestion(kind, reference, options, example, use)),
    TE.bindW('adapter', () => (adapter === undefined ? TE.right(undefined) : resolveAdapter(adapter, use))),
    TE.bindW('print', ({ ready }) => ready.opened.folder.fingerprint),
    TE.bindW('checkpoint', ({ ready }) => ready.opened.folder.weights.fingerprint),
    TE.bindW('own', (found) =>
      found.adapter === undefined ? TE.right(undefined) : adapterPrint(found.adapter),
    ),
    TE.map(({ ready, adapter: folder, print, checkpoint, own }): Asker<A> => {
      const { model, opened, tokenizer, question, plan, read } = ready
      if (kind.needsAdapter === true && folder === undefined)
        warn(`${kind.name} is published as an adapter: without adapter=DIR the model alone is asked`)
      const load = causalLMOf(opened, {
        ...(folder === undefined ? {} : { adapter: folder }),
        ...(use.dtype === undefined ? {} : { dtype: use.dtype }),
        ...(use.signal === undefined ? {} : { signal: use.signal }),
        onWarning: warn,
      })
      const { inMemory } = use
      const loaded = once(
        inMemory === undefined || folder !== undefined ? load : inMemoryOr(print, inMemory, load),
        model,
      )
      return {
        id: askerId(
          kind,
          question.variant,
          checkpointPrint(print, own),
          templateHash(question, example, tokenizer),
        ),
        checkpoint,
        ask: (judged) =>
          pipe(
            judged.map(read),
            answeredBy(question, plan, loaded.model, use),
            TE.tapIO((answers) => () => reportCuts(kind.name, warn)(answers.map(({ cut }) => cut))),
          ),
        dispose: loaded.dispose,
      }
    }),
  )
}
