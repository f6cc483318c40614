/**
 * How well a model knows a row: one score under M1 (trained on all of the noisy data) and one under M2 (M1 after the safe
 * set), higher is better known. The forgetting rate is their difference. The paper's score is `rouge`; the others need one
 * teacher-forced forward pass instead of a generation.
 *
 *   rouge           ROUGE-1 F of the completion against the ground truth          0 .. 1
 *   token-accuracy  share of response tokens that are the model's first choice    0 .. 1
 *   probability     exp(mean log-probability): geometric-mean token probability   0 .. 1
 *   first-token     probability of the first response token                       0 .. 1
 *   nll             mean log-probability of the response tokens, nats             <= 0
 *   max-token       log-probability of the token that lost most, nats             <= 0
 */
import * as E from 'fp-ts/Either'
import * as O from 'fp-ts/Option'
import { pipe } from 'fp-ts/function'
import { rouge1 } from './rouge'

// model ------------------------------------------------------------------------------------------

/** The signals by name; `rouge` is the paper's. */
export const signals = ['rouge', 'token-accuracy', 'probability', 'nll', 'first-token', 'max-token'] as const
/** The name of a signal. */
export type Signal = (typeof signals)[number]

/** One model's observation of one row: its completion, or its teacher-forced scores of the response tokens. */
export interface Observation {
  readonly id: string
  readonly completion?: string
  /** Nats, one per response token. */
  readonly logProbs?: ReadonlyArray<number>
  /** Whether the response token was the most probable one, one per response token. */
  readonly correct?: ReadonlyArray<boolean>
}

/** Which field of an observation a signal reads. */
export type ObservedField = 'completion' | 'logProbs' | 'correct'

/** How well two models know one row; higher is better known. */
export interface ScorePair {
  /** Under M1. */
  readonly s1: number
  /** Under M2. */
  readonly s2: number
}

// destructors ------------------------------------------------------------------------------------

/** What a signal is computed from: a completion, log-probabilities, or whether each token was right. */
export const observedField = (signal: Signal): ObservedField =>
  signal === 'rouge' ? 'completion' : signal === 'token-accuracy' ? 'correct' : 'logProbs'

/** The unit of scores: shares or probabilities from 0 to 1, or log-probabilities in nats, at most 0. */
export type ScoreUnit = 'share' | 'nats'

/** The unit of a signal's scores. */
export const signalUnit = (signal: Signal): ScoreUnit =>
  signal === 'nll' || signal === 'max-token' ? 'nats' : 'share'

const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, x) => sum + x, 0) / values.length

/** The position where the log-probability falls most; the first of equals. */
const largestDrop = (before: ReadonlyArray<number>, after: ReadonlyArray<number>): number =>
  before.reduce((best, _, t) => (drop(before, after, t) > drop(before, after, best) ? t : best), 0)
const drop = (before: ReadonlyArray<number>, after: ReadonlyArray<number>, t: number): number =>
  (before[t] ?? 0) - (after[t] ?? 0)

const byLogProbs: Readonly<
  Record<
    'probability' | 'nll' | 'first-token' | 'max-token',
    (before: ReadonlyArray<number>, after: ReadonlyArray<number>) => ScorePair
  >
> = {
  probability: (before, after) => ({ s1: Math.exp(mean(before)), s2: Math.exp(mean(after)) }),
  nll: (before, after) => ({ s1: mean(before), s2: mean(after) }),
  'first-token': (before, after) => ({ s1: Math.exp(before[0] ?? 0), s2: Math.exp(after[0] ?? 0) }),
  'max-token': (before, after) => {
    const t = largestDrop(before, after)
    return { s1: before[t] ?? 0, s2: after[t] ?? 0 }
  },
}

/** Scores of a row with at least one response token. */
const ofTokens =
  <A>(scores: (before: ReadonlyArray<A>, after: ReadonlyArray<A>) => ScorePair) =>
  ([before, after]: readonly [ReadonlyArray<A>, ReadonlyArray<A>]): O.Option<ScorePair> =>
    before.length === 0 ? O.none : O.some(scores(before, after))

/** The field of both observations, of one length; left says what is missing. */
const both = <A extends { readonly length: number }>(
  field: ObservedField,
  before: A | undefined,
  after: A | undefined,
): E.Either<string, readonly [A, A]> => {
  if (before === undefined || after === undefined)
    return E.left(`has no ${field} ${before === undefined ? 'before' : 'after'} the safe set`)
  if (before.length !== after.length)
    return E.left(`has ${before.length} ${field} before and ${after.length} after the safe set`)
  return E.right([before, after])
}

/**
 * The two scores of a row; none where it has no response token to score.
 *
 * @param truth the ground truth; only `rouge` reads it.
 * @returns left says, for a sentence that begins with the row's name, what the signal lacks.
 */
export const scorePair = (
  signal: Signal,
  truth: string,
  before: Observation,
  after: Observation,
): E.Either<string, O.Option<ScorePair>> => {
  switch (signal) {
    case 'rouge':
      return before.completion === undefined || after.completion === undefined
        ? E.left(`has no completion ${before.completion === undefined ? 'before' : 'after'} the safe set`)
        : E.right(
            O.some({
              s1: rouge1(truth, before.completion).fmeasure,
              s2: rouge1(truth, after.completion).fmeasure,
            }),
          )
    case 'token-accuracy':
      return pipe(
        both('correct', before.correct, after.correct),
        E.map(ofTokens((one, two) => ({ s1: mean(one.map(Number)), s2: mean(two.map(Number)) }))),
      )
    default:
      return pipe(both('logProbs', before.logProbs, after.logProbs), E.map(ofTokens(byLogProbs[signal])))
  }
}
