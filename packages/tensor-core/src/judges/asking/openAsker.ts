/**
 * A kind's question put to a model of a folder. Configuration, tokenizer and template are read when it is opened, so that its identity
 * and its faults are known at once; the weights are loaded when it is first asked.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
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
import { contentHash } from '../../files'
import { type ModelFolder, readSafetensors } from '../../formats'
import { readJson } from '../../files/input'
import { type HubUse, resolveAdapter, resolveModel } from '../../hub'
import { type OpenedModel, causalLMOf, openModel } from '../../lm'
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

/** An answer to one question; `cut`: the model saw only a part of the judged texts. */
export interface Answered<A> {
  readonly answer: A
  readonly raw: string
  readonly cut: boolean
}

/** A question and what answers it. */
export interface Asker<A> {
  readonly id: string
  /** What is asked: a hash of weights, or an address. */
  readonly checkpoint: string
  /** One answer per judged texts, in order. */
  readonly ask: (judged: ReadonlyArray<Judged>) => TE.TaskEither<JudgeError, ReadonlyArray<Answered<A>>>
  readonly dispose: () => void
}

// identity ---------------------------------------------------------------------------------------

const eight = (hex: string): string => hex.slice(0, 8)

/** A hash of all texts a question is made of, with the tokenizer that renders them. */
export const templateHash = (
  question: Question<unknown>,
  example: Judged,
  tokenizer: Tokenizer | undefined,
): string => {
  const marked = Object.fromEntries(Object.keys(example).map((name) => [name, `{${name}}`]))
  return eight(
    contentHash([
      question.asked.messages(marked),
      question.asked.text(marked),
      question.asked.form,
      question.asked.longest ?? null,
      question.steps,
      tokenizer?.fingerprint ?? null,
    ]),
  )
}

/** `llama-guard@1(3f2a91c0,t9c1d2e3f)`. */
export const askerId = (
  kind: ModelKind<unknown>,
  variant: string | undefined,
  checkpoint: string,
  template: string,
): string =>
  `${kind.name}@${kind.version}(${[...(variant === undefined ? [] : [variant]), checkpoint, `t${template}`].join(',')})`

const adapterPrint = (folder: string): TE.TaskEither<JudgeError, string> =>
  pipe(
    TE.Do,
    TE.bindW('config', () => readJson(join(folder, 'adapter_config.json'))),
    TE.bindW('file', () => readSafetensors(join(folder, 'adapter_model.safetensors'))),
    TE.bindW('weights', ({ file }) => file.fingerprint),
    TE.map(({ config, weights }) => contentHash([config, weights])),
  )

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
  <A>(question: Question<A>, plan: Plan, model: TE.TaskEither<JudgeError, CausalLM>, batchSize: number) =>
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
    TE.bindW('own', (found) =>
      found.adapter === undefined ? TE.right(undefined) : adapterPrint(found.adapter),
    ),
    TE.map(({ model, adapter: folder, opened, tokenizer, question, plan, read, print, own }): Asker<A> => {
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
          eight(own === undefined ? print : createHash('sha256').update(`${print} ${own}`).digest('hex')),
          templateHash(question, example, tokenizer),
        ),
        checkpoint: print,
        ask: (judged) =>
          pipe(
            judged.map(read),
            answeredBy(question, plan, loaded.model, use.batchSize ?? defaultBatch),
            TE.tapIO((answers) => () => reportCuts(kind.name, warn)(answers)),
          ),
        dispose: loaded.dispose,
      }
    }),
  )
}
