/**
 * A world of the arena: the facts of its town, the split of its combinations, and its trades, all drawn from one seed. The words and
 * the sentences are the same in every world. The shipped models are trained on the world of `shippedSeed`; any other world needs
 * its own (`npm run arena:build -- --world N --out DIR`).
 */
import { type Splits, type Trades, splitsOf, tradesOf } from './combinations'
import { type Facts, factsOf } from './facts'
import { oncePer } from './oncePer'

// model ------------------------------------------------------------------------------------------

export interface World extends Facts, Splits, Trades {
  readonly seed: number
}

/** The world of the shipped models. */
export const shippedSeed = 2026

// constructors -----------------------------------------------------------------------------------

/** The world of a seed. */
export const arenaWorld = oncePer((seed: number): World => ({
  seed,
  ...factsOf(seed),
  ...splitsOf(seed),
  ...tradesOf(seed),
}))
