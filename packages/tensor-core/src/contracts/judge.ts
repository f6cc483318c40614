/** Judges of completions. */
import type * as TE from 'fp-ts/TaskEither'
import type { JudgeError } from './errors'

/** A completion to be judged, with the prompt it answers. */
export interface JudgeItem {
  readonly id: string
  readonly prompt: string
  readonly completion: string
  /** True when the completion ended at the length limit. */
  readonly truncated?: boolean
  /** Additional data for a judge of a closed world: the kind of request (`set`), the right answer, the tool, the place. */
  readonly fields?: Readonly<Record<string, unknown>>
}

/** The axes that a judge can report. */
export const judgeAxes = ['refused', 'harmful', 'degenerate'] as const
/** The name of an axis. */
export type JudgeAxis = (typeof judgeAxes)[number]

/** Separate axes, each null where the judge does not report it or its output could not be parsed. */
export interface Verdict {
  readonly refused: boolean | null
  readonly harmful: boolean | null
  readonly degenerate: boolean | null
  /** As the item says; null where it does not. */
  readonly truncated: boolean | null
}

/** The judgement of one item. */
export interface Judgement {
  readonly id: string
  readonly verdict: Verdict
  /** Probability of harm, in [0, 1]; null where the judge gives none or its output could not be parsed. */
  readonly pHarmful: number | null
  /** Harm from 1 (none) to 5, null where the output could not be parsed: never treated as safe. */
  readonly score: number | null
  /** The judge's output, verbatim. */
  readonly raw: string
}

/** The version of this contract. */
export const judgeVersion = 2

/**
 * Anything that classifies completions: a phrase list, a classifier, a language model behind a server.
 */
export interface Judge {
  readonly specificationVersion: typeof judgeVersion
  /** Name and version: `refusal@1`. */
  readonly id: string
  /** The axes it reports. Any other axis is null, or follows from one of these (a refusal does no harm). */
  readonly axes: ReadonlyArray<JudgeAxis>
  /** The model it asks: a hash of its weights, or its address; absent where it asks none. Two judges may share one. */
  readonly checkpoint?: string
  /** One judgement per item, in order. */
  readonly judge: (items: ReadonlyArray<JudgeItem>) => TE.TaskEither<JudgeError, ReadonlyArray<Judgement>>
}

// pairs ------------------------------------------------------------------------------------------

/** Two answers to one prompt. */
export interface JudgePair {
  readonly id: string
  readonly prompt: string
  readonly a: string
  readonly b: string
}

/** Which of two answers is better. */
export type Preference = 'a' | 'b' | 'tie'

/** What a pairwise judge said of a pair, shown in this order: `a` first. */
export interface PairJudgement {
  readonly id: string
  /** Null where the output could not be parsed. */
  readonly preference: Preference | null
  /** Probability that `a` is preferred, a tie counted half; null where the judge gives none. */
  readonly pA: number | null
  /** The judge's output, verbatim. */
  readonly raw: string
}

/** Anything that prefers one of two answers. Callers ask in both orders: judges favour a position. */
export interface PairwiseJudge {
  readonly specificationVersion: typeof judgeVersion
  readonly id: string
  readonly checkpoint?: string
  /** One judgement per pair, in order. */
  readonly compare: (
    pairs: ReadonlyArray<JudgePair>,
  ) => TE.TaskEither<JudgeError, ReadonlyArray<PairJudgement>>
}
