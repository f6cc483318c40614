/**
 * Training rows for a judge of one's own: the tokens that the judge will read, and the reply that it should give. Its texts are
 * neutralised and cut, and its template rendered, by the code that asks; so what is trained and what is asked cannot differ.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type JudgeError, type JudgeItem, badInput } from '../contracts'
import type { HubUse } from '../hub'
import { judgedItem, noCompletion } from './asking/asJudge'
import type { CompletionKind, OptionValues } from './asking/kind'
import { optionValues } from './asking/kindOptions'
import type { Step } from './asking/question'
import { readyQuestion, reportCuts } from './asking/readyQuestion'
import { taughtReply } from './asking/taughtReply'
import { isAddress } from './endpointJudge'
import { type JudgeSpec, judgeSpecText, parseJudgeSpec } from './judgeSpec'
import { entryNamed, needsModel } from './registry'

// model ------------------------------------------------------------------------------------------

/** A completion with the verdict that the judge should give. */
export interface LabelledItem {
  readonly item: JudgeItem
  /** One of `verdictWords`. */
  readonly word: string
  /** Where the item comes from, for messages: `file:line`. */
  readonly where?: string
}

/** A training row, as tokens. */
export interface JudgeExample {
  readonly id: string
  readonly promptTokens: ReadonlyArray<number>
  /** The fixed words before the verdict, the verdict written out in full, and the token that ends the reply. */
  readonly responseTokens: ReadonlyArray<number>
  /** Whether the judge reads only a part of the completion. */
  readonly cut: boolean
}

/** How examples are made: what the hub needs, and where warnings go. */
export interface JudgeExamplesUse extends HubUse {
  readonly onWarning?: (line: string) => void
}

interface Taught {
  readonly kind: CompletionKind
  readonly model: string
  readonly options: OptionValues
  readonly words: ReadonlyArray<string>
}

// parts ------------------------------------------------------------------------------------------

const bad = (spec: JudgeSpec, what: string, remedy: string): E.Either<JudgeError, never> =>
  E.left(badInput('BadOption', what, { where: judgeSpecText(spec), remedy }))

const teachable = 'give llama-guard, harmbench, strongreject, or rubric with scale=harm or scale=xstest'

/** The words at the one place of a reply that has a verdict. */
const wordsOf = (
  spec: JudgeSpec,
  kind: CompletionKind,
  steps: ReadonlyArray<Step>,
): E.Either<JudgeError, ReadonlyArray<string>> => {
  const places = steps.filter((step) => step.kind === 'choose')
  const [place] = places
  return place !== undefined && places.length === 1
    ? E.right(place.words.map(({ word }) => word))
    : bad(
        spec,
        `a reply of ${kind.name} has several verdicts (${places.map(({ name }) => name).join(', ')}), one label does not say them all`,
        teachable,
      )
}

const taughtBy = (given: string | JudgeSpec): E.Either<JudgeError, Taught> =>
  pipe(
    typeof given === 'string' ? parseJudgeSpec(given) : E.right(given),
    E.bindTo('spec'),
    E.bind('entry', ({ spec }) => entryNamed(spec.kind)),
    E.chain(({ spec, entry }): E.Either<JudgeError, Taught> => {
      const { model } = spec
      if (entry.kind === 'ready')
        return bad(spec, `the judge ${entry.name} asks no model that could be trained`, teachable)
      if (entry.kind === 'pairs')
        return bad(spec, `${entry.name} compares two answers, a label says what one is`, teachable)
      if (model === undefined) return E.left(needsModel(entry.name))
      if (isAddress(model))
        return bad(spec, 'a model behind a server cannot be trained here', 'give the folder of a model')
      const { asks: kind } = entry
      return pipe(
        optionValues(kind, spec.options, 'process'),
        E.bindTo('options'),
        E.bind('words', ({ options }) => wordsOf(spec, kind, kind.question(options, undefined).steps)),
        E.map(({ options, words }) => ({ kind, model, options, words })),
      )
    }),
  )

const known = (
  words: ReadonlyArray<string>,
  { item, word, where }: LabelledItem,
): E.Either<JudgeError, void> =>
  words.includes(word)
    ? E.right(undefined)
    : E.left(
        badInput('BadRow', `label ${word} is no verdict of this judge`, {
          where: where ?? `row ${item.id}`,
          remedy: `its verdicts are ${words.join(', ')}`,
        }),
      )

// constructors -----------------------------------------------------------------------------------

/**
 * The verdicts that a judge can be taught: `1` to `5`, or `safe` and `unsafe`. Nothing is read.
 *
 * @returns left `BadOption`: a judge without a model here, or with several verdicts in one reply; `UnknownJudge`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as E from 'fp-ts/Either'
 * import { verdictWords } from '@safe/tensor-core/judges'
 *
 * assert.deepEqual(verdictWords('llama-guard:models/small'), E.right(['safe', 'unsafe']))
 * assert(E.isLeft(verdictWords('wildguard:models/small')))
 * ```
 */
export const verdictWords = (given: string | JudgeSpec): E.Either<JudgeError, ReadonlyArray<string>> =>
  pipe(
    taughtBy(given),
    E.map(({ words }) => words),
  )

/**
 * Rows to train the model of a judge (`trainAdapter`, `tensor-core train`), one per item in order: the prompt is what the judge reads,
 * the response the reply it should give. Only tokenizer and configuration are read, no weights.
 *
 * @returns left: as `verdictWords`; `BadRow` for a label that is no verdict, or an item that does not fit; or why the model cannot be read
 */
export const judgeExamples = (
  given: string | JudgeSpec,
  items: ReadonlyArray<LabelledItem>,
  use: JudgeExamplesUse = {},
): TE.TaskEither<JudgeError, ReadonlyArray<JudgeExample>> =>
  pipe(
    TE.fromEither(taughtBy(given)),
    TE.bindTo('taught'),
    TE.chainFirst(({ taught }) =>
      pipe(
        items,
        E.traverseArray((one) => known(taught.words, one)),
        TE.fromEither,
      ),
    ),
    TE.bind('ready', ({ taught: { kind, model, options } }) =>
      readyQuestion(kind, model, options, noCompletion, use),
    ),
    TE.bind('reply', ({ ready }) => TE.fromEither(taughtReply(ready, noCompletion))),
    TE.chain(({ taught, ready, reply }) => {
      if (reply.end === undefined)
        use.onWarning?.(`${ready.model} has no end-of-sequence token: where a reply ends is not taught`)
      return pipe(
        items,
        E.traverseArray(({ item, word, where }) =>
          pipe(
            ready.read(judgedItem(item)),
            E.map(({ tokens, cut }) => ({
              id: item.id,
              promptTokens: tokens,
              responseTokens: reply.tokens(word),
              cut,
            })),
            E.mapLeft((fault): JudgeError => ({ ...fault, where: where ?? `row ${item.id}` })),
          ),
        ),
        TE.fromEither,
        TE.tapIO(
          (rows) => () =>
            reportCuts(taught.kind.name, use.onWarning ?? (() => undefined))(rows.map(({ cut }) => cut)),
        ),
      )
    }),
  )
