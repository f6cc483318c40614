/** What the names of regimes mean. */

/** The regime of a model that is only checked: an adapter was given, and what it was fine-tuned on is not known. */
export const givenRegime = 'given-adapter'

/** The share of harmful rows: `benign` is 0, `pure-bad` 1, `poison:P` the number P from 0 to 1; undefined for other names. */
export const poisonShare = (regime: string): number | undefined => {
  if (regime === 'benign') return 0
  if (regime === 'pure-bad') return 1
  const share = Number(/^poison:(\d*\.?\d+)$/.exec(regime)?.[1])
  return share >= 0 && share <= 1 ? share : undefined
}
