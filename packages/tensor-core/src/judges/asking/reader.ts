/**
 * Judged texts as the tokens that a model reads: neutralised, cut to what it can hold, in its template.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type JudgeError, type Tokenizer, badInput, causeLine } from '../../contracts'
import { neutraliser } from './neutralise'
import { trimmed } from '../trimmed'
import type { Asked, Judged } from './question'

// model ------------------------------------------------------------------------------------------

/** A prompt as tokens. */
export interface ReadPrompt {
  readonly tokens: ReadonlyArray<number>
  /** Whether a judged text was cut. */
  readonly cut: boolean
}

/** What a reader needs of a model. */
export interface ReaderModel {
  readonly tokenizer: Tokenizer
  /** A text without a chat template as tokens, after what the tokenizer puts before every text. */
  readonly plain: (text: string) => E.Either<JudgeError, ReadonlyArray<number>>
}

/** Turns judged texts into tokens. */
export type Reader = (judged: Judged) => E.Either<JudgeError, ReadPrompt>

// cutting ----------------------------------------------------------------------------------------

const leftOut = '\n[...]\n'

/** A cut between the bytes of a character leaves a replacement mark, which was not in the text. */
const whole = (text: string): string => trimmed(text, /\ufffd/, /\ufffd/)

const firstTokens = (tokenizer: Tokenizer, text: string, most: number): string => {
  const ids = tokenizer.encodeInner(text)
  return ids.length <= most ? text : whole(tokenizer.decode(ids.slice(0, most), { skipSpecial: true }))
}

/** The beginning and the end of a text, about `most` tokens. */
const withoutMiddle = (tokenizer: Tokenizer, text: string, most: number): string => {
  const ids = tokenizer.encodeInner(text)
  if (ids.length <= most) return text
  const head = Math.ceil(most / 2)
  const part = (some: ReadonlyArray<number>): string => whole(tokenizer.decode(some, { skipSpecial: true }))
  return `${part(ids.slice(0, head))}${leftOut}${part(ids.slice(ids.length - (most - head)))}`
}

// cleaning ---------------------------------------------------------------------------------------

/** Ids of a tokenizer that act; the id of unknown pieces stands for ordinary text. */
const controlIds = (tokenizer: Tokenizer): ReadonlySet<number> => {
  const unknown = new Set(tokenizer.encodeInner('\ue000 \u{10fffd}'))
  return new Set([...tokenizer.specialIds].filter((id) => !unknown.has(id)))
}

/**
 * Breaks up every special token and every mark in judged text. A normaliser can make a special token out of other characters (full
 * width ones): such tokens are taken out.
 */
const cleaner = (tokenizer: Tokenizer, marks: ReadonlyArray<string>): ((text: string) => string) => {
  const control = controlIds(tokenizer)
  const spelled = [...tokenizer.specialIds].flatMap((id) => tokenizer.token(id) ?? [])
  const neutral = neutraliser(spelled, marks)
  const without = (text: string, rounds: number): string => {
    const ids = tokenizer.encodeInner(text)
    return rounds === 0 || !ids.some((id) => control.has(id))
      ? text
      : without(
          neutral(
            tokenizer.decode(
              ids.filter((id) => !control.has(id)),
              { skipSpecial: false },
            ),
          ),
          rounds - 1,
        )
  }
  return (text) => without(neutral(text), 4)
}

// rendering --------------------------------------------------------------------------------------

/** Puts one begin-of-sequence token before a text, whether or not the text or the tokenizer has put one. */
const begun = (tokenizer: Tokenizer, ids: ReadonlyArray<number>): ReadonlyArray<number> =>
  tokenizer.bos === undefined || ids[0] === tokenizer.bos ? ids : [tokenizer.bos, ...ids]

