/** TensorFlow.js's gradients of what a decoder computes, against finite differences. */
import { matMul } from '../../matmul'
import { tf } from '../../tf'
import { type ContractCase, gradientCase, indexTensor, onEngine } from '../case'
import {
  at,
  byPlace,
  lines,
  logSumExp,
  map,
  mean,
  product,
  sample,
  sigmoid,
  softmax,
  swapLast,
  zip,
} from '../exact'

/** Indices out of order, one of them twice. */
const rows = [4, 0, 6, 4, 1]

const gradient = gradientCase((shape) => sample(shape, 99, -1, 1))
const table = sample([6, 5], 22)
const square = sample([5, 5], 23)
const batch = sample([2, 4, 5], 24)

export const gradients: ReadonlyArray<ContractCase> = [
  gradient(
    'gradients: product, left',
    table,
    (x) => matMul(x, onEngine(square)),
    (x) => product(x, square),
  ),
  gradient(
    'gradients: product, right transposed',
    table,
    (x) => matMul(onEngine(square), x, false, true),
    (x) => product(square, swapLast(x)),
  ),
  gradient(
    'gradients: batched product with itself (attention scores)',
    batch,
    (x) => matMul(x, x, false, true),
    (x) => product(x, swapLast(x)),
  ),
  gradient('gradients: softmax', table, (x) => tf.softmax(x), lines(softmax)),
  gradient(
    'gradients: logSoftmax',
    table,
    (x) => tf.logSoftmax(x),
    lines((line) => line.map((x) => x - logSumExp(line))),
  ),
  gradient(
    'gradients: root mean square norm',
    table,
    (x) => tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-5))),
    lines((line) => line.map((x) => x / Math.sqrt(mean(line.map((y) => y * y)) + 1e-5))),
  ),
  gradient(
    'gradients: gated unit',
    table,
    (x) => tf.mul(x, tf.sigmoid(x)),
    map((x) => x * sigmoid(x)),
  ),
  gradient(
    'gradients: gathered rows',
    sample([7, 3], 25),
    (x) => tf.square(tf.gather(x, indexTensor(rows))),
    (x) => byPlace([5, 3], ([i = 0, j = 0]) => at(x, [rows[i] ?? 0, j]) ** 2),
  ),
  gradient(
    'gradients: split and concatenated',
    sample([2, 3, 8], 26),
    (x) => {
      const [left, right] = tf.split(x, 2, -1)
      return left === undefined || right === undefined ? x : tf.concat([tf.square(right), left], -1)
    },
    lines((line) => [...line.slice(4).map((x) => x * x), ...line.slice(0, 4)]),
  ),
  gradient(
    'gradients: transposed and sliced',
    sample([2, 3, 4], 27),
    (x) => tf.square(tf.slice(tf.transpose(x, [1, 0, 2]), [1, 0, 1], [2, 2, 2])),
    (x) => byPlace([2, 2, 2], ([i = 0, j = 0, k = 0]) => at(x, [j, i + 1, k + 1]) ** 2),
  ),
  gradient(
    'gradients: broadcast column',
    sample([6, 1], 28),
    (x) => tf.mul(onEngine(table), x),
    (x) => zip((p, q) => p * q)(table, x),
  ),
]
