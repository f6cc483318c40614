/**
 * Intervals for anything computed from several cells at once: differences, effects, interactions. All cells answer the same
 * prompts, so one resample of prompts (and of seeds, where there are several) is applied to all of them, so common variation cancels.
 * Prompts are drawn by whole clusters: wordings of one request are not independent.
 *
 * With one seed this is the paired bootstrap over clusters. With several, seeds and clusters are drawn independently (the
 * pigeonhole bootstrap, Owen 2007), so the interval covers new prompts and new seeds.
 */
import {
  type BootstrapOptions,
  type Estimate,
  type ResampleBlock,
  eachResampleBlock,
  percentileInterval,
} from '../stats'

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

/** The entries of a vector over clusters that are not 0. Values are whole numbers, so sums of them are exact in any order. */
interface Sparse {
  readonly at: ReadonlyArray<number>
  readonly values: ReadonlyArray<number>
  /** The same for vectors that are equal. */
  readonly key: string
}

/** Sums of values and numbers of judged items by cluster, per seed. */
type Table = ReadonlyArray<{ readonly sums: Sparse; readonly sizes: Sparse }>

// tables -----------------------------------------------------------------------------------------

const sparse = (vector: Float64Array): Sparse => {
  const at = [...vector.keys()].filter((i) => vector[i] !== 0)
  return { at, values: at.map((i) => vector[i] ?? 0), key: vector.join() }
}

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
    return { sums: sparse(sums), sizes: sparse(sizes) }
  })

/** Resamples whose rates are in memory at once, for every cell and rate that a statistic reads. */
const partSize = 250

const partsOf = ({ counts, units, resamples }: ResampleBlock): ReadonlyArray<ResampleBlock> =>
  Array.from({ length: Math.ceil(resamples / partSize) }, (_, i) => {
    const [from, to] = [i * partSize, Math.min(resamples, (i + 1) * partSize)]
    return { counts: counts.subarray(from * units, to * units), units, resamples: to - from }
  })

/** The vector's sum under every resample of a block. */
const sumsUnder = (
  { at, values }: Sparse,
  { counts, units, resamples }: ResampleBlock,
  clustersAt: number,
): Float64Array => {
  const sums = new Float64Array(resamples)
  for (let r = 0; r < resamples; r++) {
    const from = r * units + clustersAt
    let total = 0
    for (let k = 0; k < at.length; k++) total += (counts[from + (at[k] ?? 0)] ?? 0) * (values[k] ?? 0)
    sums[r] = total
  }
  return sums
}

/** Sums of a block that are computed once: most rates of a set are over the same items, and cells often give the same answers. */
type SumsOf = (vector: Sparse, clustersAt: number) => Float64Array

const sumsOnce = (block: ResampleBlock): SumsOf => {
  const known = new Map<string, Float64Array>()
  return (vector, clustersAt) => {
    const key = `${clustersAt} ${vector.key}`
    const sums = known.get(key) ?? sumsUnder(vector, block, clustersAt)
    known.set(key, sums)
    return sums
  }
}

/**
 * A rate under every resample of a block; NaN where no item is drawn.
 *
 * @param clustersAt where its clusters stand in a resample, after the seeds; undefined where none are drawn
 */
const ratesUnder = (
  table: Table,
  { counts, units, resamples }: ResampleBlock,
  sumsOf: SumsOf,
  clustersAt: number | undefined,
): Float64Array => {
  const rates = new Float64Array(resamples).fill(Number.NaN)
  if (clustersAt === undefined) return rates
  const bySeed = table.map(({ sums, sizes }) => ({
    sums: sumsOf(sums, clustersAt),
    sizes: sumsOf(sizes, clustersAt),
  }))
  for (let r = 0; r < resamples; r++) {
    let total = 0
    let weight = 0
    for (let s = 0; s < bySeed.length; s++) {
      const seedCount = counts[r * units + s] ?? 0
      total += seedCount * (bySeed[s]?.sums[r] ?? 0)
      weight += seedCount * (bySeed[s]?.sizes[r] ?? 0)
    }
    rates[r] = weight === 0 ? Number.NaN : total / weight
  }
  return rates
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
  if (statistics.length === 0) return []
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
    readonly group: Map<string, number>
    /** Made when a statistic first reads it. */
    readonly table: () => Table
    /** The rate under the resamples of the block, once a statistic has read it. */
    rates: Float64Array | undefined
  }
  const entries = new Map<string, Map<string, Entry>>()
  for (const [cell, bySeed] of cells)
    entries.set(
      cell,
      new Map(
        Object.keys(bySeed[0] ?? {}).map((rate) => {
          const group = groupOf(bySeed[0] ?? {}, rate)
          const state: { table?: Table } = {}
          const table = (): Table => (state.table ??= tableOf(bySeed, rate, group))
          return [rate, { group, table, rates: undefined }]
        }),
      ),
    )
  const order = [...groups.values()]
  const allEntries = [...entries.values()].flatMap((ofCell) => [...ofCell.values()])

  /** The statistics under every resample of a block. @param sizes of the seeds and of each group, 0 where it was not drawn */
  const evaluate = (
    block: ResampleBlock,
    sizes: ReadonlyArray<number>,
    take: (statistic: number, value: number) => void,
  ): void => {
    const starts = new Map(
      order.flatMap((group, i) =>
        sizes[i + 1] === 0 ? [] : [[group, sizes.slice(0, i + 1).reduce((sum, size) => sum + size, 0)]],
      ),
    )
    const sumsOf = sumsOnce(block)
    const state = { at: 0 }
    const measure: Measure = (cell, rate) => {
      const entry = entries.get(cell)?.get(rate)
      if (entry === undefined) return Number.NaN
      entry.rates ??= ratesUnder(entry.table(), block, sumsOf, starts.get(entry.group))
      return entry.rates[state.at] ?? Number.NaN
    }
    for (const entry of allEntries) entry.rates = undefined
    for (state.at = 0; state.at < block.resamples; state.at++)
      statistics.forEach((statistic, i) => take(i, statistic(measure)))
  }

  const sizes = [seeds, ...order.map((group) => group.size)]
  const units = sizes.reduce((sum, size) => sum + size, 0)
  const values: number[] = []
  evaluate({ counts: new Uint32Array(units).fill(1), resamples: 1, units }, sizes, (i, value) => {
    values[i] = value
  })
  // Only groups that a statistic has read are drawn.
  const touched = new Set(allEntries.flatMap(({ rates, group }) => (rates === undefined ? [] : [group])))
  const drawn = [seeds, ...order.map((group) => (touched.has(group) ? group.size : 0))]
  const resamples: number[][] = statistics.map(() => [])
  eachResampleBlock(
    drawn,
    (block) =>
      partsOf(block).forEach((part) => evaluate(part, drawn, (i, value) => resamples[i]?.push(value))),
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
