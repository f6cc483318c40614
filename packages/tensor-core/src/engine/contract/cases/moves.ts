/** Entries moved but not changed: transposes, slices, splits, concatenations, tiles, padding. */
import { tf } from '../../tf'
import { type ContractCase, contractCase, onEngine } from '../case'
import { at, byPlace, lines, sample, transpose } from '../exact'

const orders = [
  [1, 0, 2, 3],
  [0, 2, 1, 3],
  [0, 1, 3, 2],
  [3, 2, 1, 0],
  [0, 2, 3, 1],
]

export const moves: ReadonlyArray<ContractCase> = [
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
