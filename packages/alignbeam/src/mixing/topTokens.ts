/** The most probable tokens of a distribution, best first; of equals, the lowest id. */

/** @returns ids of the `count` largest values that are above `floor`: above minus infinity by default */
export const topTokens = (
  values: ArrayLike<number>,
  count: number,
  floor = Number.NEGATIVE_INFINITY,
): ReadonlyArray<number> =>
  count > 512 ? bySorting(values, count, floor) : byInsertion(values, count, floor)

const bySorting = (values: ArrayLike<number>, count: number, floor: number): ReadonlyArray<number> =>
  Array.from({ length: values.length }, (_, id) => id)
    .filter((id) => (values[id] ?? Number.NEGATIVE_INFINITY) > floor)
    .sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b)
    .slice(0, count)

/** One pass with a short sorted list: what a decoding step wants of a large vocabulary. */
const byInsertion = (values: ArrayLike<number>, count: number, floor: number): ReadonlyArray<number> => {
  const best: number[] = []
  const valueAt = (rank: number): number => values[best[rank] ?? -1] ?? Number.NEGATIVE_INFINITY
  for (let id = 0; id < values.length; id++) {
    const value = values[id] ?? Number.NEGATIVE_INFINITY
    if (!(value > floor)) continue
    if (best.length === count && value <= valueAt(count - 1)) continue
    let low = 0
    let high = best.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (valueAt(middle) >= value) low = middle + 1
      else high = middle
    }
    best.splice(low, 0, id)
    if (best.length > count) best.pop()
  }
  return best
}
