/**
 * Arrays in float64 and plain JavaScript: the reference for every engine. Written for clarity, not speed.
 */

// model ------------------------------------------------------------------------------------------

export interface Exact {
  readonly shape: ReadonlyArray<number>
  /** Row-major. */
  readonly values: Float64Array
}

export const sizeOf = (shape: ReadonlyArray<number>): number => shape.reduce((n, d) => n * d, 1)

// constructors -----------------------------------------------------------------------------------

export const exact = (shape: ReadonlyArray<number>, values: ArrayLike<number>): Exact => ({
  shape,
  values: Float64Array.from(values),
})

/** Fixed values in [low, high), rounded to float32 so that engine and reference start from the same numbers. */
export const sample = (shape: ReadonlyArray<number>, seed: number, low = -2, high = 2): Exact =>
  exact(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => {
      const x = Math.sin((i + 1) * 12.9898 + (seed + 1) * 78.233) * 43758.5453
      return Math.fround(low + (high - low) * (x - Math.floor(x)))
    }),
  )

// indices ----------------------------------------------------------------------------------------

/** The coordinates of a flat index. */
export const coordinates = (shape: ReadonlyArray<number>, flat: number): ReadonlyArray<number> =>
  shape.map((d, axis) => Math.floor(flat / sizeOf(shape.slice(axis + 1))) % d)

/** The value at given coordinates; axes of length one broadcast. */
export const at = (a: Exact, place: ReadonlyArray<number>): number => {
  const own = place.slice(place.length - a.shape.length)
  const flat = a.shape.reduce((index, d, axis) => index * d + (d === 1 ? 0 : (own[axis] ?? 0)), 0)
  return a.values[flat] ?? Number.NaN
}

/** An array given by a formula for the value at each place. */
export const byPlace = (
  shape: ReadonlyArray<number>,
  value: (place: ReadonlyArray<number>) => number,
): Exact =>
  exact(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => value(coordinates(shape, i))),
  )

// functions of one number ------------------------------------------------------------------------

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

// combinators ------------------------------------------------------------------------------------

export const map =
  (f: (x: number) => number) =>
  (a: Exact): Exact =>
    exact(a.shape, a.values.map(f))

const broadcastShape = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): ReadonlyArray<number> => {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) =>
    Math.max(a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1),
  )
}

/** Entry by entry; axes of length one broadcast. */
export const zip =
  (f: (x: number, y: number) => number) =>
  (a: Exact, b: Exact): Exact =>
    byPlace(broadcastShape(a.shape, b.shape), (place) => f(at(a, place), at(b, place)))

/** Reduces one axis; `f` gets its numbers in order. */
export const reduce =
  (f: (line: ReadonlyArray<number>) => number, axis: number) =>
  (a: Exact): Exact => {
    const along = axis < 0 ? axis + a.shape.length : axis
    return byPlace(
      a.shape.filter((_, i) => i !== along),
      (place) =>
        f(
          Array.from({ length: a.shape[along] ?? 0 }, (_, i) =>
            at(a, [...place.slice(0, along), i, ...place.slice(along)]),
          ),
        ),
    )
  }

/** Replaces each line along the last axis. */
export const lines =
  (f: (line: ReadonlyArray<number>) => ReadonlyArray<number>) =>
  (a: Exact): Exact => {
    const width = a.shape.at(-1) ?? 1
    return exact(
      a.shape,
      Array.from({ length: a.values.length / width }, (_, i) =>
        f([...a.values.slice(i * width, (i + 1) * width)]),
      ).flat(),
    )
  }

export const transpose = (a: Exact, order: ReadonlyArray<number>): Exact =>
  byPlace(
    order.map((axis) => a.shape[axis] ?? 1),
    (place) => {
      const from = order.reduce<number[]>((source, axis, i) => {
        source[axis] = place[i] ?? 0
        return source
      }, [])
      return at(a, from)
    },
  )

/** The transpose of each matrix: the last two axes are swapped. */
export const swapLast = (a: Exact): Exact => {
  const rank = a.shape.length
  return transpose(a, [...Array(rank - 2).keys(), rank - 1, rank - 2])
}

/** Products of the last two axes; leading axes broadcast. */
export const product = (a: Exact, b: Exact): Exact => {
  const [m = 1, k = 1] = a.shape.slice(-2)
  const n = b.shape.at(-1) ?? 1
  return byPlace([...broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2)), m, n], (place) => {
    const batch = place.slice(0, -2)
    const [i = 0, j = 0] = place.slice(-2)
    let sum = 0
    for (let p = 0; p < k; p++)
      sum +=
        at(a, [...batch.slice(batch.length - a.shape.length + 2), i, p]) *
        at(b, [...batch.slice(batch.length - b.shape.length + 2), p, j])
    return sum
  })
}

// reductions -------------------------------------------------------------------------------------

export const total = (line: ReadonlyArray<number>): number => line.reduce((s, x) => s + x, 0)
export const mean = (line: ReadonlyArray<number>): number => total(line) / line.length
export const largest = (line: ReadonlyArray<number>): number => Math.max(...line)
export const logSumExp = (line: ReadonlyArray<number>): number => {
  const top = largest(line)
  return top + Math.log(total(line.map((x) => Math.exp(x - top))))
}
export const softmax = (line: ReadonlyArray<number>): ReadonlyArray<number> => {
  const norm = logSumExp(line)
  return line.map((x) => Math.exp(x - norm))
}
