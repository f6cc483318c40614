/**
 * A kind's question made ready for a model: its tokenizer and template, the steps of the reply in its ids, and the reader of judged
 * texts. No weights are loaded. What is trained by examples of a question and what is asked read the same tokens.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type JudgeError, type Tokenizer, badInput, textPrompt } from '../../contracts'
import type { ModelFolder } from '../../formats'
import { type HubUse, resolveModel } from '../../hub'
import { type OpenedModel, openModel } from '../../lm'
import type { ModelKind, OptionValues } from './kind'
import { type Plan, planOf } from './plan'
import type { Judged, Question } from './question'
import { type Reader, readerOf } from './reader'

// model ------------------------------------------------------------------------------------------

/** A question for one model. */
export interface ReadyQuestion<A> {
  /** The model's folder or file. */
  readonly model: string
  readonly opened: OpenedModel
  readonly tokenizer: Tokenizer
  readonly question: Question<A>
  readonly plan: Plan
  readonly read: Reader
}

/** How models are found, and who hears of what is unusual about them. */
export interface QuestionUse extends HubUse {
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
): ReadonlyArray<string> => [
  ...(kind.families.length === 0 || kind.families.includes(folder.config.modelType)
    ? []
    : [
        `${folder.path} is a ${folder.config.modelType} model; checkpoints of ${kind.name} are ${kind.families.join(' or ')}`,
      ]),
  ...(question.asked.form === 'chat' && tokenizer?.chat === undefined
    ? [`${folder.path} has no chat template: ${kind.name} puts its question as plain text`]
    : []),
]

/** Says how many texts were cut. */
export const reportCuts =
  (name: string, onWarning: (line: string) => void) =>
  (cuts: ReadonlyArray<boolean>): void => {
    const cut = cuts.filter(Boolean).length
    if (cut > 0)
      onWarning(`${name} read only a part of ${cut} of ${cuts.length} texts: they are longer than it reads`)
  }

// constructor ------------------------------------------------------------------------------------

/**
 * Makes a question ready for a model.
 *
 * @param example empty judged texts, under the names that the question has @returns left: no such model, one that cannot be asked
 */
export const readyQuestion = <A>(
  kind: ModelKind<A>,
  reference: string,
  options: OptionValues,
  example: Judged,
  use: QuestionUse,
): TE.TaskEither<JudgeError, ReadyQuestion<A>> =>
  pipe(
    TE.Do,
    TE.bindW('model', () => resolveModel(reference, use)),
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
    TE.tapIO(
      ({ question, opened }) =>
        () =>
          warningsOf(kind, question, opened).forEach((line) => use.onWarning?.(line)),
    ),
  )
