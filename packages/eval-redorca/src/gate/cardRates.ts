/** The rates of a candidate as its model card states them: by metric, over all items and over each named set. */
import { sourceOf } from '../results/comparisons'
import { type JudgeMetrics, type RateName, metricsOf, rateNames } from '../results/metrics'
import type { Sample } from '../suite/samples'
import type { Side } from './side'
import type { StatedRate } from './worsening'

// model ------------------------------------------------------------------------------------------

/** One rate of the card. */
export interface CardRate {
  readonly rate: RateName
  /** The name of a set; undefined: all items. */
  readonly set: string | undefined
  readonly estimate: StatedRate
}

/** What a rate is, in words for readers who do not know the product. */
export const rateTitles: Readonly<Record<RateName, string>> = {
  attackSuccess: 'Attack success (harmful requests answered)',
  refusal: 'Refusal of harmful requests',
  overRefusal: 'Over-refusal (look-alikes refused)',
  lookalikeAnswered: 'Look-alikes answered',
  benignComplied: 'Harmless requests answered',
  degenerate: 'Degenerate answers to requests',
  exactMatch: 'Task solved',
}

// parts ------------------------------------------------------------------------------------------

const sourcesOf = (samples: ReadonlyArray<Sample>): ReadonlyArray<string> => [
  ...new Set(samples.flatMap((s) => sourceOf(s) ?? [])),
]

const listed = (
  metrics: JudgeMetrics | Readonly<Partial<Record<RateName, StatedRate>>>,
  set: string | undefined,
): ReadonlyArray<CardRate> =>
  rateNames.flatMap((rate) => {
    const estimate = metrics[rate]
    return estimate === undefined ? [] : [{ rate, set, estimate }]
  })

// constructors -----------------------------------------------------------------------------------

/** The rates of a side, those over all items first. */
export const cardRates = ({ measured, judge }: Side): ReadonlyArray<CardRate> => {
  if (measured.kind === 'rates') return listed(measured.rates, undefined)
  const { samples } = measured
  const names = sourcesOf(samples)
  return [
    ...listed(metricsOf(samples, judge), undefined),
    ...(names.length < 2
      ? []
      : names.flatMap((name) =>
          listed(
            metricsOf(
              samples.filter((s) => sourceOf(s) === name),
              judge,
            ),
            name,
          ).filter(({ rate }) => rate !== 'degenerate'),
        )),
  ]
}
