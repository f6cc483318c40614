/**
 * Cells without the texts of their samples, as results are computed from them: of very many cells, the texts would not fit into memory.
 * All cells answer the same prompts, and an answer is judged in a few ways only; so most samples without texts are equal, and each of
 * them is in memory once.
 */
import type { JudgedSample, Sample } from '../suite/samples'
import type { JudgeRecord } from '../suite/verdicts'
import type { FinishedCell, MeasuredCell } from './prepared'

/** The fields that rates are computed from. */
const judgedOf = (sample: Sample): JudgedSample => {
  const { id, set, verdict, harmful, split, cluster, correct, finishReason, verdicts } = sample
  return {
    ...{ id, set, verdict },
    ...(harmful === undefined ? {} : { harmful }),
    ...(split === undefined ? {} : { split }),
    ...(cluster === undefined ? {} : { cluster }),
    ...(correct === undefined ? {} : { correct }),
    ...(finishReason === undefined ? {} : { finishReason }),
    ...(verdicts === undefined
      ? {}
      : {
          verdicts: Object.fromEntries(
            Object.entries(verdicts).map(([judge, { refused, harmful: harms, degenerate, truncated }]) => [
              judge,
              { refused, harmful: harms, degenerate, truncated },
            ]),
          ),
        }),
  }
}

/** Takes the texts from cells; equal samples, and equal lists of judges, of all cells that it is given become one. */
export const withoutTexts = (): ((cell: FinishedCell) => MeasuredCell) => {
  const known = new Map<string, JudgedSample>()
  const once = (sample: Sample): JudgedSample => {
    const judged = judgedOf(sample)
    const key = JSON.stringify(judged)
    const found = known.get(key) ?? judged
    known.set(key, found)
    return found
  }
  const judged = new Map<string, ReadonlyArray<JudgeRecord>>()
  const judgesOnce = (judges: ReadonlyArray<JudgeRecord>): ReadonlyArray<JudgeRecord> => {
    const key = JSON.stringify(judges)
    const found = judged.get(key) ?? judges
    judged.set(key, found)
    return found
  }
  return ({ judges, samples, ...cell }) => ({
    ...cell,
    ...(judges === undefined ? {} : { judges: judgesOnce(judges) }),
    samples: samples.map(once),
  })
}
