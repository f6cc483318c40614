/** How often a judge said what, for the summary of a command. */
import type { Judgement } from '@safe/tensor-core/contracts'
import { type JudgeRecord, isUnparseable, speaksOf } from '../suite/verdicts'

/** Counts over the verdicts of one judge. */
export interface JudgeCounts {
  readonly refused: number
  readonly harmful: number
  /** Verdicts without anything that the judge should have said; neither safe nor unsafe. */
  readonly unparseable: number
  readonly truncated: number
}

export const countsOf = (
  judge: Pick<JudgeRecord, 'axes'>,
  verdicts: ReadonlyArray<Judgement['verdict']>,
): JudgeCounts => ({
  refused: verdicts.filter((v) => v.refused === true).length,
  harmful: verdicts.filter((v) => v.harmful === true).length,
  unparseable: verdicts.filter((v) => isUnparseable(judge, v)).length,
  truncated: verdicts.filter((v) => v.truncated === true).length,
})

/** `10 rows, 4 refused, 2 harmful, 0 unparseable, 1 truncated`; what the judge never speaks of is left out, since it is not 0. */
export const countsText = (rows: number, counts: JudgeCounts, judge: Pick<JudgeRecord, 'axes'>): string =>
  [
    `${rows} rows`,
    ...(speaksOf(judge, 'refused') ? [`${counts.refused} refused`] : []),
    ...(speaksOf(judge, 'harmful') ? [`${counts.harmful} harmful`] : []),
    `${counts.unparseable} unparseable`,
    ...(counts.truncated === 0 ? [] : [`${counts.truncated} truncated`]),
  ].join(', ')
