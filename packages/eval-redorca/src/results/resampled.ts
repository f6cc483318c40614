/**
 * Intervals for anything computed from several cells at once: differences, effects, interactions. All cells answer the same
 * prompts, so one resample of prompts (and of seeds, where there are several) is applied to all of them, so common variation cancels.
 *
 * With one seed this is the paired bootstrap over prompts. With several, seeds and prompts are drawn independently (the
 * pigeonhole bootstrap, Owen 2007), so the interval covers new prompts and new seeds.
 */
import { type BootstrapOptions, type Estimate, eachResample, percentileInterval } from '../stats'

// model ------------------------------------------------------------------------------------------

/** Per rate, 0 or 1 per item; NaN where the item is unjudged. */
export type Outcomes = Readonly<Record<string, ReadonlyMap<string, number>>>

/** A rate of a cell under the current resample; NaN where the cell has no such items. */
export type Measure = (cell: string, rate: string) => number

export type Statistic = (measure: Measure) => number

interface Table {
  /** The number of each item within its group of units. */
  readonly items: ReadonlyArray<number>
  /** [seeds][items] */
  readonly values: ReadonlyArray<Float64Array>
}

// tables -----------------------------------------------------------------------------------------

/**
 * Items judged under any seed of a cell, as a dense table, NaN where one is unjudged; items are numbered in the same way for all
 * cells.
 */
const tableOf = (seeds: ReadonlyArray<Outcomes>, rate: string, number: (id: string) => number): Table => {
  const maps = seeds.map((outcomes) => outcomes[rate] ?? new Map<string, number>())
  const ids = [...(maps[0]?.keys() ?? [])].filter((id) =>
    maps.some((m) => !Number.isNaN(m.get(id) ?? Number.NaN)),
  )
  return {
    items: ids.map(number),
    values: maps.map((m) => Float64Array.from(ids, (id) => m.get(id) ?? Number.NaN)),
  }
}

const rateUnder = (
  { items, values }: Table,
  seedCounts: ArrayLike<number>,
  itemCounts: ArrayLike<number>,
): number => {
  let total = 0
  let weight = 0
  values.forEach((row, s) => {
    const seedCount = seedCounts[s] ?? 0
    if (seedCount === 0) return
    for (let i = 0; i < items.length; i++) {
      const value = row[i] ?? Number.NaN
      if (Number.isNaN(value)) continue
      const w = seedCount * (itemCounts[items[i] ?? 0] ?? 0)
      total += w * value
      weight += w
    }
  })
  return weight === 0 ? Number.NaN : total / weight
}

/** The method's name, for results. */
export const resamplingMethod = (seeds: number): string =>
  seeds > 1 ? 'bootstrap over seeds and prompts' : 'paired bootstrap'

// constructors -----------------------------------------------------------------------------------

/**
 * One estimate per statistic. `cells` contains each cell's outcomes, one per seed, in the same order of seeds for all.
 * Items of each rate's own set are drawn as one group, so every resample keeps the sets' sizes.
 */
export const estimates = (
  cells: ReadonlyMap<string, ReadonlyArray<Outcomes>>,
  statistics: ReadonlyArray<Statistic>,
  options: BootstrapOptions = {},
): ReadonlyArray<Estimate> => {
  const seeds = Math.max(1, ...[...cells.values()].map((s) => s.length))
  // Rates over the same items (attack success and refusal) share one group of units, identified by the items' ids.
  const groups = new Map<string, Map<string, number>>()
  const groupOf = (outcomes: Outcomes, rate: string): Map<string, number> => {
    const ids = [...(outcomes[rate]?.keys() ?? [])]
    const name = JSON.stringify(ids)
    const found = groups.get(name) ?? new Map(ids.map((id, i) => [id, i]))
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
          return [
            rate,
            { table: tableOf(bySeed, rate, (id) => group.get(id) ?? 0), group, value: Number.NaN, at: -1 },
          ]
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
  const n = Math.max(0, ...order.map((group) => group.size)) * seeds
  return values.map((value, i) => ({
    value,
    n,
    ...percentileInterval(resamples[i] ?? []),
    method: resamplingMethod(seeds),
  }))
}
