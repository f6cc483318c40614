/** Rows chosen by index, and their sum by segment. */
import { tf } from '../../tf'
import { type ContractCase, contractCase, indexTensor, onEngine } from '../case'
import { at, byPlace, sample, total } from '../exact'

/** Indices out of order, one of them twice. */
const rows = [4, 0, 6, 4, 1]

export const gathers: ReadonlyArray<ContractCase> = [
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
