/** The reply that a model should give to a question with one verdict, as tokens to be trained on. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type JudgeError, type Tokenizer, badInput, causeLine } from '../../contracts'
import type { PlannedStep, ScoredSpelling } from './plan'
import type { Judged } from './question'
import type { ReadyQuestion } from './readyQuestion'

// model ------------------------------------------------------------------------------------------

/** Replies by their verdict. */
export interface TaughtReply {
  /** The token that ends a reply; undefined where the model has none. */
  readonly end: number | undefined
  readonly tokens: (word: string) => ReadonlyArray<number>
}

type Ready = Pick<ReadyQuestion<unknown>, 'opened' | 'tokenizer' | 'question' | 'plan'>

// the verdict ------------------------------------------------------------------------------------

/**
 * A verdict written out in full, from a spelling of it: `2_full_refusal` is scored by its digit. The first token is the one that is
 * scored, also where a tokenizer would merge it with what follows.
 */
const writtenOut = (tokenizer: Tokenizer, { word, text, ids }: ScoredSpelling): ReadonlyArray<number> => {
  const [blank = ''] = /^\s*/.exec(text) ?? []
  const bare = text.slice(blank.length)
  if (bare === word || !word.startsWith(bare)) return ids
  const whole = tokenizer.encodeInner(`${blank}${word}`)
  return whole[0] === ids[0] ? whole : [...ids, ...tokenizer.encodeInner(word.slice(bare.length))]
}

/** Whether a verdict follows its prompt after a blank: in plain text that does not end in one. */
const followsBlank = ({ tokenizer, question: { asked } }: Ready, example: Judged): boolean =>
  (asked.form === 'text' || tokenizer.chat === undefined) && !/\s$/.test(asked.text(example))

/** The usual one of a word's spellings. */
const usual = (
  spellings: ReadonlyArray<ScoredSpelling>,
  word: string,
  afterBlank: boolean,
): ScoredSpelling | undefined => {
  const own = spellings.filter((spelling) => spelling.word === word)
  return own.find(({ text }) => /^\s/.test(text) === afterBlank) ?? own[0]
}

// the end ----------------------------------------------------------------------------------------

/** The token that the chat template puts after a reply, if the model stops there. */
const endOfTurn = (
  { tokenizer, question: { asked }, opened }: Ready,
  example: Judged,
): number | undefined => {
  const { chat } = tokenizer
  if (asked.form !== 'chat' || chat === undefined) return undefined
  const marker = 'verdict'
  return pipe(
    E.tryCatch(
      () =>
        chat([...asked.messages(example), { role: 'assistant', content: marker }], {
          addGenerationPrompt: false,
        }),
      // Templates of guards take no further turn.
      () => undefined,
    ),
    E.match(
      () => undefined,
      (text) => {
        const at = text.lastIndexOf(marker)
        return at < 0
          ? undefined
          : tokenizer.encode(text.slice(at + marker.length)).find((id) => opened.folder.stopTokens.has(id))
      },
    ),
  )
}

/** The end of sequence, if the model stops there, else the first token it stops at. */
const endOfSequence = ({ tokenizer: { eos }, opened: { folder } }: Ready): number | undefined =>
  eos !== undefined && (folder.stopTokens.size === 0 || folder.stopTokens.has(eos))
    ? eos
    : [...folder.stopTokens][0]

// constructor ------------------------------------------------------------------------------------

/**
 * Replies along the steps of a question up to its verdict. What may follow the verdict (the categories of Llama Guard) is no part of a
 * label, so that the reply ends there.
 *
 * @param example empty judged texts, under the names that the question has
 */
export const taughtReply = (ready: Ready, example: Judged): E.Either<JudgeError, TaughtReply> => {
  const { tokenizer, plan } = ready
  const at = plan.steps.findIndex(({ kind }) => kind === 'choose')
  const before = plan.steps.slice(0, at).flatMap((step) => (step.kind === 'teach' ? step.ids : []))
  const place: PlannedStep | undefined = plan.steps[at]
  const spellings = place?.kind === 'choose' ? place.spellings : []
  return E.tryCatch(
    () => {
      const afterBlank = at === 0 && followsBlank(ready, example)
      const end = endOfTurn(ready, example) ?? endOfSequence(ready)
      const written = new Map(
        [...new Set(spellings.map(({ word }) => word))].map((word) => {
          const spelling = usual(spellings, word, afterBlank)
          return [word, spelling === undefined ? [] : writtenOut(tokenizer, spelling)] as const
        }),
      )
      return {
        end,
        tokens: (word) => [...before, ...(written.get(word) ?? []), ...(end === undefined ? [] : [end])],
      }
    },
    (cause): JudgeError =>
      badInput('ModelUnsupported', `its tokenizer cannot encode the verdicts (${causeLine(cause)})`, {
        where: ready.opened.folder.path,
      }),
  )
}
