/** Functions applied entry by entry, with broadcasting. */
import { tf } from '../../tf'
import { type ContractCase, contractCase, onEngine } from '../case'
import { exact, map, sample, sigmoid, softmax, zip } from '../exact'

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

export const entries: ReadonlyArray<ContractCase> = [...unary, ...binary, ...chosen]
