/**
 * A contract case: something every engine must compute, with the exact result. The list is open: other folders (linear algebra,
 * a LoRA step) define cases of their own and run them with the same runner.
 */
import { tf } from '../tf'
import type { Exact } from './exact'

// model ------------------------------------------------------------------------------------------

export interface ContractCase {
  /** `group: what`, unique. */
  readonly name: string
  /** What the engine computes; runs inside a scope that frees everything but the result. */
  readonly compute: () => tf.Tensor
  readonly expected: () => Exact
  /** Multiplies the engine's tolerance if the mathematics loses digits (finite differences, long sums). */
  readonly slack?: number
}

// constructors -----------------------------------------------------------------------------------

export const contractCase = (
  name: string,
  compute: () => tf.Tensor,
  expected: () => Exact,
  slack?: number,
): ContractCase => ({ name, compute, expected, ...(slack === undefined ? {} : { slack }) })

/** An exact array as a float32 tensor on the engine. */
export const onEngine = (a: Exact): tf.Tensor =>
  tf.tensor(Float32Array.from(a.values), [...a.shape], 'float32')

export const indexTensor = (values: ReadonlyArray<number>): tf.Tensor1D => tf.tensor1d([...values], 'int32')

/**
 * The gradient of `f` by TensorFlow.js against central differences of its float64 twin, both multiplied by a fixed direction so that
 * every entry of the transposed Jacobian matters.
 */
export const gradientCase =
  (direction: (shape: ReadonlyArray<number>) => Exact) =>
  (name: string, at: Exact, f: (x: tf.Tensor) => tf.Tensor, twin: (x: Exact) => Exact): ContractCase => ({
    name,
    compute: () => {
      const weights = onEngine(direction(twin(at).shape))
      return tf.grad((x) => tf.sum(tf.mul(f(x), weights)))(onEngine(at))
    },
    expected: () => {
      const weights = direction(twin(at).shape)
      const value = (x: Float64Array): number =>
        twin({ shape: at.shape, values: x }).values.reduce((s, y, i) => s + y * (weights.values[i] ?? 0), 0)
      const step = 1e-5
      return {
        shape: at.shape,
        values: at.values.map((x, i) => {
          const moved = (by: number): number => value(at.values.with(i, x + by))
          return (moved(step) - moved(-step)) / (2 * step)
        }),
      }
    },
  })
