/** Arithmetic in float64 that the decoder's cases are held against. */
import type { tf } from '../../engine'
import { onEngine } from '../../engine/contract'
import { stream } from '../../random'

export type Vector = Float64Array

/** Normal draws, the same in every run, exact in float32. */
export const draw = (name: string, n: number): Vector => {
  const s = stream(3, 'contract', name)
  return Float64Array.from({ length: n }, () => Math.fround(s.normal()))
}

export const dot = (a: Vector, b: Vector): number => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0)

/** x [m, k] times y [n, k] transposed. */
export const times = (x: Vector, y: Vector, k: number): Vector => {
  const [m, n] = [x.length / k, y.length / k]
  return Float64Array.from({ length: m * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n]
    return dot(x.subarray(i * k, (i + 1) * k), y.subarray(j * k, (j + 1) * k))
  })
}

export const softmax = (row: Vector): Vector => {
  const max = Math.max(...row)
  const e = row.map((x) => Math.exp(x - max))
  const sum = e.reduce((a, b) => a + b, 0)
  return e.map((x) => x / sum)
}

/** Gradient of f at x by central differences. */
export const slope = (f: (x: Vector) => number, x: Vector): Vector =>
  x.map((v, i) => (f(x.with(i, v + 1e-5)) - f(x.with(i, v - 1e-5))) / 2e-5)

/** Values as a tensor of the engine under test. */
export const on = (values: Vector, ...shape: ReadonlyArray<number>): tf.Tensor => onEngine({ shape, values })
/** The values that an engine must give. */
export const exact = (
  values: Vector,
  ...shape: ReadonlyArray<number>
): { shape: ReadonlyArray<number>; values: Vector } => ({
  shape,
  values,
})
