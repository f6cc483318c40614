/**
 * The order in which open jobs are taken: what lets a cell finish soon comes first, so that a run has results early.
 *
 *     1  aligned models, regimes and seeds one after the other; the references with the first of them
 *     2  the references, and the jobs of the undefended cell: what everything is compared with
 *     3  the job with the least work up to a finished cell: shortest(j) = cost(j) + min over the jobs that need it
 *
 * With several workers the end of a run is as late as its longest chain. A chain that would end after all else if one more job went
 * before it is begun at once: path(j) + cost(next) > max(open work / workers, longest open path), where path(j) is the cost of j and
 * of the most expensive chain of jobs that need it. The jobs of 2 then come with the longest path first as well, since nearly all
 * others wait for one of them.
 */
import { fineTuneKey, isTuned, isUndefended } from '../plan/factors'
import type { Job } from '../plan/plan'

// model ------------------------------------------------------------------------------------------

/** The job to take of those that can start; undefined where there are none. */
export type NextJob = (open: Iterable<Job>, canStart: (job: Job) => boolean) => Job | undefined

// parts ------------------------------------------------------------------------------------------

const dependantsOf = (jobs: ReadonlyArray<Job>): ReadonlyMap<string, ReadonlyArray<Job>> => {
  const found = new Map<string, Job[]>()
  for (const job of jobs) for (const need of job.needs) found.set(need, [...(found.get(need) ?? []), job])
  return found
}

/** Each job's cost and what `of` makes of its dependants' lengths, by job id. */
const lengths = (
  jobs: ReadonlyArray<Job>,
  of: (job: Job, further: ReadonlyArray<number>) => number,
): ReadonlyMap<string, number> => {
  const dependants = dependantsOf(jobs)
  const known = new Map<string, number>()
  const lengthOf = (job: Job): number => {
    const before = known.get(job.id)
    if (before !== undefined) return before
    const length = job.cost + of(job, (dependants.get(job.id) ?? []).map(lengthOf))
    known.set(job.id, length)
    return length
  }
  jobs.forEach(lengthOf)
  return known
}

/** The length of each job's critical path, by job id: its cost, and that of the most expensive chain of jobs that depend on it. */
export const criticalPaths = (jobs: ReadonlyArray<Job>): ReadonlyMap<string, number> =>
  lengths(jobs, (_, further) => Math.max(0, ...further))

/** What lies between each job's start and the next finished cell, by job id. */
export const shortestPaths = (jobs: ReadonlyArray<Job>): ReadonlyMap<string, number> =>
  lengths(jobs, ({ kind }, further) => (kind === 'cell' || further.length === 0 ? 0 : Math.min(...further)))

const isReference = ({ factors }: Job): boolean => !isTuned(factors)

/** The references, and the undefended cells with all that they need. */
const comparedWith = (jobs: ReadonlyArray<Job>): ReadonlySet<string> => {
  const byId = new Map(jobs.map((job) => [job.id, job]))
  const found = new Set<string>()
  const add = (job: Job): void => {
    if (found.has(job.id)) return
    found.add(job.id)
    job.needs.forEach((need) => {
      const needed = byId.get(need)
      if (needed !== undefined) add(needed)
    })
  }
  jobs.filter((job) => job.kind === 'cell' && (isReference(job) || isUndefended(job.factors))).forEach(add)
  return found
}

/** The place of each job's aligned model, regime and seed, by job id. */
const turns = (jobs: ReadonlyArray<Job>): ReadonlyMap<string, number> => {
  const nameOf = ({ factors }: Job): string => JSON.stringify([fineTuneKey(factors), factors.seed])
  const names = [...new Set(jobs.filter((job) => !isReference(job)).map(nameOf))]
  return new Map(jobs.map((job) => [job.id, isReference(job) ? 0 : names.indexOf(nameOf(job))]))
}

// constructors -----------------------------------------------------------------------------------

/** The order of these jobs on so many workers. */
export const orderOf = (jobs: ReadonlyArray<Job>, workers: number): NextJob => {
  const [paths, shortest, first, turn] = [
    criticalPaths(jobs),
    shortestPaths(jobs),
    comparedWith(jobs),
    turns(jobs),
  ]
  const path = ({ id }: Job): number => paths.get(id) ?? 0
  const rank = (job: Job): ReadonlyArray<number> => [
    turn.get(job.id) ?? 0,
    first.has(job.id) ? 0 : 1,
    first.has(job.id) && workers > 1 ? -path(job) : (shortest.get(job.id) ?? 0),
    -path(job),
  ]
  const before = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number =>
    a.map((x, i) => x - (b[i] ?? 0)).find((difference) => difference !== 0) ?? 0
  const place = new Map(
    jobs
      .map((job) => ({ id: job.id, rank: rank(job) }))
      .sort((a, b) => before(a.rank, b.rank))
      .map(({ id }, i) => [id, i]),
  )
  const least = (list: ReadonlyArray<Job>, value: (job: Job) => number): Job | undefined =>
    list.reduce<Job | undefined>(
      (best, job) => (best === undefined || value(job) < value(best) ? job : best),
      undefined,
    )
  return (open, canStart) => {
    const all = [...open]
    const ready = all.filter(canStart)
    const next = least(ready, ({ id }) => place.get(id) ?? 0)
    const longest = least(ready, (job) => -path(job))
    if (next === undefined || longest === undefined || workers === 1 || first.has(next.id)) return next
    const soonestEnd = Math.max(all.reduce((sum, { cost }) => sum + cost, 0) / workers, ...all.map(path))
    return path(longest) + next.cost > soonestEnd ? longest : next
  }
}
