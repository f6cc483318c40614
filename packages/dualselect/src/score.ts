/**
 * The score both selections share: mu l - nu cos. References with the largest scores are chosen (poorly kept, and pulling
 * against the task), task rows with the smallest (well fitted, and pulling with the references).
 *
 * From min over p, max over q of mu_T sum p l + mu_R sum q r - nu <g_T(p), g_R(q)> with entropies, cosines standing for inner
 * products (arXiv 2606.09866).
 */
import type { DualSelectOptions } from './options'

// model ------------------------------------------------------------------------------------------

/** What one pass knows of each row: mean response-token loss in nats, cosine with the other side's direction. */
export interface Measures {
  readonly losses: ArrayLike<number>
  readonly cosines: ArrayLike<number>
}

// constructors -----------------------------------------------------------------------------------

/** (x - mean) / population deviation; all 0 where the deviation is 0. */
export const standardise = (values: ArrayLike<number>): ReadonlyArray<number> => {
  const xs = Array.from(values)
  const mean = xs.reduce((s, x) => s + x, 0) / xs.length
  const deviation = Math.sqrt(xs.reduce((s, x) => s + (x - mean) ** 2, 0) / xs.length)
  return xs.map((x) => (deviation > 0 ? (x - mean) / deviation : 0))
}

/** mu l - nu cos, one per row, each part standardised first with `zscore`. */
export const scores =
  (mu: number, nu: number, normalise: DualSelectOptions['normalise']) =>
  ({ losses, cosines }: Measures): ReadonlyArray<number> => {
    const [l, c] =
      normalise === 'zscore'
        ? [standardise(losses), standardise(cosines)]
        : [Array.from(losses), Array.from(cosines)]
    return l.map((loss, i) => mu * loss - nu * (c[i] ?? 0))
  }

/** mu_ref l - nu cos of each reference against the task gradient: the larger, the sooner it is chosen. */
export const referenceScores = (o: DualSelectOptions): ((m: Measures) => ReadonlyArray<number>) =>
  scores(o.muRef, o.nu, o.normalise)

/** The score of each row of a batch against g_R: the smaller, the sooner it is kept. */
export const taskScores = (o: DualSelectOptions): ((m: Measures) => ReadonlyArray<number>) =>
  scores(o.muTask, o.nu, o.normalise)
