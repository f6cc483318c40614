/** What a decoder asks of an engine: products, entry-wise functions, reductions, moves, gathers, and their gradients. */
import { matMul } from '../matmul'
import { tf } from '../tf'
import { type ContractCase, contractCase, gradientCase, indexTensor, onEngine } from './case'
import {
  type Exact,
  at,
  byPlace,
  exact,
  largest,
  lines,
  logSumExp,
  map,
  product,
  reduce,
  sample,
  softmax,
  total,
  transpose,
  zip,
} from './exact'

// products ---------------------------------------------------------------------------------------

const flipped = (a: Exact): Exact => {
  const rank = a.shape.length
  return transpose(a, [...Array(rank - 2).keys(), rank - 1, rank - 2])
}

const products: ReadonlyArray<ContractCase> = (
  [
    ['small', [3, 4], [4, 5]],
    ['row', [1, 33], [33, 20]],
    ['column', [17, 9], [9, 1]],
    ['edges', [13, 21], [21, 19]],
    ['large', [70, 130], [130, 90]],
    ['batched', [3, 5, 7], [3, 7, 6]],
    ['batched twice', [2, 3, 9, 4], [2, 3, 4, 10]],
    ['shared right', [4, 6, 5], [1, 5, 7]],
    ['shared left', [1, 6, 5], [4, 5, 7]],
  ] as const
).flatMap(([name, left, right]) =>
  [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) => {
      const a = sample(left, 1)
      const b = sample(right, 2)
      return contractCase(
        `product: ${name}${transposeA ? ', left transposed' : ''}${transposeB ? ', right transposed' : ''}`,
        () =>
          matMul(
            onEngine(transposeA ? flipped(a) : a),
            onEngine(transposeB ? flipped(b) : b),
            transposeA,
            transposeB,
          ),
        () => product(a, b),
      )
    }),
  ),
)

// entry by entry ---------------------------------------------------------------------------------

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

const unary: ReadonlyArray<ContractCase> = (
  [
    ['exp', tf.exp, Math.exp, -20, 20],
    ['log', tf.log, Math.log, 1e-6, 50],
    ['sqrt', tf.sqrt, Math.sqrt, 0, 50],
    ['rsqrt', tf.rsqrt, (x: number) => 1 / Math.sqrt(x), 0.01, 50],
    ['square', tf.square, (x: number) => x * x, -9, 9],
    ['neg', tf.neg, (x: number) => -x, -9, 9],
    ['abs', tf.abs, Math.abs, -9, 9],
    ['relu', tf.relu, (x: number) => Math.max(0, x), -9, 9],
    ['sigmoid', tf.sigmoid, sigmoid, -30, 30],
    ['tanh', tf.tanh, Math.tanh, -9, 9],
    ['sin', tf.sin, Math.sin, -9, 9],
    ['cos', tf.cos, Math.cos, -9, 9],
    ['sign', tf.sign, Math.sign, -9, 9],
    ['reciprocal', tf.reciprocal, (x: number) => 1 / x, 0.1, 9],
  ] as const
).map(([name, op, of, low, high]) => {
  const x = sample([5, 13], 3, low, high)
  return contractCase(
    `entries: ${name}`,
    () => op(onEngine(x)),
    () => map(of)(x),
  )
})

const binary: ReadonlyArray<ContractCase> = (
  [
    ['add', tf.add, (x: number, y: number) => x + y],
    ['sub', tf.sub, (x: number, y: number) => x - y],
    ['mul', tf.mul, (x: number, y: number) => x * y],
    ['div', tf.div, (x: number, y: number) => x / y],
    ['maximum', tf.maximum, Math.max],
    ['minimum', tf.minimum, Math.min],
  ] as const
).flatMap(([name, op, of]) =>
  (
    [
      ['same shape', [4, 6], [4, 6]],
      ['row', [4, 6], [6]],
      ['column', [4, 6], [4, 1]],
      ['heads', [2, 3, 4, 6], [2, 1, 4, 6]],
      ['scalar', [4, 6], []],
    ] as const
  ).map(([how, left, right]) => {
    const a = sample(left, 4)
    const b = sample(right, 5, 0.5, 3)
    return contractCase(
      `entries: ${name}, ${how}`,
      () => op(onEngine(a), onEngine(b)),
      () => zip(of)(a, b),
    )
  }),
)

