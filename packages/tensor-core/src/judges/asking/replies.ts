/**
 * A kind's question put to something that replies in text, as a server does. The reply is parsed; where the server gives the likeliest
 * tokens at each place, and the reply has one place, the verdict words are compared by their probabilities.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { JudgeError, Message } from '../../contracts'
import { inOrder } from '../../endpoint'
import type { ModelKind, OptionValues } from './kind'
import type { Answered, Asker } from './asker'
import { askerId, templateHash } from './identity'
import { commonMarks, neutraliser } from './neutralise'
import { type Choice, type Judged, type Question, type Step, readingOf } from './question'

// model ------------------------------------------------------------------------------------------

/** A token at one place of a reply, with the likeliest tokens there. */
export interface ReplyToken {
  readonly text: string
  readonly top: ReadonlyArray<{ readonly text: string; readonly logProb: number }>
}

/** A reply to a conversation. */
export interface TextReply {
  readonly text: string
  /** Where the server gives probabilities. */
  readonly tokens?: ReadonlyArray<ReplyToken>
}

/** What is asked of a reply. */
export interface ReplyLimits {
  /** Most tokens. */
  readonly maxTokens: number
  /** Whether the likeliest tokens at each place are of use. */
  readonly probabilities: boolean
}

/** Asks for a greedy reply. */
export type Ask = (
  messages: ReadonlyArray<Message>,
  limits: ReplyLimits,
) => TE.TaskEither<JudgeError, TextReply>

/** Something that replies, and its name. */
export interface Replier {
  /** Its address with the model's name, `URL#MODEL`. */
  readonly address: string
  readonly ask: Ask
  /** Questions asked at once; default 4. */
  readonly concurrency?: number
}

type ChooseStep = Extract<Step, { kind: 'choose' }>

// probabilities ----------------------------------------------------------------------------------

const bare = (text: string): string => text.trim().toLowerCase()

/** The word that a token begins; undefined where it begins none, or several. */
const wordOf = (words: ReadonlyArray<string>, token: string): string | undefined => {
  const text = bare(token)
  const begun = text === '' ? [] : words.filter((word) => bare(word).startsWith(text))
  return begun.length === 1 ? begun[0] : undefined
}

/**
 * The choice at the first token of the reply that is not blank; undefined where that token is no verdict word, so that its place is
 * unknown. Only the likeliest tokens are known: the rest counts as outside.
 */
const choiceAt = (step: ChooseStep, tokens: ReadonlyArray<ReplyToken>): Choice | undefined => {
  const at = tokens.find(({ text }) => text.trim() !== '')
  const words = step.words.map(({ word }) => word)
  if (at === undefined || at.top.length === 0 || wordOf(words, at.text) === undefined) return undefined
  const masses = new Map<string, number>(words.map((word) => [word, 0]))
  for (const { text, logProb } of at.top) {
    const word = wordOf(words, text)
    if (word !== undefined) masses.set(word, (masses.get(word) ?? 0) + Math.exp(logProb))
  }
  const inside = [...masses.values()].reduce((a, b) => a + b, 0)
  return inside > 0 && Number.isFinite(inside)
    ? {
        shares: Object.fromEntries([...masses].map(([word, mass]) => [word, mass / inside])),
        outside: Math.max(0, Math.min(1, 1 - inside)),
      }
    : undefined
}

/** The one place of a reply whose words are compared by their probabilities; undefined where there are several. */
const scoredPlace = ({ steps }: Question<unknown>): ChooseStep | undefined => {
  const [only, another] = steps.filter((step) => step.kind === 'choose')
  return another === undefined ? only : undefined
}

const answerOf =
  <A>(question: Question<A>) =>
  ({ text, tokens }: TextReply): Answered<A> => {
    const written = readingOf(question.steps, question.parse(text))
    const only = scoredPlace(question)
    const scored =
      only !== undefined && tokens !== undefined && written[only.name] !== undefined
        ? choiceAt(only, tokens)
        : undefined
    return {
      answer: question.conclude(
        scored === undefined || only === undefined ? written : { ...written, [only.name]: scored },
      ),
      raw: scored === undefined ? text : `${text} | outside ${scored.outside.toPrecision(3)}`,
      cut: false,
    }
  }

// constructors -----------------------------------------------------------------------------------

/** A kind's question put to a replier. Its tokenizer is not known here, so that the marks of all usual templates are broken up. */
export const askerByReplies = <A>(
  kind: ModelKind<A>,
  options: OptionValues,
  example: Judged,
  { address, ask, concurrency = 4 }: Replier,
): Asker<A> => {
  const question = kind.question(options, undefined)
  const clean = neutraliser([], [...commonMarks, ...question.asked.marks])
  return {
    id: askerId(kind, question.variant, address, templateHash(question, example, undefined)),
    checkpoint: address,
    ask: (judged) =>
      inOrder(Math.max(1, Math.floor(concurrency)), judged, (texts) =>
        pipe(
          ask(
            question.asked.messages(
              Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, clean(text)])),
            ),
            { maxTokens: question.replyTokens, probabilities: scoredPlace(question) !== undefined },
          ),
          TE.map(answerOf(question)),
        ),
      ),
    dispose: () => undefined,
  }
}
