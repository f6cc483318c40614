/**
 * The true rate estimated from an imperfect judge (Rogan and Gladen 1978): (observed + specificity - 1) / (sensitivity + specificity
 * - 1), limited to [0, 1]. The interval resamples the labelled rows and the judged rows independently.
 */
import { type BootstrapOptions, eachResample, percentileInterval, weightedMean } from './bootstrap'
import type { Estimate } from './estimate'

// model ------------------------------------------------------------------------------------------

/** A labelled row: the judge's verdict and the true label. */
export interface JudgedAndLabelled {
  readonly judged: boolean
  readonly label: boolean
}

/** A rate corrected for the judge's errors, with its interval. */
export interface CorrectedRate extends Estimate {
  /** The judge's rate, uncorrected. */
  readonly observed: number
  readonly sensitivity: number
  readonly specificity: number
}

const corrected = (observed: number, sensitivity: number, specificity: number): number => {
  const informed = sensitivity + specificity - 1
  return informed <= 0 ? Number.NaN : Math.min(1, Math.max(0, (observed + specificity - 1) / informed))
}

/**
 * Corrects a judge's rate.
 *
 * @param labelled rows with the judge's verdict and a true label, to estimate sensitivity and specificity
 * @param judged the judge's verdicts on the rows whose rate is estimated
 * @returns undefined where all labels are equal, or the judge is no better than chance
 */
export const roganGladen = (
  labelled: ReadonlyArray<JudgedAndLabelled>,
  judged: ReadonlyArray<boolean>,
  options: BootstrapOptions = {},
): CorrectedRate | undefined => {
  const yes = labelled.filter((r) => r.label).map((r) => Number(r.judged))
  const no = labelled.filter((r) => !r.label).map((r) => Number(!r.judged))
  const said = judged.map(Number)
  const mean = (x: ReadonlyArray<number>): number => x.reduce((s, v) => s + v, 0) / x.length
  const [sensitivity, specificity, observed] = [mean(yes), mean(no), mean(said)]
  const value = corrected(observed, sensitivity, specificity)
  if (Number.isNaN(value)) return undefined
  const resampled: number[] = []
  eachResample(
    [yes.length, no.length, said.length],
    ([a = new Uint32Array(), b = new Uint32Array(), c = new Uint32Array()]) =>
      resampled.push(corrected(weightedMean(said, c), weightedMean(yes, a), weightedMean(no, b))),
    options,
  )
  return {
    value,
    n: said.length,
    ...percentileInterval(resampled),
    method: 'Rogan-Gladen, bootstrap',
    observed,
    sensitivity,
    specificity,
  }
}
