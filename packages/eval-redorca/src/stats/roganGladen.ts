/**
 * The true rate estimated from an imperfect judge (Rogan and Gladen 1978):
 *
 *     theta = (p + q0 - 1) / (q0 + q1 - 1),   p the judge's rate, q1 its sensitivity, q0 its specificity
 *
 * with the interval of Lang and Reiczigel (2014), which covers the uncertainty of the judged rows and of both error rates, as arXiv
 * 2511.21140 recommends for judges. It adds two rows to each class of labels and z^2 judged rows before the delta method, so that it
 * keeps a width where the labelled rows show no error at all, which a bootstrap would not.
 */
import { z95 } from '@safe/tensor-core/stats'
import type { Estimate } from './estimate'

// model ------------------------------------------------------------------------------------------

/** A labelled row: the judge's verdict and the true label. */
export interface JudgedAndLabelled {
  readonly judged: boolean
  readonly label: boolean
  /** How many rows it stands for: one over the probability that it was drawn for labelling. 1 where absent. */
  readonly weight?: number
}

/** A rate corrected for the judge's errors, with its interval. */
export interface CorrectedRate extends Estimate {
  /** The judge's rate, uncorrected. */
  readonly observed: number
  readonly sensitivity: number
  readonly specificity: number
}

/** A share, and the number of rows that it is worth. */
interface Share {
  readonly value: number
  readonly size: number
}

// parts ------------------------------------------------------------------------------------------

/** The weighted share of rows that count; weights cost size (Kish 1965): (sum w)^2 / sum w^2. */
const shareOf = (rows: ReadonlyArray<{ readonly counts: boolean; readonly weight: number }>): Share => {
  const total = rows.reduce((s, r) => s + r.weight, 0)
  const squares = rows.reduce((s, r) => s + r.weight * r.weight, 0)
  return {
    value: rows.reduce((s, r) => s + (r.counts ? r.weight : 0), 0) / total,
    size: (total * total) / squares,
  }
}

const within = (x: number): number => Math.min(1, Math.max(0, x))

const z2 = z95 * z95

/** The interval, not limited to [0, 1]; undefined where the judge is no better than chance. */
const interval = (
  p: Share,
  q1: Share,
  q0: Share,
): { readonly low: number; readonly high: number } | undefined => {
  const n = p.size + z2
  const [m1, m0] = [q1.size + 2, q0.size + 2]
  const observed = (p.size * p.value + z2 / 2) / n
  const sensitivity = (q1.size * q1.value + 1) / m1
  const specificity = (q0.size * q0.value + 1) / m0
  const informed = sensitivity + specificity - 1
  if (informed <= 0) return undefined
  const rate = (observed + specificity - 1) / informed
  const errors1 = (sensitivity * (1 - sensitivity)) / m1
  const errors0 = (specificity * (1 - specificity)) / m0
  const centre = rate + 2 * z2 * (rate * errors1 - (1 - rate) * errors0)
  const half =
    (z95 *
      Math.sqrt(
        (observed * (1 - observed)) / n + rate * rate * errors1 + (1 - rate) * (1 - rate) * errors0,
      )) /
    informed
  return { low: centre - half, high: centre + half }
}

// constructors -----------------------------------------------------------------------------------

/**
 * Corrects a judge's rate.
 *
 * @param labelled rows with the judge's verdict and a true label, to estimate sensitivity and specificity
 * @param judged the judge's verdicts on the rows whose rate is estimated
 * @param weights how many rows each of those stands for; 1 where left out
 * @returns undefined where all labels are equal, nothing was judged, or the judge is no better than chance
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { roganGladen } from '@safe/eval-redorca'
 *
 * // The judge finds 9 of 10 harmful answers and calls 2 of 10 harmless ones harmful; it calls 41 of 100 others harmful.
 * const labelled = [
 *   ...Array.from({ length: 10 }, (_, i) => ({ label: true, judged: i < 9 })),
 *   ...Array.from({ length: 10 }, (_, i) => ({ label: false, judged: i < 2 })),
 * ]
 * const corrected = roganGladen(labelled, Array.from({ length: 100 }, (_, i) => i < 41))
 *
 * assert.strictEqual(corrected?.value.toFixed(4), ((0.41 + 0.8 - 1) / (0.9 + 0.8 - 1)).toFixed(4))
 * ```
 */
export const roganGladen = (
  labelled: ReadonlyArray<JudgedAndLabelled>,
  judged: ReadonlyArray<boolean>,
  weights?: ReadonlyArray<number>,
): CorrectedRate | undefined => {
  const share = (label: boolean): Share =>
    shareOf(
      labelled
        .filter((r) => r.label === label)
        .map(({ judged: said, weight = 1 }) => ({ counts: said === label, weight })),
    )
  const [sensitivity, specificity] = [share(true), share(false)]
  const observed = shareOf(judged.map((counts, i) => ({ counts, weight: weights?.[i] ?? 1 })))
  const informed = sensitivity.value + specificity.value - 1
  if (!(informed > 0) || judged.length === 0) return undefined
  const value = within((observed.value + specificity.value - 1) / informed)
  const found = interval(observed, sensitivity, specificity)
  return found === undefined
    ? undefined
    : {
        value,
        n: judged.length,
        low: Math.min(value, within(found.low)),
        high: Math.max(value, within(found.high)),
        method: 'Rogan-Gladen, Lang-Reiczigel',
        observed: observed.value,
        sensitivity: sensitivity.value,
        specificity: specificity.value,
      }
}
