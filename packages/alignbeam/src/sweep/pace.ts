/** Time and telemetry of one setting, over all rows that it answered. */
import type { Telemetry } from '../mixing/beams'
import type { Outcome } from './outcome'

/** How fast a setting answers. */
export interface Pace {
  /** Mean over all rows, of decoding in batches and of the judge among the beams; the judge that measures is not counted. */
  readonly secondsPerPrompt: number
  /** Tokens of the completions returned, per second; those of beams that are not returned do not count. */
  readonly tokensPerSecond: number
}

const sumOf = <A>(all: ReadonlyArray<A>, of: (a: A) => number): number => all.reduce((s, a) => s + of(a), 0)

/** @param outcomes at least one */
export const paceOf = (outcomes: ReadonlyArray<Outcome>): Pace => {
  const seconds = sumOf(outcomes, (o) => o.seconds)
  return {
    secondsPerPrompt: seconds / outcomes.length,
    tokensPerSecond: seconds === 0 ? 0 : sumOf(outcomes, (o) => o.tokens) / seconds,
  }
}

/** Means over rows. @param outcomes at least one */
export const meanTelemetry = (outcomes: ReadonlyArray<Outcome>): Telemetry => {
  const mean = (of: 'steps' | 'mappedMass' | 'support' | 'fallbacks' | 'agreement'): number =>
    sumOf(outcomes, (o) => o.telemetry[of]) / outcomes.length
  return {
    steps: mean('steps'),
    mappedMass: mean('mappedMass'),
    support: mean('support'),
    fallbacks: mean('fallbacks'),
    agreement: mean('agreement'),
  }
}
