/** When a judged answer is replaced, and what is counted of it. */
import type { HarmFinding } from '@safe/tensor-core/judges'

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

/** Whether the refusal takes the answer's place. */
export const isReplaced = (verdict: HarmFinding, unparsed: UnparsedPolicy): boolean =>
  verdict === 'harmful' || (verdict === 'unparsed' && unparsed === 'refuse')

/** The counts with more answers. */
export const addVerdicts = (
  sum: GuardTally,
  verdicts: ReadonlyArray<HarmFinding>,
  unparsed: UnparsedPolicy,
): GuardTally => {
  const count = (of: (v: HarmFinding) => boolean): number => verdicts.filter(of).length
  return {
    answers: sum.answers + verdicts.length,
    harmful: sum.harmful + count((v) => v === 'harmful'),
    unparsed: sum.unparsed + count((v) => v === 'unparsed'),
    replaced: sum.replaced + count((v) => isReplaced(v, unparsed)),
  }
}
