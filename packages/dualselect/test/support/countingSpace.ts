/** Vectors of numbers that know whether they have been freed: a leak, a double free or a use after free shows. */
import type { VectorSpace } from '@safe/tensor-core/contracts'

export interface Vector {
  readonly values: ReadonlyArray<number>
}

export interface CountingSpace extends VectorSpace<Vector> {
  readonly make: (values: ReadonlyArray<number>) => Vector
  readonly read: (v: Vector) => ReadonlyArray<number>
  readonly alive: () => number
  /** Most vectors alive at once. */
  readonly peak: () => number
}

export const countingSpace = (dimension: number): CountingSpace => {
  const living = new Set<Vector>()
  const most = { count: 0 }
  const make = (values: ReadonlyArray<number>): Vector => {
    const v = { values }
    living.add(v)
    most.count = Math.max(most.count, living.size)
    return v
  }
  const read = (v: Vector): ReadonlyArray<number> => {
    if (!living.has(v)) throw new Error('a freed vector was used')
    return v.values
  }
  return {
    make,
    read,
    alive: () => living.size,
    peak: () => most.count,
    zero: () => make(new Array<number>(dimension).fill(0)),
    add: (a, b) => make(read(a).map((x, i) => x + read(b)[i]!)),
    scale: (k, a) => make(read(a).map((x) => k * x)),
    dot: (a, b) => read(a).reduce((s, x, i) => s + x * read(b)[i]!, 0),
    free: (a) => {
      read(a)
      living.delete(a)
    },
    toHost: (a) => Float32Array.from(read(a)),
    fromHost: (values) => make(Array.from(values)),
  }
}
