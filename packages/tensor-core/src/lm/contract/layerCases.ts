/** Cases of a layer's parts: normalisation, gated activation, attention, rotary embedding. */
import { rmsNorm, rmsNormPullback, tf } from '../../engine'
import { type ContractCase, contractCase } from '../../engine/contract'
import type { Activation } from '../../formats'
import { MASKED, type ScoreRule, attend, attendPullback, causalMask } from '../decoder/attention'
import { gatedActivationPullback } from '../decoder/mlp'
import { rotaryTables, rotate } from '../decoder/rotary'
import { attendRows, attendRowsPullback, weightsAgain } from '../decoder/wholeRows'
import { type Vector, dot, draw, exact, on, slope, softmax, times } from './twins'

// normalisation ----------------------------------------------------------------------------------

const normTwin = (x: Vector, gain: Vector, width: number, epsilon: number): Vector =>
  x.map((v, at) => {
    const row = x.subarray(Math.floor(at / width) * width, (Math.floor(at / width) + 1) * width)
    return (v * (gain[at % width] ?? 0)) / Math.sqrt(dot(row, row) / width + epsilon)
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

// gated activation -------------------------------------------------------------------------------

const silu = (x: number): number => x / (1 + Math.exp(-x))

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

// attention --------------------------------------------------------------------------------------

/** One head, causal: q, k, v [length, d]; scores capped where there is a cap; `window` positions are seen. */
const attendTwin = (
  q: Vector,
  k: Vector,
  v: Vector,
  d: number,
  { factor, cap }: ScoreRule,
  window = Infinity,
): Vector => {
  const length = q.length / d
  const scores = times(q, k, d)
  return Float64Array.from({ length: q.length }, (_, at) => {
    const [i, c] = [Math.floor(at / d), at % d]
    const oldest = Math.max(0, i - window + 1)
    const weights = softmax(
      scores
        .slice(i * length + oldest, i * length + i + 1)
        .map((s) => (cap === undefined ? s * factor : cap * Math.tanh((s * factor) / cap))),
    )
    return weights.reduce((sum, w, j) => sum + w * (v[(oldest + j) * d + c] ?? 0), 0)
  })
}

const attentionCase = (kind: string, cap?: number): ContractCase => {
  const [length, d] = [4, 3]
  const rule: ScoreRule = { factor: 1 / Math.sqrt(d), ...(cap === undefined ? {} : { cap }) }
  const [q, k, v, dy] = ['q', 'k', 'v', 'attention dy'].map((name) => draw(name, length * d))
  const heads = { q: q ?? new Float64Array(0), k: k ?? new Float64Array(0), v: v ?? new Float64Array(0) }
  const weight = dy ?? new Float64Array(0)
  return contractCase(
    `decoder: gradient of ${kind}`,
    () => {
      const shaped = (x: Vector): tf.Tensor => on(x, 1, 1, length, d)
      const at = { q: shaped(heads.q), k: shaped(heads.k), v: shaped(heads.v) }
      const back = attendPullback(at, attend(at, causalMask(length), rule).weights, shaped(weight), rule)
      return tf.concat([back.q, back.k, back.v].map((x) => tf.reshape(x, [length * d])))
    },
    () => {
      const parts = [
        slope((x) => dot(attendTwin(x, heads.k, heads.v, d, rule), weight), heads.q),
        slope((x) => dot(attendTwin(heads.q, x, heads.v, d, rule), weight), heads.k),
        slope((x) => dot(attendTwin(heads.q, heads.k, x, d, rule), weight), heads.v),
      ]
      return exact(Float64Array.from(parts.flatMap((p) => [...p])), 3 * length * d)
    },
    8,
  )
}

/** Two rows, two heads that share one of keys and values: each as if it were alone. */
const wholeRowsCase = (window: number): ContractCase => {
  const [rows, length, members, d] = [2, 5, 2, 4]
  const rule: ScoreRule = { factor: 1 / Math.sqrt(d) }
  const q = draw('rows q', rows * length * members * d)
  const [k, v] = [draw('rows k', rows * length * d), draw('rows v', rows * length * d)]
  const dy = draw('rows dy', q.length)
  /** [length, d] of one row and head. */
  const part = (x: Vector, heads: number, n: number, h: number): Vector =>
    Float64Array.from({ length: length * d }, (_, at) => {
      const [t, c] = [Math.floor(at / d), at % d]
      return x[((n * length + t) * heads + h) * d + c] ?? 0
    })
  const twin = (atQ: Vector, atK: Vector, atV: Vector): number =>
    [0, 1].reduce(
      (sum, n) =>
        [0, 1].reduce((inRow, h) => {
          const [keys, values] = [part(atK, 1, n, 0), part(atV, 1, n, 0)]
          const context = attendTwin(part(atQ, members, n, h), keys, values, d, rule, window)
          return inRow + dot(context, part(dy, members, n, h))
        }, sum),
      0,
    )
  return contractCase(
    `decoder: gradient of attention of whole rows that see ${window} positions`,
    () => {
      const mask = tf.tensor4d(
        Float32Array.from({ length: length * length }, (_, at) => {
          const back = Math.floor(at / length) - (at % length)
          return back < 0 || back >= window ? MASKED : 0
        }),
        [1, 1, length, length],
      )
      const rowRule = { positions: { mask, sees: window }, scores: rule }
      const heads = {
        q: on(q, rows, length, members, d),
        k: on(k, rows, length, 1, d),
        v: on(v, rows, length, 1, d),
      }
      const kept = attendRows(rowRule, heads)
      const again = (): tf.Tensor => kept.weights ?? weightsAgain(rowRule, kept.heads)
      const back = attendRowsPullback(rowRule, kept.heads, again, on(dy, rows * length, members * d))
      return tf.concat([back.q, back.k, back.v].map((x) => tf.reshape(x, [x.size])))
    },
    () => {
      const parts = [
        slope((x) => twin(x, k, v), q),
        slope((x) => twin(q, x, v), k),
        slope((x) => twin(q, k, x), v),
      ]
      return exact(Float64Array.from(parts.flatMap((p) => [...p])), q.length + k.length + v.length)
    },
    8,
  )
}

// rotary embedding -------------------------------------------------------------------------------

const rotaryCase = (): ContractCase => {
  const x = draw('rotary', 2 * 3 * 2 * 4)
  return contractCase(
    'decoder: rotary embedding rotated back is the identity',
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

export const layerCases: ReadonlyArray<ContractCase> = [
  normCase(),
  gateCase('silu'),
  gateCase('gelu_pytorch_tanh'),
  attentionCase('causal attention'),
  attentionCase('causal attention with capped scores', 0.8),
  wholeRowsCase(5),
  wholeRowsCase(2),
  rotaryCase(),
]
