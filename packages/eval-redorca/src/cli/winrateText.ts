/** What `winrate` prints: one judge flat, several under their ids with their agreement. */
import type { WinRate, WinRates } from '../pairs/winRate'
import type { Estimate } from '../stats'

type Named = readonly [judge: string, rates: WinRates]

// parts ------------------------------------------------------------------------------------------

const shown = ({ value, low, high }: Estimate): string =>
  `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`

const rateText = ({ n, winRate, ties, inconsistent, unparseable }: WinRate): string =>
  [
    winRate === null ? 'no verdict' : shown(winRate),
    `n ${n}`,
    `${ties} ties`,
    `${inconsistent} changed with the order`,
    ...(unparseable === 0 ? [] : [`${unparseable} unparseable`]),
  ].join(', ')

const judgeText = ([judge, rates]: Named): ReadonlyArray<string> => [
  `${judge}: ${rateText(rates)}`,
  ...Object.entries(rates.sets ?? {}).map(([name, rate]) => `  ${name}: ${rateText(rate)}`),
  ...(rates.safetyAvg === undefined ? [] : [`  Safety Avg.: ${shown(rates.safetyAvg)}`]),
]

// constructors -----------------------------------------------------------------------------------

/** @param alpha agreement of several judges; null where chance agreement is certain */
export const judgesJson = (judged: ReadonlyArray<Named>, alpha: number | null | undefined): unknown => {
  const [only, another] = judged
  return only !== undefined && another === undefined
    ? { judge: only[0], ...only[1] }
    : { judges: Object.fromEntries(judged), alpha: alpha ?? null }
}

export const judgesText = (judged: ReadonlyArray<Named>, alpha: number | null | undefined): string =>
  [
    ...judged.flatMap(judgeText),
    ...(alpha === undefined
      ? []
      : [`alpha across judges ${alpha === null ? 'undefined' : alpha.toFixed(3)}`]),
  ].join('\n')
