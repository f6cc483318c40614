/** Results of learning tasks in turn: every measure after every task with an interval, and differences between strategies. */
import type { Outcomes } from '../measure/outcomes'
import { type IntervalEstimate, weightedMean } from '@safe/tensor-core/stats'
import {
  type Draw,
  type Resampling,
  type UnitOfRow,
  bootstrapped,
  openEnded,
  unitCount,
  wholeDraw,
} from '../stats/estimate'
import type { ContinualRun } from './learn'
import {
  type Accuracies,
  type MetricName,
  averageAccuracy,
  backwardTransfer,
  forgetting,
  metricNames,
} from './metrics'
import type { Strategy } from './strategies'

// model ------------------------------------------------------------------------------------------

/** Measures at one moment; absent where there is nothing to measure (one task has no forgetting). */
export type Measures = Readonly<Partial<Record<MetricName, IntervalEstimate>>>

export interface StrategyResult {
  readonly strategy: Strategy
  /** One per task learned. */
  readonly after: ReadonlyArray<Measures>
  /** R[t][j], the mean over seeds. */
  readonly accuracies: Accuracies
  /** Of the final measures: this strategy minus the compared one; absent for that one itself. */
  readonly difference?: Measures
}

export interface ContinualResults {
  readonly seeds: ReadonlyArray<number>
  /** The strategy that differences are taken from. */
  readonly comparedWith: Strategy | null
  /** Safety before the first task. */
  readonly start: Measures
  readonly strategies: ReadonlyArray<StrategyResult>
}

/** How intervals are made: what the safety rows, and the rows of each task, are drawn with. */
export interface ContinualResampling extends Pick<Resampling, 'seed'> {
  readonly safety?: UnitOfRow | undefined
  readonly tasks?: ReadonlyArray<UnitOfRow>
}

// statistics -------------------------------------------------------------------------------------

/** Group 0 is the seeds, group 1 the safety rows, group 2 + j the rows of task j. */
const safetyGroup = 1
const firstTask = 2

const accuraciesOf = (after: ReadonlyArray<Outcomes>, draw: Draw): Accuracies =>
  after.map(({ tasks }, t) =>
    tasks.slice(0, t + 1).map((rows, j) => weightedMean(rows, draw[firstTask + j] ?? [])),
  )

const metricOf = (name: MetricName, after: ReadonlyArray<Outcomes>, draw: Draw): number => {
  switch (name) {
    case 'averageAccuracy':
      return averageAccuracy(accuraciesOf(after, draw))
    case 'backwardTransfer':
      return backwardTransfer(accuraciesOf(after, draw))
    case 'forgetting':
      return forgetting(accuraciesOf(after, draw))
    case 'safety':
      return weightedMean(after.at(-1)?.safety ?? [], draw[safetyGroup] ?? [])
  }
}

/** The mean over the drawn seeds of a measure after `t` + 1 tasks. */
const overSeeds =
  (runs: ReadonlyArray<ContinualRun>, name: MetricName, t: number) =>
  (draw: Draw): number =>
    weightedMean(
      runs.map(({ after }) => metricOf(name, after.slice(0, t + 1), draw)),
      draw[0] ?? [],
    )

const rowsBehind = (name: MetricName, runs: ReadonlyArray<ContinualRun>, t: number): number => {
  const outcomes = runs[0]?.after[t]
  const rows =
    name === 'safety'
      ? (outcomes?.safety?.length ?? 0)
      : (outcomes?.tasks ?? []).slice(0, t + 1).reduce((n, task) => n + task.length, 0)
  return rows * runs.length
}

/** The rows of all groups, and how they are resampled. */
interface Resampled {
  readonly groups: ReadonlyArray<number>
  readonly units: ReadonlyArray<UnitOfRow | undefined>
  readonly seed: number | undefined
}

interface Wanted {
  readonly name: MetricName
  readonly n: number
  readonly statistic: (draw: Draw) => number
  readonly isShare: boolean
}

