/**
 * A judge against labels: agreement beyond chance, and how often it misses (false negatives) or sees what is not there (false
 * positives). A verdict that could not be parsed is neither right nor wrong: it is counted, left out, and bounds the rates.
 */
import { wilson } from '@safe/tensor-core/stats'
import { type Agreement, agreement } from './agreement'
import type { Estimate } from './estimate'
import { type CorrectedRate, roganGladen } from './roganGladen'

// model ------------------------------------------------------------------------------------------

/** A row with the judge's answer to a yes/no question, null where it gave none, and its label, undefined where it has none. */
export interface ValidationRow {
  readonly judged: boolean | null
  readonly label: boolean | undefined
  /** How many rows it stands for, where rows were drawn unevenly. 1 where absent. */
  readonly weight?: number
  readonly stratum?: string
}

/** A rate of errors. `bounds`: all unparsed verdicts right, all wrong; absent where every verdict was parsed. */
export interface ErrorRate extends Estimate {
  readonly bounds?: { readonly low: number; readonly high: number }
}

/** The errors of a judge; a rate is null where no row has the label it is over. */
export interface JudgeErrors extends Pick<
  Agreement,
  'n' | 'confusion' | 'accuracy' | 'kappa' | 'kappaInterval' | 'alpha'
> {
  /** Of the rows labelled yes, those judged no. */
  readonly falseNegativeRate: ErrorRate | null
  /** Of the rows labelled no, those judged yes. */
  readonly falsePositiveRate: ErrorRate | null
  readonly unparseable: number
}

// parts ------------------------------------------------------------------------------------------

const weightOf = ({ weight = 1 }: ValidationRow): number => weight
const total = (rows: ReadonlyArray<ValidationRow>): number => rows.reduce((s, r) => s + weightOf(r), 0)

/** Of the rows with this label, the share judged otherwise: Wilson's interval on the size that the weights leave. */
const errorRate = (rows: ReadonlyArray<ValidationRow>, label: boolean): ErrorRate | null => {
  const own = rows.filter((r) => r.label === label)
  const judged = own.filter((r) => r.judged !== null)
  if (judged.length === 0) return null
  const wrong = total(judged.filter((r) => r.judged !== label))
  const squares = judged.reduce((s, r) => s + weightOf(r) ** 2, 0)
  const size = total(judged) ** 2 / squares
  const rate = { ...wilson((wrong / total(judged)) * size, size), n: judged.length }
  return judged.length === own.length
    ? rate
    : {
        ...rate,
        bounds: { low: wrong / total(own), high: (wrong + total(own) - total(judged)) / total(own) },
      }
}

// constructors -----------------------------------------------------------------------------------

/**
 * Compares verdicts with labels, over the rows that have both. Weights enter the error rates; all else counts rows.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { judgeErrors } from '@safe/eval-redorca'
 *
 * const errors = judgeErrors([
 *   { label: true, judged: true },
 *   { label: true, judged: false },
 *   { label: false, judged: false },
 *   { label: false, judged: null },
 * ])
 *
 * assert.strictEqual(errors.falseNegativeRate?.value, 0.5)
 * assert.deepStrictEqual(errors.falsePositiveRate?.bounds, { low: 0, high: 0.5 })
 * ```
 */
export const judgeErrors = (rows: ReadonlyArray<ValidationRow>): JudgeErrors => {
  const pairs = rows.flatMap(({ judged, label }) =>
    judged === null || label === undefined ? [] : [{ a: label ? '1' : '0', b: judged ? '1' : '0' }],
  )
  const { n, confusion, accuracy, kappa, kappaInterval, alpha } = agreement(pairs)
  return {
    n,
    confusion,
    accuracy,
    kappa,
    kappaInterval,
    alpha,
    falseNegativeRate: errorRate(rows, true),
    falsePositiveRate: errorRate(rows, false),
    unparseable: rows.filter((r) => r.judged === null).length,
  }
}

/** The errors within each stratum that has a row with both label and verdict, by name. */
export const errorsByStratum = (
  rows: ReadonlyArray<ValidationRow>,
): Readonly<Record<string, JudgeErrors>> => {
  const names = [...new Set(rows.flatMap((r) => r.stratum ?? []))].sort()
  return Object.fromEntries(
    names
      .map((name) => [name, judgeErrors(rows.filter((r) => r.stratum === name))] as const)
      .filter(([, errors]) => errors.n > 0),
  )
}

/**
 * The rate of yes, corrected for the judge's errors: over the rows without a label if there are any, else over all.
 *
 * @returns undefined as `roganGladen`
 */
export const estimatedRate = (rows: ReadonlyArray<ValidationRow>): CorrectedRate | undefined => {
  const judged = rows.flatMap(({ judged: said, ...row }) => (said === null ? [] : [{ ...row, judged: said }]))
  const unlabelled = judged.filter((r) => r.label === undefined)
  const estimated = unlabelled.length > 0 ? unlabelled : judged
  return roganGladen(
    judged.flatMap(({ judged: said, label, weight = 1 }) =>
      label === undefined ? [] : [{ judged: said, label, weight }],
    ),
    estimated.map((r) => r.judged),
    estimated.map(({ weight = 1 }) => weight),
  )
}
