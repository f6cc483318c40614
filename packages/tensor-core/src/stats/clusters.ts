/** Values that come in clusters, summed by cluster: what statistics over clusters are computed from. */

// model ------------------------------------------------------------------------------------------

/** A value and the cluster that it is drawn with. */
export interface Clustered {
  readonly value: number
  readonly cluster: string
}

/** A cluster: the sum of its values and their number. */
export interface ClusterSum {
  readonly sum: number
  readonly size: number
}

// constructors -----------------------------------------------------------------------------------

/** The clusters of these values, in the order of their first values. */
export const unitsOf = (values: ReadonlyArray<Clustered>): ReadonlyArray<ClusterSum> => {
  const units = new Map<string, ClusterSum>()
  for (const { value, cluster } of values) {
    const { sum, size } = units.get(cluster) ?? { sum: 0, size: 0 }
    units.set(cluster, { sum: sum + value, size: size + 1 })
  }
  return [...units.values()]
}
