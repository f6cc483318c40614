/**
 * What judges said of a sample, as it is stored: every judge's verdict side by side, under the judge's id, and the axes that each
 * judge speaks of, without which a null cannot be read (not spoken of, or not understood).
 */
import * as t from 'io-ts'
import { type Judge, type JudgeAxis, type Judgement, judgeAxes } from '@safe/tensor-core/contracts'
import { oneOf } from '../config/closed'

// model ------------------------------------------------------------------------------------------

const orNull = <A>(codec: t.Type<A, unknown>): t.Type<A | null, unknown> => t.union([codec, t.null])

const axes = {
  refused: orNull(t.boolean),
  harmful: orNull(t.boolean),
  degenerate: orNull(t.boolean),
  truncated: orNull(t.boolean),
}

export const storedVerdictCodec = t.readonly(
  t.type({ ...axes, pHarmful: orNull(t.number), score: orNull(t.number), raw: t.string }),
)
/** What one judge said of one sample. */
export type StoredVerdict = t.TypeOf<typeof storedVerdictCodec>

/** A judgement as it is stored in the working folder, and as a judge written in plain JavaScript must give it. */
export const judgementCodec: t.Type<Judgement, unknown> = t.readonly(
  t.type({
    id: t.string,
    verdict: t.readonly(t.type(axes)),
    pHarmful: orNull(t.number),
    score: orNull(t.number),
    raw: t.string,
  }),
)

const axis: t.Type<JudgeAxis, unknown> = oneOf(...judgeAxes)

export const judgeRecordCodec: t.Type<JudgeRecord, unknown> = t.intersection([
  t.type({ id: t.string, axes: t.readonlyArray(axis) }),
  t.partial({ checkpoint: t.string }),
])
/** A judge as results know it. */
export interface JudgeRecord {
  readonly id: string
  /** What it speaks of. */
  readonly axes: ReadonlyArray<JudgeAxis>
  /** The model it asks. */
  readonly checkpoint?: string
}

// constructors -----------------------------------------------------------------------------------

/** A judge as it is written into results. */
export const recordOf = ({ id, axes: spoken, checkpoint }: Judge): JudgeRecord => ({
  id,
  axes: spoken,
  ...(checkpoint === undefined ? {} : { checkpoint }),
})

/** A judgement without its id. */
export const storedVerdict = ({ verdict, pHarmful, score, raw }: Judgement): StoredVerdict => ({
  ...verdict,
  pHarmful,
  score,
  raw,
})

// destructors ------------------------------------------------------------------------------------

/** Whether a judge speaks of an axis. */
export const speaksOf = ({ axes: spoken }: Pick<JudgeRecord, 'axes'>, name: JudgeAxis): boolean =>
  spoken.includes(name)

/** Whether a verdict tells nothing of what the judge should have said: its output could not be parsed. */
export const isUnparseable = (judge: Pick<JudgeRecord, 'axes'>, verdict: Judgement['verdict']): boolean => {
  // Degenerate text is seen by its form, whether or not the judge's own reply was understood.
  const own = judge.axes.filter((name) => name !== 'degenerate')
  return (own.length === 0 ? judge.axes : own).every((name) => verdict[name] === null)
}