const rendered =
  ({ tokenizer, plain }: ReaderModel, asked: Asked) =>
  (judged: Judged): E.Either<JudgeError, ReadonlyArray<number>> =>
    pipe(
      E.tryCatch(
        () =>
          asked.form === 'text'
            ? E.right(begun(tokenizer, tokenizer.encode(asked.text(judged))))
            : tokenizer.chat === undefined
              ? plain(asked.text(judged))
              : E.right(
                  tokenizer.encode(tokenizer.chat(asked.messages(judged), { addGenerationPrompt: true })),
                ),
        (cause): JudgeError =>
          badInput('BadRow', `cannot be put before the judge (${causeLine(cause)})`, {
            remedy: "check the judge's tokenizer and chat template",
          }),
      ),
      E.flatten,
    )

// fitting ----------------------------------------------------------------------------------------

/** How often a text is cut again because its parts take more tokens together than apart. */
const mostCuts = 8

/** The text with the most tokens: the one to cut. */
const longestOf = (tokenizer: Tokenizer, judged: Judged): readonly [string, number] =>
  Object.entries(judged).reduce<readonly [string, number]>(
    (best, [name, text]) => {
      const count = tokenizer.encodeInner(text).length
      return count > best[1] ? [name, count] : best
    },
    ['', 0],
  )

const fitted = (
  tokenizer: Tokenizer,
  render: (judged: Judged) => E.Either<JudgeError, ReadonlyArray<number>>,
  room: number,
  judged: Judged,
  cuts: number,
): E.Either<JudgeError, ReadPrompt> =>
  pipe(
    render(judged),
    E.chain((tokens): E.Either<JudgeError, ReadPrompt> => {
      const over = tokens.length - room
      if (over <= 0) return E.right({ tokens, cut: cuts > 0 })
      const [name, count] = longestOf(tokenizer, judged)
      if (cuts >= mostCuts || count === 0)
        return E.left(
          badInput('BadRow', `takes ${tokens.length} tokens, the judge can read ${room}`, {
            remedy: 'use a judge with a longer context',
          }),
        )
      const text = withoutMiddle(tokenizer, judged[name] ?? '', Math.max(0, count - over - 8 * (cuts + 1)))
      return fitted(tokenizer, render, room, { ...judged, [name]: text }, cuts + 1)
    }),
  )

/** A text shown at the question's own limit. */
const limited = (
  tokenizer: Tokenizer,
  longest: Readonly<Record<string, number>>,
  judged: Judged,
): { readonly texts: Judged; readonly cut: boolean } => {
  const texts = Object.fromEntries(
    Object.entries(judged).map(([name, text]) => {
      const most = longest[name]
      return [name, most === undefined ? text : firstTokens(tokenizer, text, most)] as const
    }),
  )
  return { texts, cut: Object.entries(texts).some(([name, text]) => text !== judged[name]) }
}

/**
 * A reader of judged texts for one model.
 *
 * @param room most tokens of a prompt @returns left where the template refuses the question, or it leaves no room for an answer
 */
export const readerOf = (
  model: ReaderModel,
  asked: Asked,
  room: number,
  example: Judged,
): E.Either<JudgeError, Reader> => {
  const { tokenizer } = model
  const clean = cleaner(tokenizer, asked.marks)
  const render = rendered(model, asked)
  const read: Reader = (judged) =>
    pipe(
      E.tryCatch(
        () =>
          limited(
            tokenizer,
            asked.longest ?? {},
            Object.fromEntries(Object.entries(judged).map(([name, text]) => [name, clean(text)])),
          ),
        (cause): JudgeError => badInput('BadRow', `cannot be encoded: the tokenizer ${causeLine(cause)}`),
      ),
      E.chain(({ texts, cut }) =>
        pipe(
          fitted(tokenizer, render, room, texts, 0),
          E.map((prompt) => ({ ...prompt, cut: prompt.cut || cut })),
        ),
      ),
    )
  return pipe(
    render(example),
    E.chain((tokens) =>
      tokens.length <= room
        ? E.right(read)
        : E.left(
            badInput(
              'BadOption',
              `the question takes ${tokens.length} tokens, the judge can read ${Math.max(0, room)} beside its reply`,
              { remedy: 'give a larger context, or another model' },
            ),
          ),
    ),
  )
}
