/**
 * How the answers of a task are obtained and compared, as a configuration says it: `match` names a rule, and stands beside the options
 * that the rule reads.
 *
 *     text         the completion equals the reference up to white space
 *     label        the first label that appears in the completion is the reference's
 *     last-number  the last numbers of both are equal
 *     choice       nothing is generated: the candidate with the highest log-probability is the reference
 *     rouge        ROUGE-L F1 against the reference is at least the threshold
 */
import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { numberThat, oneOf, optional } from './closed'

// model ------------------------------------------------------------------------------------------

/** The names of the rules. */
export const matchNames = ['text', 'label', 'last-number', 'choice', 'rouge'] as const
/** The name of a rule. */
export type MatchName = (typeof matchNames)[number]

/** A rule with its options. `labels` undefined: the answers that the set's references give. */
export type Matching =
  | { readonly match: 'text' | 'last-number' }
  | { readonly match: 'label'; readonly labels: ReadonlyArray<string> | undefined }
  | {
      readonly match: 'choice'
      /** Candidates of rows that do not list their own. */
      readonly labels: ReadonlyArray<string> | undefined
      /** Compares mean log-probabilities per token instead of totals. */
      readonly perToken: boolean
    }
  | { readonly match: 'rouge'; readonly threshold: number }

/** A rule as it is written; what is left out is the suite's, or the rule's default. */
export interface WrittenMatching {
  readonly match: MatchName | undefined
  readonly labels: ReadonlyArray<string> | undefined
  readonly perToken: boolean | undefined
  readonly threshold: number | undefined
}

/** ROUGE-L F1 from which an answer counts. */
export const defaultThreshold = 0.5

/** An option that is out of place, and why. */
export interface WrongOption {
  readonly key: keyof WrittenMatching
  readonly message: string
}

// codecs -----------------------------------------------------------------------------------------

const texts = t.readonlyArray(t.string)

const labels: t.Type<ReadonlyArray<string>, unknown> = new t.Type<ReadonlyArray<string>, unknown>(
  'a list of different labels, at least two',
  texts.is.bind(texts),
  (u, c) => {
    if (!texts.is(u)) return t.failure(u, c)
    const plain = u.map((label) => label.trim().toLowerCase())
    return u.length >= 2 && !plain.includes('') && new Set(plain).size === u.length
      ? t.success(u)
      : t.failure(u, c)
  },
  (a) => a,
)

/** The keys of a rule, wherever one can be given. */
export const matchingFields = {
  match: optional(oneOf(...matchNames)),
  labels: optional(labels),
  perToken: optional(t.boolean),
  threshold: optional(numberThat('a number above 0 and up to 1', (x) => x > 0 && x <= 1)),
}

// constructors -----------------------------------------------------------------------------------

const optionsOf = {
  text: [],
  'last-number': [],
  label: ['labels'],
  choice: ['labels', 'perToken'],
  rouge: ['threshold'],
} as const satisfies Readonly<Record<MatchName, ReadonlyArray<keyof WrittenMatching>>>

const readers = (key: keyof WrittenMatching): ReadonlyArray<MatchName> =>
  matchNames.filter((name) => optionsOf[name].some((option) => option === key))

/**
 * The rule in full. A set that names no rule has the suite's, with the options that it leaves out; one that names a rule takes nothing
 * from the suite.
 *
 * @returns left: an option that the rule does not read
 */
export const completedMatching = (
  written: WrittenMatching,
  suite: Matching = { match: 'text' },
): E.Either<WrongOption, Matching> => {
  const match = written.match ?? suite.match
  const stray = (['labels', 'perToken', 'threshold'] as const).find(
    (key) => written[key] !== undefined && !readers(key).includes(match),
  )
  if (stray !== undefined)
    return E.left({
      key: stray,
      message: `is not read by match: ${match}, only by ${readers(stray).join(' and ')}`,
    })
  const from: Partial<WrittenMatching> = written.match === undefined ? suite : {}
  const own = {
    labels: written.labels ?? from.labels,
    perToken: written.perToken ?? from.perToken ?? false,
    threshold: written.threshold ?? from.threshold ?? defaultThreshold,
  }
  switch (match) {
    case 'label':
      return E.right({ match, labels: own.labels })
    case 'choice':
      return E.right({ match, labels: own.labels, perToken: own.perToken })
    case 'rouge':
      return E.right({ match, threshold: own.threshold })
    default:
      return E.right({ match })
  }
}
