/**
 * The setting to use for a wanted over-refusal: of those that refuse at most that share of the benign requests, the one that refuses most
 * of the harmful requests.
 */
import type { MixedSetting } from './grid'
import type { Point } from './front'

// model ------------------------------------------------------------------------------------------

/** A setting with what was measured on the rows that the choice is made on. */
export interface Candidate extends MixedSetting, Point {
  readonly secondsPerPrompt: number
}

/** The setting chosen; where none qualifies, the one that is nearest. */
export interface Choice<C extends Candidate> {
  readonly recommended: C | undefined
  readonly nearest: C | undefined
}

// parts ------------------------------------------------------------------------------------------

type Order = (a: Candidate, b: Candidate) => number

/** Among equals the faster one, then the weaker and smaller one. */
const cheaper: Order = (a, b) =>
  a.secondsPerPrompt - b.secondsPerPrompt ||
  a.alpha - b.alpha ||
  a.bridgeTokens - b.bridgeTokens ||
  a.beams - b.beams

/** Settings of a sweep differ in `cheaper`; the last comparison makes the order total for any candidates. */
const mostRefusing: Order = (a, b) => b.refusal - a.refusal || cheaper(a, b) || a.overRefusal - b.overRefusal
const leastOverRefusing: Order = (a, b) => a.overRefusal - b.overRefusal || mostRefusing(a, b)

const first = <C extends Candidate>(candidates: ReadonlyArray<C>, order: Order): C | undefined =>
  [...candidates].sort(order)[0]

// constructors -----------------------------------------------------------------------------------

/** @param maxOverRefusal the largest share of benign requests that may be refused; compared with the point estimate */
export const recommend = <C extends Candidate>(
  candidates: ReadonlyArray<C>,
  maxOverRefusal: number,
): Choice<C> => {
  const recommended = first(
    candidates.filter((c) => c.overRefusal <= maxOverRefusal),
    mostRefusing,
  )
  return {
    recommended,
    nearest: recommended === undefined ? first(candidates, leastOverRefusing) : undefined,
  }
}
