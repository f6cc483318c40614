/**
 * A static split of a benchmark among n processes: cells of one fine-tune stay together, so that each fine-tune is made and read in one
 * place, and the parts are expected to take equally long. Every process computes the same split by itself: from the whole first round,
 * whatever is finished of it, and from what jobs take on the arena's model, since rates that are timed differ from machine to machine.
 */
import type { Bench } from '../../plan/bench'
import type { Cell } from '../../plan/cells'
import { choosesRows } from '../../plan/attackers'
import { smallModelRates, timedJobs } from '../../plan/expected'
import { type Job, jobsOf } from '../../plan/plan'

// model ------------------------------------------------------------------------------------------

/** Part `index` of `count`, from 0. */
export interface Shard {
  readonly index: number
  readonly count: number
}

/** Cells that stay together, and what they are expected to take with the jobs that only they need, seconds. */
interface Group {
  readonly cells: ReadonlyArray<string>
  readonly cost: number
}

// parts ------------------------------------------------------------------------------------------

/** The fine-tune of each cell's job: what it stands for among the groups. A model that is not fine-tuned stands for itself. */
const groupsOf = (jobs: ReadonlyArray<Job>): ReadonlyArray<Group> => {
  const byId = new Map(jobs.map((job) => [job.id, job]))
  const roadOf = (job: Job): string => {
    if (job.kind === 'adapter') return job.id
    const [need] = job.needs
    const needed = need === undefined ? undefined : byId.get(need)
    return needed === undefined ? job.id : roadOf(needed)
  }
  const found = new Map<string, { readonly cells: string[]; cost: number }>()
  for (const job of jobs) {
    if (job.kind !== 'cell' && job.kind !== 'weights' && job.kind !== 'adapter') continue
    const road = roadOf(job)
    const group = found.get(road) ?? { cells: [], cost: 0 }
    group.cost += job.cost
    if (job.kind === 'cell') group.cells.push(job.id.slice('cell|'.length))
    found.set(road, group)
  }
  return [...found.values()].filter(({ cells }) => cells.length > 0)
}

// constructors -----------------------------------------------------------------------------------

/** The part of each cell, by its id: the most expensive group goes to the part with the least work so far. */
export const shardsOf = (jobs: ReadonlyArray<Job>, count: number): ReadonlyMap<string, number> => {
  const groups = [...groupsOf(jobs)].sort((a, b) => b.cost - a.cost)
  const loads = Array.from({ length: count }, () => 0)
  const found = new Map<string, number>()
  for (const { cells, cost } of groups) {
    const index = loads.reduce((least, load, i) => (load < (loads[least] ?? 0) ? i : least), 0)
    loads[index] = (loads[index] ?? 0) + cost
    cells.forEach((id) => found.set(id, index))
  }
  return found
}

/** The cells of a shard. */
export const shardCells = (
  bench: Bench,
  cells: ReadonlyArray<Cell>,
  { index, count }: Shard,
): ReadonlyArray<Cell> => {
  const jobs = jobsOf(
    cells,
    () => false,
    (factors) => choosesRows(bench, factors),
  )
  const shards = shardsOf(timedJobs(bench, jobs, [smallModelRates]), count)
  return cells.filter(({ id }) => shards.get(id) === index)
}
