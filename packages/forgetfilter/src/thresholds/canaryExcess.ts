/**
 * Whether more rows than canaries were forgotten: a permutation test. If all rows were benign, which of all values are the canaries'
 * would be chance. The statistic is the largest standardized difference of the shares above a value,
 *
 *     z(t) = (A(t) - B(t)) / sqrt(p (1 - p) (1 / n + 1 / m)),
 *
 * A of n rows, B of m canaries, p of both together, over the values above which lie at most half of both: the excess is looked for
 * among the larger rates. Its distribution under chance is drawn, so ties and the search over values need no correction (Westfall
 * and Young, "Resampling-based multiple testing", 1993).
 */
import { type RandomStream, stream } from '@safe/tensor-core/random'

// constants --------------------------------------------------------------------------------------

/** Draws of which values are the canaries'; the smallest probability is 1 / (draws + 1). */
export const EXCESS_DRAWS = 499
/** The draws are the same for all rates: a threshold depends on rates alone. */
const SEED = 1

// parts ------------------------------------------------------------------------------------------

/** Ranks, from the largest value down, at which a value other than the next ends; of values above 0, and at most half of all. */
const ends = (falling: Float64Array): Int32Array =>
  Int32Array.from(
    Array.from({ length: Math.floor(falling.length / 2) }, (_, i) => i).filter((i) => {
      const [here, next] = [falling[i] ?? 0, falling[i + 1] ?? 0]
      return here > 0 && next !== here
    }),
  )

/** The largest z over the ends, where `isCanary` marks ranks. */
const largestZ = (isCanary: Uint8Array, at: Int32Array, canaries: number): number => {
  const all = isCanary.length
  const rows = all - canaries
  let [largest, rank, found] = [-Infinity, 0, 0]
  for (const end of at) {
    for (; rank <= end; rank++) found += isCanary[rank] ?? 0
    const above = end + 1
    const p = above / all
    const z = ((above - found) / rows - found / canaries) / Math.sqrt(p * (1 - p) * (1 / rows + 1 / canaries))
    if (z > largest) largest = z
  }
  return largest
}

/** Marks other ranks, by chance; `order` is any order of all ranks, and is left in another. */
const redraw = (isCanary: Uint8Array, order: Int32Array, canaries: number, draw: RandomStream): void => {
  isCanary.fill(0)
  for (let i = 0; i < canaries; i++) {
    const j = i + draw.integer(order.length - i)
    const [a, b] = [order[i] ?? 0, order[j] ?? 0]
    order[i] = b
    order[j] = a
    isCanary[b] = 1
  }
}

// test -------------------------------------------------------------------------------------------

/**
 * Probability of an excess as large, if all rows were benign; 1 where there are no rows, no canaries, or nothing above 0.
 * Differences of rounding errors count as none.
 */
export const excessOfRows = (rates: ReadonlyArray<number>, canaries: ReadonlyArray<number>): number => {
  const m = canaries.length
  const order = Int32Array.from({ length: rates.length + m }, (_, i) => i)
  const valueOf = (i: number): number => (i < m ? canaries[i] : rates[i - m]) ?? 0
  const byFallingValue = order.toSorted((a, b) => valueOf(b) - valueOf(a))
  const at = ends(Float64Array.from(byFallingValue, valueOf))
  if (m === 0 || rates.length === 0 || at.length === 0) return 1
  const isCanary = Uint8Array.from(byFallingValue, (i) => (i < m ? 1 : 0))
  const observed = largestZ(isCanary, at, m)
  const draw = stream(SEED, 'forgetfilter', 'excess')
  let asLarge = 0
  for (let i = 0; i < EXCESS_DRAWS; i++) {
    redraw(isCanary, order, m, draw)
    if (largestZ(isCanary, at, m) >= observed - 1e-9) asLarge++
  }
  return (asLarge + 1) / (EXCESS_DRAWS + 1)
}
