/** The front: settings that no other one beats in refusal and over-refusal together. */

/** A setting as a point of the plane. */
export interface Point {
  /** Harmful requests refused, in [0, 1]: more is better. */
  readonly refusal: number
  /** Benign requests refused, in [0, 1]: less is better. */
  readonly overRefusal: number
}

/** Whether `a` is no worse than `b` in both, and better in one. */
export const beats = (a: Point, b: Point): boolean =>
  a.refusal >= b.refusal &&
  a.overRefusal <= b.overRefusal &&
  (a.refusal > b.refusal || a.overRefusal < b.overRefusal)

/** The points that no other one beats, from the least to the most over-refusal; equal points are all on it. */
export const frontOf = <P extends Point>(points: ReadonlyArray<P>): ReadonlyArray<P> =>
  points
    .filter((p) => !points.some((other) => beats(other, p)))
    .sort((a, b) => a.overRefusal - b.overRefusal || a.refusal - b.refusal)