const chosen: ReadonlyArray<ContractCase> = [
  contractCase(
    'entries: where',
    () => {
      const x = onEngine(sample([4, 6], 6))
      return tf.where(tf.greater(x, 0), x, tf.mul(x, 0.1))
    },
    () => map((x) => (x > 0 ? x : Math.fround(0.1) * x))(sample([4, 6], 6)),
  ),
  contractCase(
    'entries: clip',
    () => tf.clipByValue(onEngine(sample([4, 6], 7)), -1, 0.5),
    () => map((x) => Math.min(0.5, Math.max(-1, x)))(sample([4, 6], 7)),
  ),
  contractCase(
    'entries: -infinity masks a softmax',
    () => tf.softmax(tf.tensor2d([[1, -Infinity, 2, -1e9]])),
    () => exact([1, 4], softmax([1, -Infinity, 2, -1e9])),
  ),
]

// reductions -------------------------------------------------------------------------------------

const mean = (line: ReadonlyArray<number>): number => total(line) / line.length

const reductions: ReadonlyArray<ContractCase> = (
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

// moves ------------------------------------------------------------------------------------------

const orders = [
  [1, 0, 2, 3],
  [0, 2, 1, 3],
  [0, 1, 3, 2],
  [3, 2, 1, 0],
  [0, 2, 3, 1],
]

const moves: ReadonlyArray<ContractCase> = [
  ...orders.map((order) =>
    contractCase(
      `moves: transpose ${order.join('')}`,
      () => tf.transpose(onEngine(sample([2, 3, 4, 5], 12)), order),
      () => transpose(sample([2, 3, 4, 5], 12), order),
    ),
  ),
  contractCase(
    'moves: slice of inner and outer axes',
    () => tf.slice(onEngine(sample([3, 4, 5, 6], 13)), [1, 0, 2, 1], [2, 4, 3, 4]),
    () =>
      byPlace([2, 4, 3, 4], ([i = 0, j = 0, k = 0, l = 0]) =>
        at(sample([3, 4, 5, 6], 13), [i + 1, j, k + 2, l + 1]),
      ),
  ),
  contractCase(
    'moves: halves swapped along the last axis (rotary)',
    () => {
      const [left, right] = tf.split(onEngine(sample([2, 3, 8], 14)), 2, -1)
      return left === undefined || right === undefined ? tf.scalar(NaN) : tf.concat([tf.neg(right), left], -1)
    },
    () => lines((line) => [...line.slice(4).map((x) => -x), ...line.slice(0, 4)])(sample([2, 3, 8], 14)),
  ),
  contractCase(
    'moves: concat along the middle (key-value cache)',
    () => tf.concat([onEngine(sample([2, 3, 4, 5], 15)), onEngine(sample([2, 3, 1, 5], 16))], 2),
    () =>
      byPlace([2, 3, 5, 5], ([i = 0, j = 0, k = 0, l = 0]) =>
        k < 4 ? at(sample([2, 3, 4, 5], 15), [i, j, k, l]) : at(sample([2, 3, 1, 5], 16), [i, j, 0, l]),
      ),
  ),
  contractCase(
    'moves: tile of two axes',
    () => tf.tile(onEngine(sample([2, 3, 4], 17)), [2, 1, 3]),
    () => byPlace([4, 3, 12], ([i = 0, j = 0, k = 0]) => at(sample([2, 3, 4], 17), [i % 2, j, k % 4])),
  ),
  contractCase(
    'moves: pad',
    () =>
      tf.pad(onEngine(sample([2, 3], 18)), [
        [1, 0],
        [0, 2],
      ]),
    () => byPlace([3, 5], ([i = 0, j = 0]) => (i < 1 || j > 2 ? 0 : at(sample([2, 3], 18), [i - 1, j]))),
  ),
]

// gathers ----------------------------------------------------------------------------------------

const rows = [4, 0, 6, 4, 1]

const gathers: ReadonlyArray<ContractCase> = [
  contractCase(
    'gathers: rows of a table',
    () => tf.gather(onEngine(sample([7, 9], 19)), indexTensor(rows)),
    () => byPlace([5, 9], ([i = 0, j = 0]) => at(sample([7, 9], 19), [rows[i] ?? 0, j])),
  ),
  contractCase(
    'gathers: along the middle axis',
    () => tf.gather(onEngine(sample([2, 7, 3], 20)), indexTensor(rows), 1),
    () => byPlace([2, 5, 3], ([i = 0, j = 0, k = 0]) => at(sample([2, 7, 3], 20), [i, rows[j] ?? 0, k])),
  ),
  contractCase(
    'gathers: one-hot rows',
    () => tf.cast(tf.oneHot(indexTensor(rows), 8), 'float32'),
    () => byPlace([5, 8], ([i = 0, j = 0]) => (rows[i] === j ? 1 : 0)),
  ),
  contractCase(
    'gathers: rows summed by segment',
    () => tf.unsortedSegmentSum(onEngine(sample([5, 4], 21)), indexTensor(rows), 7),
    () =>
      byPlace([7, 4], ([i = 0, j = 0]) =>
        total(rows.map((row, r) => (row === i ? at(sample([5, 4], 21), [r, j]) : 0))),
      ),
  ),
]

// gradients --------------------------------------------------------------------------------------

const direction = (shape: ReadonlyArray<number>): Exact => sample(shape, 99, -1, 1)
const table = sample([6, 5], 22)
const square = sample([5, 5], 23)
const batch = sample([2, 4, 5], 24)

const gradients: ReadonlyArray<ContractCase> = [
  gradientCase(
    'gradients: product, left',
    table,
    (x) => matMul(x, onEngine(square)),
    (x) => product(x, square),
    direction,
  ),
  gradientCase(
    'gradients: product, right transposed',
    table,
    (x) => matMul(onEngine(square), x, false, true),
    (x) => product(square, flipped(x)),
    direction,
  ),
  gradientCase(
    'gradients: batched product with itself (attention scores)',
    batch,
    (x) => matMul(x, x, false, true),
    (x) => product(x, flipped(x)),
    direction,
  ),
  gradientCase('gradients: softmax', table, (x) => tf.softmax(x), lines(softmax), direction),
  gradientCase(
    'gradients: logSoftmax',
    table,
    (x) => tf.logSoftmax(x),
    lines((line) => line.map((x) => x - logSumExp(line))),
    direction,
  ),
  gradientCase(
    'gradients: root mean square norm',
    table,
    (x) => tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-5))),
    lines((line) => line.map((x) => x / Math.sqrt(mean(line.map((y) => y * y)) + 1e-5))),
    direction,
  ),
  gradientCase(
    'gradients: gated unit',
    table,
    (x) => tf.mul(x, tf.sigmoid(x)),
    map((x) => x * sigmoid(x)),
    direction,
  ),
  gradientCase(
    'gradients: gathered rows',
    sample([7, 3], 25),
    (x) => tf.square(tf.gather(x, indexTensor(rows))),
    (x) => byPlace([5, 3], ([i = 0, j = 0]) => at(x, [rows[i] ?? 0, j]) ** 2),
    direction,
  ),
  gradientCase(
    'gradients: split and concatenated',
    sample([2, 3, 8], 26),
    (x) => {
      const [left, right] = tf.split(x, 2, -1)
      return left === undefined || right === undefined ? x : tf.concat([tf.square(right), left], -1)
    },
    lines((line) => [...line.slice(4).map((x) => x * x), ...line.slice(0, 4)]),
    direction,
  ),
  gradientCase(
    'gradients: transposed and sliced',
    sample([2, 3, 4], 27),
    (x) => tf.square(tf.slice(tf.transpose(x, [1, 0, 2]), [1, 0, 1], [2, 2, 2])),
    (x) => byPlace([2, 2, 2], ([i = 0, j = 0, k = 0]) => at(x, [j, i + 1, k + 1]) ** 2),
    direction,
  ),
  gradientCase(
    'gradients: broadcast column',
    sample([6, 1], 28),
    (x) => tf.mul(onEngine(table), x),
    (x) => zip((p, q) => p * q)(table, x),
    direction,
  ),
]

// all --------------------------------------------------------------------------------------------

export const engineCases: ReadonlyArray<ContractCase> = [
  ...products,
  ...unary,
  ...binary,
  ...chosen,
  ...reductions,
  ...alongLast,
  ...moves,
  ...gathers,
  ...gradients,
]
