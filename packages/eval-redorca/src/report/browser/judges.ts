/** The judges of the page: those that the results name, and any other that samples have verdicts of. */
import { judgeAxes } from '@safe/tensor-core/contracts'
import type { Results } from '../../results/results'
import type { Sample } from '../../suite/samples'
import type { JudgeRecord, StoredVerdict } from '../../suite/verdicts'
import { measuringJudges } from '../judges'

/** A judge of which only verdicts are known speaks of the axes on which it ever said anything. */
const found = (id: string, verdicts: ReadonlyArray<StoredVerdict>): JudgeRecord => ({
  id,
  axes: judgeAxes.filter((axis) => verdicts.some((v) => v[axis] !== null)),
})

/** All judges, the headline judge first. */
export const pageJudges = (results: Results, samples: ReadonlyArray<Sample>): ReadonlyArray<JudgeRecord> => {
  const named = measuringJudges(results)
  const known = new Set(named.map(({ id }) => id))
  const others = new Map<string, StoredVerdict[]>()
  for (const { verdicts = {} } of samples)
    for (const [id, verdict] of Object.entries(verdicts))
      if (!known.has(id)) {
        const list = others.get(id)
        if (list === undefined) others.set(id, [verdict])
        else list.push(verdict)
      }
  const measuring = results.stamp.judges?.measuring
  const all = [...named, ...[...others].map(([id, verdicts]) => found(id, verdicts))]
  return [...all].sort((a, b) => Number(b.id === measuring) - Number(a.id === measuring))
}

/** The judge by which results are stated; undefined where there are several and the results name none of them. */
export const headlineJudge = (
  { stamp }: Results,
  judges: ReadonlyArray<JudgeRecord>,
): JudgeRecord | undefined =>
  judges.find(({ id }) => id === stamp.judges?.measuring) ?? (judges.length === 1 ? judges[0] : undefined)
