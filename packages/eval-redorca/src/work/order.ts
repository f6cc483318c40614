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
import { heap } from './heap'

// model ------------------------------------------------------------------------------------------

/** The jobs of a plan that are not taken yet. Each operation takes O(log n), so that plans of many jobs stay linear. */
export interface JobQueue {
  /** A job can start: the jobs that it needs are done. Also one that was taken and is not done. */
  readonly add: (job: Job) => void
  /** Takes the next of the jobs that can start; undefined where there are none. */
  readonly take: () => Job | undefined
  /** A job will not be run. */
  readonly drop: (job: Job) => void
}

// parts ------------------------------------------------------------------------------------------

/** The jobs that need a job, by its id. */
export const dependantsOf = (jobs: ReadonlyArray<Job>): ReadonlyMap<string, ReadonlyArray<Job>> => {
  const found = new Map<string, Job[]>()
  for (const job of jobs)
    for (const need of job.needs) {
      const list = found.get(need)
      if (list === undefined) found.set(need, [job])
      else list.push(job)
    }
  return found
}

/** The extreme of numbers, of which there may be more than a call may have arguments. */
const greatest = (values: ReadonlyArray<number>): number => values.reduce((a, b) => Math.max(a, b), 0)
const smallest = (values: ReadonlyArray<number>): number => values.reduce((a, b) => Math.min(a, b), Infinity)

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
  lengths(jobs, (_, further) => greatest(further))

/** What lies between each job's start and the next finished cell, by job id. */
export const shortestPaths = (jobs: ReadonlyArray<Job>): ReadonlyMap<string, number> =>
  lengths(jobs, ({ kind }, further) => (kind === 'cell' || further.length === 0 ? 0 : smallest(further)))

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
  const names = new Set(jobs.filter((job) => !isReference(job)).map(nameOf))
  const places = new Map([...names].map((name, i) => [name, i]))
  return new Map(jobs.map((job) => [job.id, isReference(job) ? 0 : (places.get(nameOf(job)) ?? 0)]))
}

/** The place of each job in the order of one worker, by job id. */
const placesOf = (
  jobs: ReadonlyArray<Job>,
  workers: number,
  paths: ReadonlyMap<string, number>,
  first: ReadonlySet<string>,
): ReadonlyMap<string, number> => {
  const [shortest, turn] = [shortestPaths(jobs), turns(jobs)]
  const rank = ({ id }: Job): ReadonlyArray<number> => {
    const path = paths.get(id) ?? 0
    return [
      turn.get(id) ?? 0,
      first.has(id) ? 0 : 1,
      first.has(id) && workers > 1 ? -path : (shortest.get(id) ?? 0),
      -path,
    ]
  }
  const before = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number =>
    a.map((x, i) => x - (b[i] ?? 0)).find((difference) => difference !== 0) ?? 0
  return new Map(
    jobs
      .map((job) => ({ id: job.id, rank: rank(job) }))
      .sort((a, b) => before(a.rank, b.rank))
      .map(({ id }, i) => [id, i]),
  )
}

/** What is open of some jobs: their cost together, and the longest path of one of them. */
const openWork = (
  jobs: ReadonlyArray<Job>,
  path: (job: Job) => number,
): {
  readonly add: (job: Job) => void
  readonly remove: (job: Job) => void
  readonly cost: () => number
  readonly longest: () => number
} => {
  const open = new Set(jobs.map(({ id }) => id))
  const descending = [...jobs].sort((a, b) => path(b) - path(a))
  const places = new Map(descending.map(({ id }, i) => [id, i]))
  /** Before `from`, no job of `descending` is open. */
  const state = { cost: jobs.reduce((sum, { cost }) => sum + cost, 0), from: 0 }
  return {
    add: ({ id, cost }) => {
      if (open.has(id)) return
      open.add(id)
      state.cost += cost
      state.from = Math.min(state.from, places.get(id) ?? 0)
    },
    remove: ({ id, cost }) => {
      if (open.delete(id)) state.cost -= cost
    },
    cost: () => state.cost,
    longest: () => {
      for (; state.from < descending.length; state.from += 1) {
        const job = descending[state.from]
        if (job !== undefined && open.has(job.id)) return path(job)
      }
      return 0
    },
  }
}

// constructors -----------------------------------------------------------------------------------

/** The queue of these jobs, in their order on so many workers. None of them can start yet. */
export const queueOf = (jobs: ReadonlyArray<Job>, workers: number): JobQueue => {
  const [paths, first] = [criticalPaths(jobs), comparedWith(jobs)]
  const places = placesOf(jobs, workers, paths, first)
  const path = ({ id }: Job): number => paths.get(id) ?? 0
  const place = ({ id }: Job): number => places.get(id) ?? 0
  const open = openWork(jobs, path)
  const ready = new Set<string>()
  const byPlace = heap<Job>((a, b) => place(a) < place(b))
  const byPath = heap<Job>((a, b) => path(a) > path(b) || (path(a) === path(b) && place(a) < place(b)))

  /** The first that is still to be taken; those that were taken from the other heap are passed over. */
  const firstIn = ({ first: top, pop }: typeof byPlace): Job | undefined => {
    for (let job = top(); job !== undefined; job = top()) {
      if (ready.has(job.id)) return job
      pop()
    }
    return undefined
  }
  const chosen = (): Job | undefined => {
    const [next, longest] = [firstIn(byPlace), firstIn(byPath)]
    if (next === undefined || longest === undefined || workers === 1 || first.has(next.id)) return next
    const soonestEnd = Math.max(open.cost() / workers, open.longest())
    return path(longest) + next.cost > soonestEnd ? longest : next
  }
  const drop = (job: Job): void => {
    ready.delete(job.id)
    open.remove(job)
  }
  return {
    add: (job) => {
      open.add(job)
      if (ready.has(job.id)) return
      ready.add(job.id)
      byPlace.push(job)
      byPath.push(job)
    },
    take: () => {
      const job = chosen()
      if (job !== undefined) drop(job)
      return job
    },
    drop,
  }
}
