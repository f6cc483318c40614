/**
 * What a judge asks of a model, described once: the texts it is shown, the reply it gives step by step, and what the reply means. A
 * model in this process is scored along the steps; a server's reply is parsed. Both end in the same `Reading`.
 */
import type { Message } from '../../contracts'

// what is shown ----------------------------------------------------------------------------------

/** The judged texts by name: `prompt` and `completion`, or `prompt`, `a` and `b`; `context` where a request has one. */
export type Judged = Readonly<Record<string, string>>

/** How the texts are put before a model. */
export interface Asked {
  /** A conversation for the tokenizer's chat template, and for a server. */
  readonly messages: (judged: Judged) => ReadonlyArray<Message>
  /** The whole prompt as text: of a checkpoint that was trained on one text, or where the tokenizer has no chat template. */
  readonly text: (judged: Judged) => string
  /**
   * `chat`: the tokenizer's chat template where it has one, else `text`. `text`: always `text`, after one begin-of-sequence token
   * where the tokenizer has one.
   */
  readonly form: 'chat' | 'text'
  /** The template's own marks: inside judged text they are broken up, so that a text cannot end its own quotation. */
  readonly marks: ReadonlyArray<string>
  /** Judged texts that are cut on the right to this many of the judge's tokens, by name. */
  readonly longest?: Readonly<Record<string, number>>
}

// the reply --------------------------------------------------------------------------------------

/** A word that a reply may hold at a place. */
export interface VerdictWord {
  readonly word: string
  /** How it may be written there, blanks included; default: the word as it is. */
  readonly spellings?: ReadonlyArray<string>
}

/** A step that only replies with this word at an earlier place have. */
export interface OnlyAfter {
  readonly after?: { readonly name: string; readonly word: string }
}

/** One step through the reply. */
export type Step =
  /** Words that every reply has there. */
  | ({ readonly kind: 'teach'; readonly text: string } & OnlyAfter)
  /** One of these words, by their probability; the most probable one is then taught. */
  | { readonly kind: 'choose'; readonly name: string; readonly words: ReadonlyArray<VerdictWord> }
  /** Greedy text up to `until`, at most `longest` tokens. */
  | ({ readonly kind: 'write'; readonly until: string; readonly longest: number } & OnlyAfter)

/** What the model gives at one place. */
export interface Choice {
  /** The probability of each word among the words: they sum to 1. */
  readonly shares: Readonly<Record<string, number>>
  /** The probability of everything else, of 1; 0 for a word read from a written reply. */
  readonly outside: number
}

/** The choices of a reply by name; undefined where the reply could not be understood. */
export type Reading = Readonly<Record<string, Choice | undefined>>

/** The words found in a written reply, by the names of the choices; null or absent where none could be read. */
export type WrittenReply = Readonly<Record<string, string | null>>

// questions --------------------------------------------------------------------------------------

/** A question, and what its answer means. */
export interface Question<A> {
  readonly asked: Asked
  readonly steps: ReadonlyArray<Step>
  /** Reads a whole written reply; never throws, and never guesses. */
  readonly parse: (reply: string) => WrittenReply
  /** Longest written reply, tokens. */
  readonly replyTokens: number
  readonly conclude: (reading: Reading) => A
  /** What distinguishes it among the questions of its kind, for the judge's id: `strict`; undefined: nothing. */
  readonly variant?: string
}

// constructors -----------------------------------------------------------------------------------

/** `{name}` of a template replaced by the judged text of that name, once: judged texts may hold such marks themselves. */
export const filled = (template: string, judged: Judged): string =>
  template.replace(/\{([a-z]+)\}/g, (mark, name: string) => judged[name] ?? mark)

// destructors ------------------------------------------------------------------------------------

/** More than this probability outside the words is no answer to the question. */
export const mostOutside = 0.5

/** A choice whose words hold enough probability. */
export const understood = (choice: Choice | undefined): choice is Choice =>
  choice !== undefined && choice.outside <= mostOutside

/** The share of some words together; null where the reply was not understood. */
export const shareOf = (choice: Choice | undefined, ...words: ReadonlyArray<string>): number | null =>
  understood(choice) ? words.reduce((sum, word) => sum + (choice.shares[word] ?? 0), 0) : null

/** The most probable word, the first of equals; undefined where the reply was not understood. */
export const likeliest = (choice: Choice | undefined): string | undefined =>
  understood(choice)
    ? Object.entries(choice.shares).reduce<readonly [string, number] | undefined>(
        (best, entry) => (best === undefined || entry[1] > best[1] ? entry : best),
        undefined,
      )?.[0]
    : undefined

/** The expectation of words that are numbers; null where the reply was not understood. */
export const expectation = (choice: Choice | undefined): number | null =>
  understood(choice)
    ? Object.entries(choice.shares).reduce((sum, [word, share]) => sum + Number(word) * share, 0)
    : null

/** The choice of a word that was written. */
const certain = (words: ReadonlyArray<VerdictWord>, written: string): Choice => ({
  shares: Object.fromEntries(words.map(({ word }) => [word, word === written ? 1 : 0])),
  outside: 0,
})

/** A written reply as a reading. */
export const readingOf = (steps: ReadonlyArray<Step>, reply: WrittenReply): Reading =>
  Object.fromEntries(
    steps.flatMap((step) => {
      if (step.kind !== 'choose') return []
      const written = reply[step.name]
      const known = typeof written === 'string' && step.words.some(({ word }) => word === written)
      return [[step.name, known ? certain(step.words, written) : undefined]]
    }),
  )
