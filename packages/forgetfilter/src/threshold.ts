/**
 * Above which rate a row is dropped. `fixed` is the caller's phi (the paper's 0.1); `otsu` splits the rates themselves. A method that
 * finds no threshold abstains with a reason, and then no row is judged.
 *
 * Another method is one more `ThresholdChoice` and one more case of `chooseThreshold`.
 */
import * as O from 'fp-ts/Option'
import { pipe } from 'fp-ts/function'
import { otsu } from './otsu'
import type { RatedRow } from './rates'

// model ------------------------------------------------------------------------------------------

/** The methods that estimate a threshold from the rates. */
export const estimatedThresholds = ['otsu'] as const
/** How the threshold is found. */
export type ThresholdChoice =
  | { readonly method: 'fixed'; readonly phi: number }
  | { readonly method: (typeof estimatedThresholds)[number] }
/** The name of a way to find it. */
export type ThresholdMethod = ThresholdChoice['method']

/** A threshold, or why there is none. */
export interface Threshold {
  readonly method: ThresholdMethod
  /** Rows with a larger rate are dropped; null where the method abstained. */
  readonly phi: number | null
  readonly abstained: boolean
  /** Why this phi, or why none. */
  readonly reason: string
  readonly diagnostics: Readonly<Record<string, number>>
}

// constructors -----------------------------------------------------------------------------------

const abstain = (
  method: ThresholdMethod,
  reason: string,
  diagnostics: Readonly<Record<string, number>>,
): Threshold => ({ method, phi: null, abstained: true, reason, diagnostics })

const byOtsu = (rates: ReadonlyArray<number>, spread: Readonly<Record<string, number>>): Threshold =>
  pipe(
    otsu(rates),
    O.match(
      () =>
        abstain(
          'otsu',
          rates.length < 2
            ? `${rates.length} rated rows are too few to split`
            : 'all rates are equal, so nothing separates forgotten rows from kept ones',
          spread,
        ),
      ({ threshold, lower, upper, separability }) => {
        const diagnostics = {
          ...spread,
          split: threshold,
          lowerCount: lower.n,
          lowerMean: lower.mean,
          upperCount: upper.n,
          upperMean: upper.mean,
          separability,
        }
        return threshold < 0
          ? abstain(
              'otsu',
              `the best split is ${threshold.toPrecision(4)}, below 0: it would drop rows that were not forgotten`,
              diagnostics,
            )
          : {
              method: 'otsu',
              phi: threshold,
              abstained: false,
              reason: `the split of the rates with the largest between-class variance (${(separability * 100).toFixed(1)} % of the total)`,
              diagnostics,
            }
      },
    ),
  )

/** The threshold for these rows; rows without a rate are ignored. */
export const chooseThreshold = (choice: ThresholdChoice, rows: ReadonlyArray<RatedRow>): Threshold => {
  const rates = rows.flatMap((row) => (row.rate === null ? [] : [row.rate]))
  const sorted = rates.toSorted((a, b) => a - b)
  const spread = {
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
  switch (choice.method) {
    case 'fixed':
      return {
        method: 'fixed',
        phi: choice.phi,
        abstained: false,
        reason: 'given, not estimated',
        diagnostics: spread,
      }
    case 'otsu':
      return byOtsu(rates, spread)
  }
}
