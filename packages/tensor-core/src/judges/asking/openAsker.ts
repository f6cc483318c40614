/**
 * A kind's question put to a model of a folder. Configuration, tokenizer and template are read when it is opened, so that its identity
 * and its faults are known at once; the weights are loaded when it is first asked.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type CausalLM,
  type JudgeError,
  type StorageDtype,
  type Tokenizer,
  badInput,
  failure,
  textPrompt,
} from '../../contracts'
import type { ModelFolder } from '../../formats'
import { type HubUse, resolveAdapter, resolveModel } from '../../hub'
import { type OpenedModel, causalLMOf, openModel } from '../../lm'
import type { Answered, Asker } from './asker'
import { adapterPrint, askerId, checkpointPrint, templateHash } from './identity'
import type { ModelKind, OptionValues } from './kind'
import { type Plan, planOf } from './plan'
import type { Judged, Question } from './question'
import { type ReadPrompt, readerOf } from './reader'
import { type Reply, askModel } from './scoring'

// model ------------------------------------------------------------------------------------------

/** How models are asked. */
export interface AskerUse extends HubUse {
  readonly dtype?: StorageDtype
  readonly batchSize?: number
  readonly onWarning?: (line: string) => void
}

// checks -----------------------------------------------------------------------------------------

const withTokenizer = (opened: OpenedModel): E.Either<JudgeError, Tokenizer> =>
  opened.tokenizer === undefined
    ? E.left(
        badInput('ModelUnsupported', 'has no tokenizer.json, so it cannot be asked', {
          where: opened.folder.path,
          remedy: 'give a model folder with its tokenizer',
        }),
      )
    : E.right(opened.tokenizer)

/** What the configuration does not say is taken to be this many tokens. */
const usualContext = 4096

/** The most tokens a model reads. */
const contextOf = ({ rawConfig }: ModelFolder, options: OptionValues): number => {
  const own = rawConfig['max_position_embeddings']
  const most = typeof own === 'number' && Number.isInteger(own) && own > 0 ? own : usualContext
  return options['context'] === undefined ? most : Math.min(most, Number(options['context']))
}

const warningsOf = (
  kind: ModelKind<unknown>,
  question: Question<unknown>,
  { folder, tokenizer }: OpenedModel,
  options: OptionValues,
): ReadonlyArray<string> => [
  ...(kind.families.length === 0 || kind.families.includes(folder.config.modelType)
    ? []
    : [
        `${folder.path} is a ${folder.config.modelType} model; checkpoints of ${kind.name} are ${kind.families.join(' or ')}`,
      ]),
  ...(question.asked.form === 'chat' && tokenizer?.chat === undefined
    ? [`${folder.path} has no chat template: ${kind.name} puts its question as plain text`]
    : []),
  ...(kind.needsAdapter === true && options['adapter'] === undefined
    ? [`${kind.name} is published as an adapter: without adapter=DIR the model alone is asked`]
    : []),
]

// asking -----------------------------------------------------------------------------------------

/** Loads once, when it is first needed. */
const once = (
  load: TE.TaskEither<JudgeError, CausalLM>,
  where: string,
): { readonly model: TE.TaskEither<JudgeError, CausalLM>; readonly dispose: () => void } => {
  const held: { loading?: Promise<E.Either<JudgeError, CausalLM>>; closed: boolean } = { closed: false }
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
    model: TE.TaskEither<JudgeError, CausalLM>,
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

/** Says how many texts were cut. */
const reportCuts =
  (name: string, onWarning: (line: string) => void) =>
  (answers: ReadonlyArray<Answered<unknown>>): void => {
    const cut = answers.filter((a) => a.cut).length
    if (cut > 0)
      onWarning(
        `${name} read only a part of ${cut} of ${answers.length} texts: they are longer than it reads`,
      )
  }

/**
 * Opens a question for a model.
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
    TE.bindW('model', () => resolveModel(reference, use)),
    TE.bindW('adapter', () => (adapter === undefined ? TE.right(undefined) : resolveAdapter(adapter, use))),
    TE.bindW('opened', ({ model }) => openModel(model, { template: 'none' })),
    TE.bindW('tokenizer', ({ opened }) => TE.fromEither(withTokenizer(opened))),
    TE.let('question', ({ opened }) => kind.question(options, opened.folder.config.modelType)),
    TE.bindW('plan', ({ tokenizer, question, model }) =>
      TE.fromEither(planOf(tokenizer, question.steps, model)),
    ),
    TE.bindW('read', ({ opened, tokenizer, question, plan, model }) =>
      TE.fromEither(
        pipe(
          readerOf(
            { tokenizer, plain: (text) => opened.encoder.prompt(textPrompt(text)) },
            question.asked,
            contextOf(opened.folder, options) - plan.longest,
            example,
          ),
          E.mapLeft((e) => ({ ...e, where: e.where ?? model })),
        ),
      ),
    ),
    TE.bindW('print', ({ opened }) => opened.folder.fingerprint),
    TE.bindW('checkpoint', ({ opened }) => opened.folder.weights.fingerprint),
    TE.bindW('own', (found) =>
      found.adapter === undefined ? TE.right(undefined) : adapterPrint(found.adapter),
    ),
    TE.map(
      ({
        model,
        adapter: folder,
        opened,
        tokenizer,
        question,
        plan,
        read,
        print,
        checkpoint,
        own,
      }): Asker<A> => {
        warningsOf(kind, question, opened, options).forEach(warn)
        const loaded = once(
          causalLMOf(opened, {
            ...(folder === undefined ? {} : { adapter: folder }),
            ...(use.dtype === undefined ? {} : { dtype: use.dtype }),
            ...(use.signal === undefined ? {} : { signal: use.signal }),
            onWarning: warn,
          }),
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
              TE.tapIO((answers) => () => reportCuts(kind.name, warn)(answers)),
            ),
          dispose: loaded.dispose,
        }
      },
    ),
  )
}