const wantedAfter = (runs: ReadonlyArray<ContinualRun>, t: number): ReadonlyArray<Wanted> =>
  metricNames
    .filter(
      (name) =>
        (name !== 'safety' || runs[0]?.after[t]?.safety !== undefined) &&
        (t > 0 || name === 'averageAccuracy' || name === 'safety'),
    )
    .map((name) => ({
      name,
      n: rowsBehind(name, runs, t),
      statistic: overSeeds(runs, name, t),
      isShare: name === 'averageAccuracy' || name === 'safety',
    }))

/** Independent observations behind a share; undefined where that is every answer. */
const unitsBehind = ({ units }: Resampled, name: MetricName, tasks: number): number | undefined => {
  const behind = name === 'safety' ? [units[safetyGroup]] : units.slice(firstTask, firstTask + tasks)
  const counts = behind.flatMap((own) => (own === undefined ? [] : [unitCount(own)]))
  return counts.length < Math.max(1, behind.length) ? undefined : counts.reduce((n, count) => n + count, 0)
}

const estimated = (rows: Resampled, wanted: ReadonlyArray<Wanted>, tasks: number): Measures => {
  const { groups, units, seed } = rows
  const values = bootstrapped(
    groups,
    wanted.map(({ statistic }) => statistic),
    { units, ...(seed === undefined ? {} : { seed }) },
  )
  return Object.fromEntries(
    wanted.flatMap(({ name, n, isShare }, i) => {
      const value = values[i]
      if (value === undefined) return []
      const estimate = { ...value, n }
      return [[name, isShare ? openEnded(estimate, unitsBehind(rows, name, tasks)) : estimate]]
    }),
  )
}

const differenceOf = (own: ReadonlyArray<Wanted>, other: ReadonlyArray<Wanted>): ReadonlyArray<Wanted> =>
  own.flatMap((mine) => {
    const theirs = other.find(({ name }) => name === mine.name)
    return theirs === undefined
      ? []
      : [
          {
            ...mine,
            statistic: (draw: Draw) => mine.statistic(draw) - theirs.statistic(draw),
            isShare: false,
          },
        ]
  })

// constructors -----------------------------------------------------------------------------------

/** @param start outcomes of the model before the first task */
export const continualResults = (
  runs: ReadonlyArray<ContinualRun>,
  start: Outcomes,
  { seed, safety, tasks = [] }: ContinualResampling = {},
): ContinualResults => {
  const names = [...new Set(runs.map(({ strategy }) => strategy))]
  const seeds = [...new Set(runs.map((run) => run.seed))]
  const last = runs[0]?.after.at(-1)
  const groups = [seeds.length, last?.safety?.length ?? 0, ...(last?.tasks ?? []).map((t) => t.length)]
  const rows: Resampled = { groups, units: [undefined, safety, ...tasks], seed }
  const of = (strategy: Strategy): ReadonlyArray<ContinualRun> =>
    seeds.flatMap((s) => runs.filter((run) => run.strategy === strategy && run.seed === s))
  const compared = names.length < 2 ? undefined : names.includes('sequential') ? 'sequential' : names[0]
  const final = (last?.tasks.length ?? 1) - 1
  return {
    seeds,
    comparedWith: compared ?? null,
    start:
      start.safety === undefined
        ? {}
        : estimated(
            rows,
            [
              {
                name: 'safety',
                n: start.safety.length,
                statistic: (draw) => weightedMean(start.safety ?? [], draw[safetyGroup] ?? []),
                isShare: true,
              },
            ],
            0,
          ),
    strategies: names.map((strategy) => {
      const own = of(strategy)
      const whole = wholeDraw(groups)
      const tables = own.map(({ after }) => accuraciesOf(after, whole))
      return {
        strategy,
        after: (own[0]?.after ?? []).map((_, t) => estimated(rows, wantedAfter(own, t), t + 1)),
        accuracies: (tables[0] ?? []).map((row, t) =>
          row.map((_, j) => tables.reduce((s, table) => s + (table[t]?.[j] ?? 0), 0) / tables.length),
        ),
        ...(compared === undefined || compared === strategy
          ? {}
          : {
              difference: estimated(
                rows,
                differenceOf(wantedAfter(own, final), wantedAfter(of(compared), final)),
                final + 1,
              ),
            }),
      }
    }),
  }
}
