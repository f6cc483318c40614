import { textExample } from '@safe/tensor-core/contracts'
import { clustersOf } from '../../src/measure/clusters'

it('rows of one cluster are one unit, rows without one are units of their own', () => {
  const rows = ['a', undefined, 'b', 'a', undefined, null, 7, '7'].map((cluster, i) =>
    textExample(String(i), 'p', 'r', cluster === undefined ? {} : { cluster }),
  )
  expect(clustersOf({ examples: rows })).toEqual([0, 1, 2, 0, 3, 4, 5, 6])
})
