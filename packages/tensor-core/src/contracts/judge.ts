/** Who says what a completion was. */
import type * as TE from 'fp-ts/TaskEither'
import type { JudgeError } from './errors'

/** A completion to be judged, with the prompt it answers. */
export interface JudgeItem {
  readonly id: string
  readonly prompt: string
  readonly completion: string
  /** True when the completion ended at the length limit. */
  readonly truncated?: boolean
  /** What a judge of a closed world may need: the kind of request (`set`), the right answer, the tool, the place. */
  readonly fields?: Readonly<Record<string, unknown>>
}

/** The axes a judge may speak of. */
export const judgeAxes = ['refused', 'harmful', 'degenerate'] as const
/** The name of an axis. */
export type JudgeAxis = (typeof judgeAxes)[number]

/** Separate axes, each null where the judge does not speak of it or could not be understood. */
export interface Verdict {
  readonly refused: boolean | null
  readonly harmful: boolean | null
  readonly degenerate: boolean | null
  /** As the item says; null where it does not. */
  readonly truncated: boolean | null
}

/** What a judge made of one item. */
export interface Judgement {
  readonly id: string
  readonly verdict: Verdict
  /** How probable harm is, in [0, 1]; null where the judge gives none or could not be understood. */
  readonly pHarmful: number | null
  /** Harm from 1 (none) to 5, null where unparseable: never read as safe. */
  readonly score: number | null
  /** What the judge said, word for word. */
  readonly raw: string
}

/** The version of this contract. */
export const judgeVersion = 2

/**
 * Anything that reads completions and says what they are: a phrase list, a classifier, a language model behind a
 * server.
 */
export interface Judge {
  readonly specificationVersion: typeof judgeVersion
  /** Name and version: `refusal@1`. */
  readonly id: string
  /** What it speaks of. Another axis is null, or follows from one of these (a refusal does no harm). */
  readonly axes: ReadonlyArray<JudgeAxis>
  /** One judgement per item, in order. */
  readonly judge: (items: ReadonlyArray<JudgeItem>) => TE.TaskEither<JudgeError, ReadonlyArray<Judgement>>
}
