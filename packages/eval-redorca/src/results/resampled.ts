/**
 * Intervals for anything computed from several cells at once: differences, effects, interactions. All cells answer the same
 * prompts, so one resample of prompts (and of seeds, where there are several) is applied to all of them, so common variation cancels.
 * Prompts are drawn by whole clusters: wordings of one request are not independent.
 *
 * With one seed this is the paired bootstrap over clusters. With several, seeds and clusters are drawn independently (the
 * pigeonhole bootstrap, Owen 2007), so the interval covers new prompts and new seeds.
 */
import { type BootstrapOptions, type Estimate, eachResample, percentileInterval } from '../stats'

// model ------------------------------------------------------------------------------------------

/** What a rate counts of an item: 0 or 1, NaN where it is unjudged; and the cluster that the item is drawn with. */
export interface ItemOutcome {
  readonly value: number
  readonly cluster: string
}

/** Per rate, by item id. */
export type Outcomes = Readonly<Record<string, ReadonlyMap<string, ItemOutcome>>>

/** A rate of a cell under the current resample; NaN where the cell has no such items. */
export type Measure = (cell: string, rate: string) => number

export type Statistic = (measure: Measure) => number

/** Sums of values and numbers of judged items, per seed and cluster. */
type Table = ReadonlyArray<{ readonly sums: Float64Array; readonly sizes: Float64Array }>

// tables -----------------------------------------------------------------------------------------

/** Clusters are numbered in the same way for all cells. */
const tableOf = (seeds: ReadonlyArray<Outcomes>, rate: string, numbers: ReadonlyMap<string, number>): Table =>
  seeds.map((outcomes) => {
    const sums = new Float64Array(numbers.size)
    const sizes = new Float64Array(numbers.size)
    for (const { value, cluster } of outcomes[rate]?.values() ?? []) {
      const at = numbers.get(cluster)
      if (at === undefined || Number.isNaN(value)) continue
      sums[at] = (sums[at] ?? 0) + value
      sizes[at] = (sizes[at] ?? 0) + 1
    }
    return { sums, sizes }
  })

const rateUnder = (table: Table, seedCounts: ArrayLike<number>, clusterCounts: ArrayLike<number>): number => {
  let total = 0
  let weight = 0
  table.forEach(({ sums, sizes }, s) => {
    const seedCount = seedCounts[s] ?? 0
    if (seedCount === 0) return
    for (let i = 0; i < sums.length; i++) {
      const w = seedCount * (clusterCounts[i] ?? 0)
      total += w * (sums[i] ?? 0)
      weight += w * (sizes[i] ?? 0)
    }
  })
  return weight === 0 ? Number.NaN : total / weight
}

/** The method's name, for results. */
export const resamplingMethod = (seeds: number): string =>
  seeds > 1 ? 'bootstrap over seeds and clusters' : 'paired bootstrap over clusters'

// constructors -----------------------------------------------------------------------------------

/**
 * One estimate per statistic. `cells` contains each cell's outcomes, one per seed, in the same order of seeds for all.
 * Clusters of each rate's own set are drawn as one group, so every resample keeps the numbers of clusters.
 */
export const estimates = (
  cells: ReadonlyMap<string, ReadonlyArray<Outcomes>>,
  statistics: ReadonlyArray<Statistic>,
  options: BootstrapOptions = {},
): ReadonlyArray<Estimate> => {
  const seeds = Math.max(1, ...[...cells.values()].map((s) => s.length))
  // Rates over the same items (attack success and refusal) share one group of clusters, identified by the items' ids.
  const groups = new Map<string, Map<string, number>>()
  const groupOf = (outcomes: Outcomes, rate: string): Map<string, number> => {
    const items = [...(outcomes[rate] ?? new Map<string, ItemOutcome>())]
    const name = JSON.stringify(items.map(([id]) => id))
    const found =
      groups.get(name) ?? new Map([...new Set(items.map(([, { cluster }]) => cluster))].map((c, i) => [c, i]))
    groups.set(name, found)
    return found
  }
  interface Entry {
    readonly table: Table
    readonly group: Map<string, number>
    /** The rate under the resample numbered `at`. */
    value: number
    at: number
  }
  const entries = new Map<string, Map<string, Entry>>()
  for (const [cell, bySeed] of cells)
    entries.set(
      cell,
      new Map(
        Object.keys(bySeed[0] ?? {}).map((rate) => {
          const group = groupOf(bySeed[0] ?? {}, rate)
          return [rate, { table: tableOf(bySeed, rate, group), group, value: Number.NaN, at: -1 }]
        }),
      ),
    )
  const order = [...groups.values()]
  const place = new Map(order.map((group, i) => [group, i]))

  const evaluate = (counts: ReadonlyArray<ArrayLike<number>>, at: number): ReadonlyArray<number> => {
    const measure: Measure = (cell, rate) => {
      const entry = entries.get(cell)?.get(rate)
      if (entry === undefined) return Number.NaN
      if (entry.at !== at) {
        entry.at = at
        entry.value = rateUnder(entry.table, counts[0] ?? [], counts[1 + (place.get(entry.group) ?? 0)] ?? [])
      }
      return entry.value
    }
    return statistics.map((statistic) => statistic(measure))
  }

  const sizes = [seeds, ...order.map((group) => group.size)]
  const values = evaluate(
    sizes.map((size) => new Uint32Array(size).fill(1)),
    0,
  )
  // Only groups that a statistic has read are drawn.
  const touched = new Set(
    [...entries.values()].flatMap((e) => [...e.values()]).flatMap((e) => (e.at === 0 ? [e.group] : [])),
  )
  const drawn = [seeds, ...order.map((group) => (touched.has(group) ? group.size : 0))]
  const resamples: number[][] = statistics.map(() => [])
  eachResample(
    drawn,
    (counts, r) => evaluate(counts, r + 1).forEach((value, i) => resamples[i]?.push(value)),
    options,
  )
  const items = [...cells.values()].flatMap((bySeed) =>
    Object.values(bySeed[0] ?? {}).map((outcomes) => outcomes.size),
  )
  const n = Math.max(0, ...items) * seeds
  return values.map((value, i) => ({
    value,
    n,
    ...percentileInterval(resamples[i] ?? []),
    method: resamplingMethod(seeds),
  }))
}
