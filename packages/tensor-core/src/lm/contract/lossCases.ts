/** Cases of the loss over the vocabulary: cross-entropy, and divergence from the initial model. */
import { float32Matrix, tf } from '../../engine'
import { type ContractCase, contractCase } from '../../engine/contract'
import type { LogitScales } from '../decoder/logits'
import { crossEntropy } from '../decoder/loss'
import { type Vector, draw, exact, on, slope, softmax, times } from './twins'

const scaledTwin = (logits: Vector, { logitsScaling = 1, logitSoftcap: cap }: LogitScales): Vector =>
  logits.map((x) => (cap === undefined ? x / logitsScaling : cap * Math.tanh(x / logitsScaling / cap)))

const lossCase = (kind: string, scales: LogitScales): ContractCase => {
  const [rows, width, vocab] = [3, 4, 5]
  const [head, hidden] = [draw('head', vocab * width), draw('hidden', rows * width)]
  const [targets, weights] = [Int32Array.of(4, 0, 2), Float32Array.of(0.5, 0.25, 2)]
  return contractCase(
    `decoder: gradient of ${kind}`,
    () =>
      crossEntropy(float32Matrix(on(head, vocab, width)), vocab, {
        hidden: on(hidden, rows, width),
        target: { kind: 'tokens', ids: targets },
        weights,
        scales,
      }).dHidden ?? tf.zeros([0]),
    () =>
      exact(
        slope((h) => {
          const logits = scaledTwin(times(h, head, width), scales)
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
      crossEntropy(float32Matrix(on(head, vocab, width)), vocab, {
        hidden: on(hidden, rows, width),
        target: { kind: 'states', initial: on(initial, rows, width) },
        weights,
      }).dHidden ?? tf.zeros([0]),
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

export const lossCases: ReadonlyArray<ContractCase> = [
  lossCase('the chunked cross-entropy', {}),
  lossCase('the cross-entropy of divided and capped logits', { logitsScaling: 1.5, logitSoftcap: 0.9 }),
  divergenceCase(),
]
