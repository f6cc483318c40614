/** What `validate` prints: one judge flat, several under their ids with the agreement among them. */
import type { LabelAxis } from '../results/verdictAxes'
import type { CorrectedRate, Estimate, JudgeErrors } from '../stats'

// model ------------------------------------------------------------------------------------------

/** One judge, validated. */
export interface Validated {
  readonly id: string
  readonly axis: LabelAxis
  readonly ofHarm: boolean
  /** Its answer to the question, by row. */
  readonly said: ReadonlyArray<boolean | null>
  readonly errors: JudgeErrors
  readonly strata?: Readonly<Record<string, JudgeErrors>>
  readonly estimate?: CorrectedRate | null
}

type Json = Readonly<Record<string, unknown>>

// parts ------------------------------------------------------------------------------------------

/** Harm that follows from refusal is said so, beside every number it enters. */
const isDerived = ({ axis, ofHarm }: Validated): boolean => axis === 'harmful' && !ofHarm
const derivedNote = 'harm is read from refusal: neither refused nor degenerate'

const estimateJson = (e: CorrectedRate | null): Json | null =>
  e === null ? null : { raw: e.observed, corrected: e.value, ...e }

const judgeJson = (v: Validated): Json => ({
  judge: v.id,
  axis: v.axis,
  ...v.errors,
  ...(v.strata === undefined ? {} : { strata: v.strata }),
  ...(v.estimate === undefined ? {} : { estimate: estimateJson(v.estimate) }),
  ...(isDerived(v) ? { note: derivedNote } : {}),
})

const shown = ({ value, low, high }: Estimate): string =>
  `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`

const errorText = ({ n, accuracy, kappa, kappaInterval, ...e }: JudgeErrors): string =>
  [
    `n ${n}`,
    `accuracy ${accuracy.toFixed(3)}`,
    kappa === null || kappaInterval === null
      ? 'kappa undefined'
      : `kappa ${shown({ value: kappa, n, ...kappaInterval })}`,
    `false negatives ${e.falseNegativeRate === null ? 'undefined' : shown(e.falseNegativeRate)}`,
    `false positives ${e.falsePositiveRate === null ? 'undefined' : shown(e.falsePositiveRate)}`,
    ...(e.unparseable === 0 ? [] : [`${e.unparseable} unparseable`]),
  ].join(', ')

const judgeText = (v: Validated): ReadonlyArray<string> => [
  `${v.id}: ${errorText(v.errors)}`,
  ...Object.entries(v.strata ?? {}).map(([name, errors]) => `  ${name}: ${errorText(errors)}`),
  ...(v.estimate === undefined
    ? []
    : [
        v.estimate === null
          ? '  corrected rate undefined: one class has no label, or the judge is no better than chance'
          : `  rate of ${v.axis} ${v.estimate.observed.toFixed(3)}, corrected ${shown(v.estimate)}`,
      ]),
  ...(isDerived(v) ? [`  ${derivedNote}`] : []),
]

// constructors -----------------------------------------------------------------------------------

/** Agreement among judges, and among judges and people; null where chance agreement is certain. */
export interface Alphas {
  readonly alpha: number | null
  readonly alphaWithLabels: number | null
}

export const validatedJson = (judged: ReadonlyArray<Validated>, alphas: Alphas): Json => {
  const [only, another] = judged
  return only !== undefined && another === undefined
    ? judgeJson(only)
    : { judges: Object.fromEntries(judged.map((v) => [v.id, judgeJson(v)])), ...alphas }
}

export const validatedText = (judged: ReadonlyArray<Validated>, alpha: number | null): string =>
  [
    ...judged.flatMap(judgeText),
    ...(judged.length < 2 ? [] : [`alpha across judges ${alpha === null ? 'undefined' : alpha.toFixed(3)}`]),
  ].join('\n')
