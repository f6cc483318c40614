/**
 * A setting minus a baseline, on the same rows: the mean of the rows' differences with the bootstrap of whole clusters, at least as wide
 * as the rule of three on the clusters allows.
 */
import { type MeanEstimate, meanWithInterval, ruleOfThree } from '@safe/tensor-core/stats'
import type { BaselineMethod, Setting } from './grid'
import type { Outcome } from './outcome'

// model ------------------------------------------------------------------------------------------

/** Differences of shares, in [-1, 1]; null where no row was judged under both. */
export interface Difference {
  readonly baseline: BaselineMethod
  readonly refusal: MeanEstimate | null
  readonly overRefusal: MeanEstimate | null
}

/** Answers to the same rows in the same order. */
interface Side {
  readonly setting: Setting
  readonly outcomes: ReadonlyArray<Outcome>
}

// parts ------------------------------------------------------------------------------------------

const numberOf = (refused: boolean | null): number => (refused === null ? Number.NaN : Number(refused))

const refusedMore = (ours: Side, theirs: Side, set: Outcome['set']): MeanEstimate | null => {
  const pairs = ours.outcomes.flatMap(({ set: own, side, cluster, refused }, i) => {
    const value = numberOf(refused) - numberOf(theirs.outcomes[i]?.refused ?? null)
    return own === set && side === 'test' && !Number.isNaN(value) ? [{ value, cluster }] : []
  })
  if (pairs.length === 0) return null
  const clusters = pairs.map(({ cluster }) => cluster)
  const found = meanWithInterval(
    pairs.map(({ value }) => value),
    clusters,
  )
  const limit = ruleOfThree(new Set(clusters).size)
  return {
    ...found,
    low: Math.min(found.low, Math.max(-1, found.value - limit)),
    high: Math.max(found.high, Math.min(1, found.value + limit)),
  }
}

// constructors -----------------------------------------------------------------------------------

/** The setting minus each of the baselines that were tried, on test rows. */
export const differencesOf = (ours: Side, all: ReadonlyArray<Side>): ReadonlyArray<Difference> =>
  all.flatMap((theirs) =>
    theirs.setting.method === 'alignbeam'
      ? []
      : [
          {
            baseline: theirs.setting.method,
            refusal: refusedMore(ours, theirs, 'harmful'),
            overRefusal: refusedMore(ours, theirs, 'benign'),
          },
        ],
  )
