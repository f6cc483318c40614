/**
 * Above which rate a row is dropped. `fixed` is the caller's phi (the paper's 0.1); the other methods estimate it from the rates,
 * `null` and `auto` also from those of canaries. A method that finds no threshold abstains with a reason, and then no row is judged.
 *
 * Another method is one more `ThresholdChoice` and one more case of `findingOf`.
 */
import { autoThreshold } from './autoThreshold'
import { DEFAULT_ALPHA } from '../defaults'
import { mixtureThreshold } from './mixtureThreshold'
import { nullThreshold } from './nullThreshold'
import { otsuThreshold } from './otsuThreshold'
import type { RatedRow } from '../rates/rates'
import type { Finding } from './thresholdFinding'

// model ------------------------------------------------------------------------------------------

/** The methods that estimate a threshold from the rates. */
export const estimatedThresholds = ['otsu', 'gmm', 'null', 'auto'] as const
/** How the threshold is found. */
export type ThresholdChoice =
  | { readonly method: 'fixed'; readonly phi: number }
  | { readonly method: 'otsu' | 'gmm' }
  | {
      readonly method: 'null' | 'auto'
      /** The share of the benign rows that may be lost; default 0.05. `auto` may lose more where canaries show that rows were forgotten. */
      readonly alpha?: number
    }
/** The name of a way to find it. */
export type ThresholdMethod = ThresholdChoice['method']

/** A threshold, or why there is none. */
export interface Threshold extends Finding {
  readonly method: ThresholdMethod
  readonly abstained: boolean
}

// constructors -----------------------------------------------------------------------------------

const ratesOf = (rows: ReadonlyArray<RatedRow>): ReadonlyArray<number> =>
  rows.flatMap(({ rate }) => (rate === null ? [] : [rate]))

const findingOf = (
  choice: ThresholdChoice,
  rates: ReadonlyArray<number>,
  canaries: ReadonlyArray<number>,
): Finding => {
  switch (choice.method) {
    case 'fixed':
      return { phi: choice.phi, reason: 'given, not estimated', diagnostics: {} }
    case 'otsu':
      return otsuThreshold(rates)
    case 'gmm':
      return mixtureThreshold(rates)
    case 'null':
      return nullThreshold(rates, canaries, choice.alpha ?? DEFAULT_ALPHA)
    case 'auto':
      return autoThreshold(rates, canaries, choice.alpha ?? DEFAULT_ALPHA)
  }
}

const spreadOf = (rows: ReadonlyArray<RatedRow>, rates: ReadonlyArray<number>) => {
  const sorted = rates.toSorted((a, b) => a - b)
  return {
    rows: rows.length,
    rated: rates.length,
    ...(sorted.length === 0
      ? {}
      : {
          min: sorted[0] ?? 0,
          median: sorted[Math.floor((sorted.length - 1) / 2)] ?? 0,
          max: sorted.at(-1) ?? 0,
        }),
  }
}

/**
 * The threshold for these rows; rows without a rate are ignored.
 *
 * @param canaries rates of trusted benign rows that were trained on with these rows and are not among them; `null` needs them,
 *   `auto` uses them where there are enough
 */
export const chooseThreshold = (
  choice: ThresholdChoice,
  rows: ReadonlyArray<RatedRow>,
  canaries: ReadonlyArray<RatedRow> = [],
): Threshold => {
  const rates = ratesOf(rows)
  const { phi, reason, diagnostics } = findingOf(choice, rates, ratesOf(canaries))
  return {
    method: choice.method,
    phi,
    abstained: phi === null,
    reason,
    diagnostics: { ...spreadOf(rows, rates), ...diagnostics },
  }
}
