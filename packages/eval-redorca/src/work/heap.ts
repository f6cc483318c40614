/** A binary heap: the first of many values, while values come and go, in O(log n). */

// model ------------------------------------------------------------------------------------------

export interface Heap<A> {
  readonly push: (value: A) => void
  /** Takes the first value; undefined where there is none. */
  readonly pop: () => A | undefined
  /** The first value, which stays. */
  readonly first: () => A | undefined
}

// constructors -----------------------------------------------------------------------------------

/** @param before whether the first value comes before the second */
export const heap = <A>(before: (a: A, b: A) => boolean): Heap<A> => {
  const values: A[] = []
  const isBefore = (i: number, j: number): boolean => {
    const [a, b] = [values[i], values[j]]
    return a !== undefined && b !== undefined && before(a, b)
  }
  const swap = (i: number, j: number): void => {
    const [a, b] = [values[i], values[j]]
    if (a === undefined || b === undefined) return
    values[i] = b
    values[j] = a
  }
  const rise = (from: number): void => {
    for (let i = from; i > 0;) {
      const parent = (i - 1) >> 1
      if (!isBefore(i, parent)) return
      swap(i, parent)
      i = parent
    }
  }
  const sink = (): void => {
    for (let i = 0; ;) {
      const [left, right] = [2 * i + 1, 2 * i + 2]
      const child = isBefore(right, left) ? right : left
      if (!isBefore(child, i)) return
      swap(child, i)
      i = child
    }
  }
  return {
    push: (value) => {
      values.push(value)
      rise(values.length - 1)
    },
    pop: () => {
      const [top] = values
      const last = values.pop()
      if (last !== undefined && values.length > 0) {
        values[0] = last
        sink()
      }
      return top
    },
    first: () => values[0],
  }
}
