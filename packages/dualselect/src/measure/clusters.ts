/**
 * Rows that are no independent observations: wordings of one request, questions about one fact. The field `cluster` of a row names what
 * it is drawn with when intervals are made; a row without one is drawn by itself.
 */
import type { Dataset } from '@safe/tensor-core/contracts'
import type { UnitOfRow } from '../stats/estimate'

// constructors -----------------------------------------------------------------------------------

/** The unit of every row, from 0 in the order of their first rows. */
export const clustersOf = ({ examples }: Pick<Dataset, 'examples'>): UnitOfRow => {
  const places = new Map<string, number>()
  return examples.map(({ fields }, i) => {
    const { cluster } = fields
    const key = cluster === undefined || cluster === null ? `row ${i}` : `cluster ${JSON.stringify(cluster)}`
    const place = places.get(key) ?? places.size
    places.set(key, place)
    return place
  })
}
