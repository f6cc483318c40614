/** What the fused operations of every engine are tested with: random tensors, each operation, and the steps it replaces. */
import fc from 'fast-check'
import { tf } from '../../src/engine'
import { gatedSilu, gatedSiluPullback } from '../../src/engine/fused/gatedSilu'
import { type FusedName, fusedNames } from '../../src/engine/fused/kernel'
import { rmsNorm, rmsNormPullback, scaled } from '../../src/engine/fused/rmsNorm'
import { rotateHalves } from '../../src/engine/fused/rotate'
import { softmaxPullback } from '../../src/engine/fused/softmax'

export type Values = ReadonlyArray<number>

/** Values of every tensor that `work` returns; no tensor is leaked. */
export const valuesOf = (work: () => ReadonlyArray<tf.Tensor>): ReadonlyArray<Values> => {
  const before = tf.memory().numTensors
  const out = tf.tidy(() => [...work()])
  const values = out.map((t) => Array.from(t.dataSync()))
  tf.dispose(out)
  expect(tf.memory().numTensors).toBe(before)
  return values
}

/** The same without the kernel: step by step. */
export const stepByStep = (name: FusedName, work: () => ReadonlyArray<tf.Tensor>): ReadonlyArray<Values> => {
  const kernel = tf.getKernel(name, tf.getBackend())
  tf.unregisterKernel(name, tf.getBackend())
  try {
    return valuesOf(work)
  } finally {
    tf.registerKernel(kernel)
  }
}

export interface Drawn {
  readonly rows: number
  readonly width: number
  readonly next: (...shape: number[]) => tf.Tensor
}

/** Rows and widths up to `largest`, and tensors of any shape with random entries. */
export const draws = (entry: fc.Arbitrary<number>, largest: number): fc.Arbitrary<Drawn> => {
  const size = fc.integer({ min: 1, max: largest })
  return fc.tuple(size, size, fc.infiniteStream(entry)).map(([rows, width, stream]) => ({
    rows,
    width,
    next: (...shape) =>
      tf.tensor(
        Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => Number(stream.next().value)),
        shape,
      ),
  }))
}

/** Creates its inputs, and returns the operation on them. */
export type Work = (d: Drawn) => () => ReadonlyArray<tf.Tensor>

export const cases: ReadonlyArray<readonly [FusedName, Work]> = [
  [
    fusedNames.rmsNorm,
    ({ rows, width, next }) => {
      const [x, gain] = [next(rows, width), next(width)]
      return () => {
        const { y, scale } = rmsNorm(x, gain, 1e-5)
        return [y, scale]
      }
    },
  ],
  [
    fusedNames.rmsNormPullback,
    ({ rows, width, next }) => {
      const [dy, x, scale, gain] = [next(rows, width), next(rows, width), next(rows, 1), next(width)]
      return () => [rmsNormPullback(dy, x, scale, gain)]
    },
  ],
  [
    fusedNames.scaled,
    ({ rows, width, next }) => {
      const [x, scale, gain] = [next(rows, width), next(rows, 1), next(width)]
      return () => [scaled(x, scale, gain)]
    },
  ],
  ...([false, true] as const).flatMap((back) =>
    ([1, 2] as const).map((tables): readonly [FusedName, Work] => [
      fusedNames.rotate,
      ({ rows, width, next }) => {
        const x = next(2, rows, 3, 2 * width)
        const [cos, sin] = [next(tables, rows, 1, width), next(tables, rows, 1, width)]
        return () => [rotateHalves(x, cos, sin, back)]
      },
    ]),
  ),
  [
    fusedNames.gatedSilu,
    ({ rows, width, next }) => {
      const [gate, up] = [next(rows, width), next(rows, width)]
      return () => [gatedSilu(gate, up)]
    },
  ],
  [
    fusedNames.gatedSiluPullback,
    ({ rows, width, next }) => {
      const [gate, up, dy] = [next(rows, width), next(rows, width), next(rows, width)]
      return () => {
        const back = gatedSiluPullback(gate, up, dy)
        return [back.gate, back.up]
      }
    },
  ],
  [
    fusedNames.softmaxPullback,
    ({ rows, width, next }) => {
      const [dWeights, weights] = [next(2, rows, width), next(2, rows, width)]
      return () => [softmaxPullback(dWeights, weights, 1 / Math.sqrt(24))]
    },
  ],
]
