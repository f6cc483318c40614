/** Next-token distributions read alike: those of all tokens, and those of which a server tells the most probable tokens alone. */
import type { FullDistribution, NextToken } from '@safe/tensor-core/contracts'
import { topTokens } from './topTokens'

// model ------------------------------------------------------------------------------------------

/** What a mixture reads of a distribution. */
export interface Probabilities {
  /** The most probable ids, best first; of equals, the lowest id. */
  readonly top: (count: number) => ReadonlyArray<number>
  /** The probability of an id; 0 where it is not told, since all that is known of it is that it is small. */
  readonly of: (id: number) => number
  /** All ids that have a probability. */
  readonly ids: () => ReadonlyArray<number>
  /** Probability of all tokens that are not told. */
  readonly unlisted: number
}

// constructors -----------------------------------------------------------------------------------

const isFull = (next: NextToken): next is FullDistribution => next instanceof Float32Array

const ofAll = (logProbs: FullDistribution): Probabilities => ({
  top: (count) => topTokens(logProbs, count),
  of: (id) => Math.exp(logProbs[id] ?? Number.NEGATIVE_INFINITY),
  ids: () => {
    const ids: number[] = []
    logProbs.forEach((value, id) => {
      if (value > Number.NEGATIVE_INFINITY) ids.push(id)
    })
    return ids
  },
  unlisted: 0,
})

/** The probabilities of a distribution. */
export const probabilitiesOf = (next: NextToken): Probabilities => {
  if (isFull(next)) return ofAll(next)
  const logProbs = new Map(next.top.map(({ id, logProb }) => [id, logProb]))
  return {
    top: (count) => next.top.slice(0, count).map(({ id }) => id),
    of: (id) => Math.exp(logProbs.get(id) ?? Number.NEGATIVE_INFINITY),
    ids: () => [...logProbs.keys()].sort((a, b) => a - b),
    unlisted: next.restMass,
  }
}

/** Whether a distribution leaves tokens out. */
export const isPartial = (next: NextToken): boolean => !isFull(next)
