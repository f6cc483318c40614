/**
 * Contract cases of the language model: every hand-written gradient of the decoder against central differences of a float64 twin,
 * and one optimizer step of an adapted layer. Each engine must pass them.
 */
import { float32Matrix, rmsNorm, rmsNormPullback, tf } from '../engine'
import { type ContractCase, contractCase, onEngine } from '../engine/contract'
import type { Activation } from '../formats'
import { stream } from '../random'
import { attend, attendPullback, causalMask } from './decoder/attention'
import { type Linear, linear, linearPullback } from './decoder/linear'
import { crossEntropy } from './decoder/loss'
import { gatedActivationPullback } from './decoder/mlp'
import { rotaryTables, rotate } from './decoder/rotary'
import { adamWDefaults, adamWStart, adamWStep } from './training/adamw'

// float64 twins ----------------------------------------------------------------------------------

type Vector = Float64Array

const draw = (name: string, n: number): Vector => {
  const s = stream(3, 'contract', name)
  return Float64Array.from({ length: n }, () => Math.fround(s.normal()))
}

const dot = (a: Vector, b: Vector): number => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0)

/** x [m, k] times y [n, k] transposed. */
const times = (x: Vector, y: Vector, k: number): Vector => {
  const [m, n] = [x.length / k, y.length / k]
  return Float64Array.from({ length: m * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n]
    return dot(x.subarray(i * k, (i + 1) * k), y.subarray(j * k, (j + 1) * k))
  })
}

const softmax = (row: Vector): Vector => {
  const max = Math.max(...row)
  const e = row.map((x) => Math.exp(x - max))
  const sum = e.reduce((a, b) => a + b, 0)
  return e.map((x) => x / sum)
}

/** Gradient of f at x by central differences. */
const slope = (f: (x: Vector) => number, x: Vector): Vector =>
  x.map((v, i) => (f(x.with(i, v + 1e-5)) - f(x.with(i, v - 1e-5))) / 2e-5)

const normTwin = (x: Vector, gain: Vector, width: number, epsilon: number): Vector =>
  x.map((v, at) => {
    const row = x.subarray(Math.floor(at / width) * width, (Math.floor(at / width) + 1) * width)
    return (v * (gain[at % width] ?? 0)) / Math.sqrt(dot(row, row) / width + epsilon)
  })

/** One head, causal: q, k, v [length, d]. */
const attendTwin = (q: Vector, k: Vector, v: Vector, d: number): Vector => {
  const length = q.length / d
  const scores = times(q, k, d)
  return Float64Array.from({ length: q.length }, (_, at) => {
    const [i, c] = [Math.floor(at / d), at % d]
    const weights = softmax(scores.slice(i * length, i * length + i + 1).map((s) => s / Math.sqrt(d)))
    return weights.reduce((sum, w, j) => sum + w * (v[j * d + c] ?? 0), 0)
  })
}

const silu = (x: number): number => x / (1 + Math.exp(-x))

// cases ------------------------------------------------------------------------------------------

const on = (values: Vector, ...shape: ReadonlyArray<number>): tf.Tensor => onEngine({ shape, values })
const exact = (
  values: Vector,
  ...shape: ReadonlyArray<number>
): { shape: ReadonlyArray<number>; values: Vector } => ({
  shape,
  values,
})

const normCase = (): ContractCase => {
  const [x, gain, dy] = [draw('norm x', 12), draw('norm gain', 4), draw('norm dy', 12)]
  return contractCase(
    'decoder: gradient of RMS normalisation',
    () => {
      const at = on(x, 3, 4)
      return rmsNormPullback(on(dy, 3, 4), at, rmsNorm(at, on(gain, 4), 1e-5).scale, on(gain, 4))
    },
    () =>
      exact(
        slope((u) => dot(normTwin(u, gain, 4, 1e-5), dy), x),
        3,
        4,
      ),
    8,
  )
}

const geluTanh = (x: number): number =>
  (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))

const gateCase = (activation: Activation): ContractCase => {
  const act = activation === 'silu' ? silu : geluTanh
  const [gate, up, dy] = [draw('gate', 6), draw('up', 6), draw('gate dy', 6)]
  return contractCase(
    `decoder: gradient of the gated activation (${activation})`,
    () => {
      const d = gatedActivationPullback(on(gate, 6), on(up, 6), on(dy, 6), activation)
      return tf.concat([d.gate, d.up])
    },
    () => {
      const loss = (g: Vector, u: Vector): number =>
        dot(
          g.map((v, i) => act(v) * (u[i] ?? 0)),
          dy,
        )
      return exact(
        Float64Array.from([...slope((g) => loss(g, up), gate), ...slope((u) => loss(gate, u), up)]),
        12,
      )
    },
    8,
  )
}

