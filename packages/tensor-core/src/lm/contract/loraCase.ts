/** The case of one optimizer step of an adapted layer. */
import { float32Matrix, tf } from '../../engine'
import { type ContractCase, contractCase } from '../../engine/contract'
import { type Linear, linear, linearPullback } from '../decoder/linear'
import { adamWDefaults, adamWStart, adamWStep } from '../training/adamw'
import { type Vector, dot, draw, exact, on, slope, times } from './twins'

/** y = x W^T + s x A^T B^T with loss y . dy: gradients of A and B, then one AdamW step on both. */
export const loraStepCase = (): ContractCase => {
  const [rows, inputs, outputs, rank, scale, lr] = [4, 3, 5, 2, 1.5, 0.01]
  const [W, x, dy] = [
    draw('W', outputs * inputs),
    draw('lora x', rows * inputs),
    draw('lora dy', rows * outputs),
  ]
  const start = Float64Array.from([...draw('A', rank * inputs), ...draw('B', outputs * rank)])
  const loss = (p: Vector): number => {
    const low = times(x, p.slice(0, rank * inputs), inputs)
    return dot(times(low, p.slice(rank * inputs), rank), dy) * scale + dot(times(x, W, inputs), dy)
  }
  return contractCase(
    'decoder: one AdamW step of a LoRA layer',
    () => {
      const at = on(start, start.length)
      const A = tf.reshape(tf.slice(at, [0], [rank * inputs]), [rank, inputs])
      const B = tf.reshape(tf.slice(at, [rank * inputs], [outputs * rank]), [outputs, rank])
      const layer: Linear = { name: 'm', matrix: float32Matrix(on(W, outputs, inputs)) }
      const adaptation = { factors: new Map([['m', { A, B, scale }]]) }
      linear(layer, on(x, rows, inputs), adaptation)
      const { gradients } = linearPullback(
        layer,
        { x: on(x, rows, inputs), dy: on(dy, rows, outputs) },
        adaptation,
        { examples: 1, weights: false },
      )
      const flat = tf.concat(
        ['m.lora_A', 'm.lora_B'].map((name) => tf.reshape(gradients[name] ?? tf.zeros([0]), [-1])),
      )
      return adamWStep({ ...adamWDefaults, weightDecay: 0.1 }, adamWStart(at), flat, lr).parameters
    },
    () => {
      const g = slope(loss, start)
      // The first step's bias corrections cancel: m / (1 - b1) = g, v / (1 - b2) = g^2.
      return exact(
        start.map(
          (p, i) => p * (1 - lr * 0.1) - (lr * (g[i] ?? 0)) / (Math.abs(g[i] ?? 0) + adamWDefaults.epsilon),
        ),
        start.length,
      )
    },
    4,
  )
}
