/** Reductions over an axis, and functions along the last axis. */
import { largestLogits, tokenScores } from '../../fused/tokenScores'
import { tf } from '../../tf'
import { type ContractCase, contractCase, onEngine } from '../case'
import { exact, largest, lines, logSumExp, mean, reduce, sample, softmax, total } from '../exact'

const overOneAxis: ReadonlyArray<ContractCase> = (
  [
    ['sum', (x: tf.Tensor, axis: number) => tf.sum(x, axis), total],
    ['mean', (x: tf.Tensor, axis: number) => tf.mean(x, axis), mean],
    ['max', (x: tf.Tensor, axis: number) => tf.max(x, axis), largest],
    [
      'min',
      (x: tf.Tensor, axis: number) => tf.min(x, axis),
      (line: ReadonlyArray<number>) => Math.min(...line),
    ],
    ['logSumExp', (x: tf.Tensor, axis: number) => tf.logSumExp(x, axis), logSumExp],
    [
      'argMax',
      (x: tf.Tensor, axis: number) => tf.cast(tf.argMax(x, axis), 'float32'),
      (line: ReadonlyArray<number>) => line.indexOf(largest(line)),
    ],
  ] as const
).flatMap(([name, op, of]) =>
  [0, 1, 2].map((axis) => {
    const x = sample([3, 5, 40], 8)
    return contractCase(
      `reductions: ${name} over axis ${axis}`,
      () => op(onEngine(x), axis),
      () => reduce(of, axis)(x),
    )
  }),
)

const alongLast: ReadonlyArray<ContractCase> = [
  contractCase(
    'reductions: softmax',
    () => tf.softmax(onEngine(sample([4, 50], 9, -8, 8))),
    () => lines(softmax)(sample([4, 50], 9, -8, 8)),
  ),
  contractCase(
    'reductions: logSoftmax',
    () => tf.logSoftmax(onEngine(sample([4, 50], 9, -8, 8))),
    () => lines((line) => line.map((x) => x - logSumExp(line)))(sample([4, 50], 9, -8, 8)),
  ),
  contractCase(
    'reductions: sum of a long vector',
    () => tf.sum(onEngine(sample([400_001], 31, 0.5, 1.5))),
    () => exact([], [sample([400_001], 31, 0.5, 1.5).values.reduce((s, x) => s + x, 0)]),
  ),
  contractCase(
    'reductions: means of three long rows',
    () => tf.mean(onEngine(sample([3, 100_001], 32, 0.5, 1.5)), 1),
    () => reduce(mean, 1)(sample([3, 100_001], 32, 0.5, 1.5)),
  ),
  contractCase(
    'reductions: cumsum',
    () => tf.cumsum(onEngine(sample([3, 20], 10)), 1),
    () => lines((line) => line.map((_, i) => total(line.slice(0, i + 1))))(sample([3, 20], 10)),
  ),
  contractCase(
    'reductions: the five largest, sorted',
    () => tf.topk(onEngine(sample([4, 30], 11)), 5).values,
    () => {
      const x = sample([4, 30], 11)
      return exact(
        [4, 5],
        [0, 1, 2, 3].flatMap((i) =>
          [...x.values.slice(i * 30, i * 30 + 30)].sort((p, q) => q - p).slice(0, 5),
        ),
      )
    },
  ),
]

const ofTokens: ReadonlyArray<ContractCase> = [7, 50, 2500].flatMap((vocab) => {
  const logits = sample([5, vocab], 12, -8, 8)
  const ids = [0, 1, vocab - 1, 3, 2]
  const rows = ids.map((id, i) => {
    const row = [...logits.values.slice(i * vocab, (i + 1) * vocab)]
    return { logProb: (row[id] ?? NaN) - logSumExp(row), best: row.indexOf(largest(row)) }
  })
  return [
    contractCase(
      `reductions: log-probabilities of tokens among ${vocab}`,
      () => tokenScores(onEngine(logits), Int32Array.from(ids)).logProbs,
      () =>
        exact(
          [5],
          rows.map((r) => r.logProb),
        ),
    ),
    contractCase(
      `reductions: most probable tokens of ${vocab}`,
      () =>
        tf.stack([tokenScores(onEngine(logits), Int32Array.from(ids)).best, largestLogits(onEngine(logits))]),
      () =>
        exact(
          [2, 5],
          [...rows, ...rows].map((r) => r.best),
        ),
    ),
  ]
})

export const reductions: ReadonlyArray<ContractCase> = [...overOneAxis, ...alongLast, ...ofTokens]