const attentionCase = (): ContractCase => {
  const [length, d] = [4, 3]
  const [q, k, v, dy] = ['q', 'k', 'v', 'attention dy'].map((name) => draw(name, length * d))
  const heads = { q: q ?? new Float64Array(0), k: k ?? new Float64Array(0), v: v ?? new Float64Array(0) }
  const weight = dy ?? new Float64Array(0)
  return contractCase(
    'decoder: gradient of causal attention',
    () => {
      const shaped = (x: Vector): tf.Tensor => on(x, 1, 1, length, d)
      const at = { q: shaped(heads.q), k: shaped(heads.k), v: shaped(heads.v) }
      const back = attendPullback(at, attend(at, causalMask(length)).weights, shaped(weight))
      return tf.concat([back.q, back.k, back.v].map((x) => tf.reshape(x, [length * d])))
    },
    () => {
      const parts = [
        slope((x) => dot(attendTwin(x, heads.k, heads.v, d), weight), heads.q),
        slope((x) => dot(attendTwin(heads.q, x, heads.v, d), weight), heads.k),
        slope((x) => dot(attendTwin(heads.q, heads.k, x, d), weight), heads.v),
      ]
      return exact(Float64Array.from(parts.flatMap((p) => [...p])), 3 * length * d)
    },
    8,
  )
}

const rotaryCase = (): ContractCase => {
  const x = draw('rotary', 2 * 3 * 2 * 4)
  return contractCase(
    'decoder: rotary embedding turned back is the identity',
    () => {
      const tables = rotaryTables(
        () => Float64Array.of(1, 0.01),
        [
          [0, 5, 9],
          [1, 2, 700],
        ],
      )
      return rotate(rotate(on(x, 2, 3, 2, 4), tables), tables, true)
    },
    () => exact(x, 2, 3, 2, 4),
    8,
  )
}

const lossCase = (): ContractCase => {
  const [rows, width, vocab] = [3, 4, 5]
  const [head, hidden] = [draw('head', vocab * width), draw('hidden', rows * width)]
  const [targets, weights] = [Int32Array.of(4, 0, 2), Float32Array.of(0.5, 0.25, 2)]
  return contractCase(
    'decoder: gradient of the chunked cross-entropy',
    () =>
      crossEntropy(
        float32Matrix(on(head, vocab, width)),
        vocab,
        on(hidden, rows, width),
        { kind: 'tokens', ids: targets },
        weights,
        false,
      ).dHidden ?? tf.zeros([0]),
    () =>
      exact(
        slope((h) => {
          const logits = times(h, head, width)
          return targets.reduce(
            (sum, t, r) =>
              sum - (weights[r] ?? 0) * Math.log(softmax(logits.slice(r * vocab, (r + 1) * vocab))[t] ?? 0),
            0,
          )
        }, hidden),
        rows,
        width,
      ),
    8,
  )
}

const divergenceCase = (): ContractCase => {
  const [rows, width, vocab] = [3, 4, 5]
  const [head, hidden, initial] = [
    draw('kl head', vocab * width),
    draw('kl hidden', rows * width),
    draw('kl initial', rows * width),
  ]
  const weights = Float32Array.of(0.5, 0.25, 2)
  const row = (logits: Vector, r: number): Vector => softmax(logits.slice(r * vocab, (r + 1) * vocab))
  return contractCase(
    'decoder: gradient of the divergence from the initial model',
    () =>
      crossEntropy(
        float32Matrix(on(head, vocab, width)),
        vocab,
        on(hidden, rows, width),
        { kind: 'states', initial: on(initial, rows, width) },
        weights,
        false,
      ).dHidden ?? tf.zeros([0]),
    () =>
      exact(
        slope((h) => {
          const [p, q] = [times(initial, head, width), times(h, head, width)]
          return weights.reduce(
            (sum, w, r) =>
              sum + w * row(p, r).reduce((kl, x, v) => kl + x * Math.log(x / (row(q, r)[v] ?? 1)), 0),
            0,
          )
        }, hidden),
        rows,
        width,
      ),
    8,
  )
}

/** y = x W^T + s x A^T B^T with loss y . dy: gradients of A and B, then one AdamW step on both. */
const loraStepCase = (): ContractCase => {
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
      const { gradients } = linearPullback(layer, on(x, rows, inputs), on(dy, rows, outputs), adaptation, {
        examples: 1,
        weights: false,
      })
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

export const lmCases: ReadonlyArray<ContractCase> = [
  normCase(),
  gateCase('silu'),
  gateCase('gelu_pytorch_tanh'),
  attentionCase(),
  rotaryCase(),
  lossCase(),
  divergenceCase(),
  loraStepCase(),
]
