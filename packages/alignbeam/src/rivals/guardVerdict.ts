/**
 * When a judged answer is replaced:
 *
 *   harmful(x, y) = p_judge(x, y) > threshold,   or the judge's own verdict where it gives no probability
 */
import * as E from 'fp-ts/Either'
import { type Fault, type Judge, type Judgement, badInput } from '@safe/tensor-core/contracts'

// model ------------------------------------------------------------------------------------------

export const unparsedPolicies = ['refuse', 'answer'] as const
/** What to do with an answer whose verdict could not be parsed: replace it too, or let it pass. */
export type UnparsedPolicy = (typeof unparsedPolicies)[number]

/** When an answer is replaced, and by what. */
export interface GuardSettings {
  /** What takes the place of a harmful answer. */
  readonly refusal: string
  /** Probability of harm above which an answer is harmful. */
  readonly threshold: number
  readonly unparsed: UnparsedPolicy
}

/** What the judge said of an answer; `unparsed` where that could not be understood. */
export type GuardVerdict = 'safe' | 'harmful' | 'unparsed'

/** Counts over all answers. */
export interface GuardTally {
  readonly answers: number
  readonly harmful: number
  readonly unparsed: number
  /** Answers that the refusal replaced. */
  readonly replaced: number
}

/** Of no answer. */
export const noGuarding: GuardTally = { answers: 0, harmful: 0, unparsed: 0, replaced: 0 }

// core -------------------------------------------------------------------------------------------

/** @param threshold decides only where the judge gives a probability */
export const guardVerdict = (judgement: Judgement | undefined, threshold: number): GuardVerdict => {
  const { pHarmful, verdict } = judgement ?? { pHarmful: null, verdict: { harmful: null } }
  // Written so that what is not a number counts as harmful.
  if (pHarmful !== null) return pHarmful <= threshold ? 'safe' : 'harmful'
  return verdict.harmful === null ? 'unparsed' : verdict.harmful ? 'harmful' : 'safe'
}

/** Whether the refusal takes the answer's place. */
export const isReplaced = (verdict: GuardVerdict, unparsed: UnparsedPolicy): boolean =>
  verdict === 'harmful' || (verdict === 'unparsed' && unparsed === 'refuse')

/** The counts with more answers. */
export const addVerdicts = (
  sum: GuardTally,
  verdicts: ReadonlyArray<GuardVerdict>,
  unparsed: UnparsedPolicy,
): GuardTally => {
  const count = (of: (v: GuardVerdict) => boolean): number => verdicts.filter(of).length
  return {
    answers: sum.answers + verdicts.length,
    harmful: sum.harmful + count((v) => v === 'harmful'),
    unparsed: sum.unparsed + count((v) => v === 'unparsed'),
    replaced: sum.replaced + count((v) => isReplaced(v, unparsed)),
  }
}

/** A judge that reports harm. @returns left where it does not: a list of refusals knows wording alone */
export const judgeOfHarm = (judge: Judge): E.Either<Fault<'BadOption'>, Judge> =>
  judge.axes.includes('harmful')
    ? E.right(judge)
    : E.left(
        badInput('BadOption', 'does not report harm, so it cannot guard answers', {
          where: `judge ${judge.id}`,
          remedy: 'use a judge of harm, not a list of refusals',
        }),
      )
