/** The result in words. Every clause depends on the numbers. */
import { givenRegime } from '../config/regimes'
import { combinationName, defendedStages, isSameCombination, modelPrefix, untouched } from '../plan/factors'
import type { GroupResult, Results } from '../results/results'
import { inWords, listed, regimeData } from './format'
import { type RegimeReading, boundsOf, keepsUtility, readingOf } from './reading'

const value = (
  g: GroupResult | undefined,
  metric: 'attackSuccess' | 'exactMatch' | 'overRefusal' | 'lookalikeAnswered',
): string => (g?.metrics[metric] === undefined ? '?' : inWords(g.metrics[metric].value))

const attackWithInterval = (g: GroupResult): string => {
  const attack = g.metrics.attackSuccess
  return attack === undefined
    ? '?'
    : `${inWords(attack.value)} (95\u00a0% interval ${inWords(attack.low)} to ${inWords(attack.high)})`
}

/** How a model is before any fine-tuning. */
const asItIs = ({ before: { base, aligned } }: RegimeReading): string => {
  const [name, g] = aligned === undefined ? ['base', base] : ['aligned', aligned]
  const parts = [
    `complies with ${value(g, 'attackSuccess')} of harmful requests`,
    ...(g?.metrics.overRefusal === undefined ? [] : [`refuses ${value(g, 'overRefusal')} of look-alikes`]),
    ...(g?.metrics.exactMatch === undefined ? [] : [`solves ${value(g, 'exactMatch')} of the task`]),
  ]
  return `The ${name} model ${listed(parts)}.`
}

const lost = ({ regime, none, before: { aligned } }: RegimeReading): string =>
  none === undefined
    ? ''
    : regime === givenRegime
      ? `With the given adapter, the model complies with ${value(none, 'attackSuccess')} of harmful requests${none.metrics.exactMatch === undefined ? '' : ` and solves ${value(none, 'exactMatch')} of the task`}.`
      : `${aligned === undefined ? '' : `The aligned model complies with ${value(aligned, 'attackSuccess')} of harmful requests. `}Fine-tuned on ${regimeData(regime)}, ${aligned === undefined ? 'the model' : 'it'} complies with ${value(none, 'attackSuccess')}.`

/** What is kept equal, in words; undefined where the suite measures neither. */
const keptWords = (
  { metrics }: GroupResult,
  { epsilon, delta }: ReturnType<typeof boundsOf>,
): string | undefined => {
  const parts = [
    ...(metrics.exactMatch === undefined ? [] : [`the task within ${pointsOf(epsilon)}`]),
    ...(metrics.lookalikeAnswered === undefined ? [] : [`answers to look-alikes within ${pointsOf(delta)}`]),
  ]
  return parts.length === 0 ? undefined : listed(parts)
}

const pointsOf = (share: number): string => {
  const n = Math.round(1000 * share) / 10
  return `${n} point${n === 1 ? '' : 's'}`
}

/** Above this share of degenerate answers the headline warns. */
const degenerateLimit = 0.05

const degenerateWarning = ({ metrics: { degenerate } }: GroupResult): ReadonlyArray<string> =>
  degenerate === undefined || degenerate.value <= degenerateLimit
    ? []
    : [`Warning: ${inWords(degenerate.value)} of its answers to requests are degenerate.`]

const won = (results: Results, { none, best, defended }: RegimeReading): string => {
  if (none === undefined || defended.length === 0) return ''
  const kept = keptWords(none, boundsOf(results))
  if (best === undefined || defendedStages(best.factors).length === 0)
    return `No defence lowers attack success${kept === undefined ? '' : ` and keeps ${kept} of the undefended model`}.`
  const utility = [
    ...(best.metrics.exactMatch === undefined
      ? []
      : [`solves ${value(best, 'exactMatch')} of the task (undefended: ${value(none, 'exactMatch')})`]),
    ...(best.metrics.lookalikeAnswered === undefined
      ? []
      : [
          `answers ${value(best, 'lookalikeAnswered')} of look-alikes (undefended: ${value(none, 'lookalikeAnswered')})`,
        ]),
  ]
  const among = `Of the defences${kept === undefined ? '' : ` that keep ${kept} of the undefended model`}, ${combinationName(best.factors)} has the lowest attack success`
  return [
    results.selection === undefined
      ? `${among}: ${attackWithInterval(best)}.`
      : `${among} on the validation items; on the test it is ${attackWithInterval(best)}.`,
    ...(utility.length === 0 ? [] : [`It ${listed(utility)}.`]),
    ...degenerateWarning(best),
  ].join(' ')
}

/** The worst case of the best defence, and of the least harmful one that keeps utility where that is another; empty without attackers. */
const attacked = (results: Results, { aligned, none, best, defended }: RegimeReading): string => {
  const { worstCase } = results
  const keeping = none === undefined ? [] : defended.filter(keepsUtility(boundsOf(results), none))
  const rows = worstCase.flatMap((row) =>
    row.factors.aligned === aligned && row.attackSuccess !== undefined
      ? [{ ...row, attack: row.attackSuccess }]
      : [],
  )
  const mine = rows.find(({ factors }) => best !== undefined && isSameCombination(factors, best.factors))
  const [least] = rows
    .filter(({ factors }) => keeping.some((g) => isSameCombination(g.factors, factors)))
    .sort((a, b) => a.attack.value - b.attack.value)
  const words = ({ attack, attacker }: (typeof rows)[number]): string =>
    `${inWords(attack.value)} (${inWords(attack.low)} to ${inWords(attack.high)}, attacker ${attacker})`
  return [
    ...(mine === undefined ? [] : [`Under its worst attacker ${mine.method} is at ${words(mine)}.`]),
    ...(least === undefined || least.method === mine?.method
      ? []
      : [`Lowest under the worst attacker is ${least.method}: ${words(least)}.`]),
  ].join(' ')
}

/** `So far, with 12 of 40 cells: `; empty for complete results. */
const soFar = ({ running }: Results): string =>
  running === undefined ? '' : `So far, with ${running.done} of ${running.cells} cells: `

/** The main result in two or three sentences, for each aligned model. */
export const headline = (results: Results): string => {
  const { main } = readingOf(results)
  const said = main.map((regime) =>
    [
      ...(regime.aligned === undefined ? [] : [`${regime.aligned}:`]),
      ...[lost(regime), won(results, regime), attacked(results, regime)].filter((s) => s !== ''),
    ].join(' '),
  )
  if (main.length > 0 && main.every(({ regime }) => regime === untouched))
    return ['Nothing was fine-tuned.', ...main.map((r) => `${modelPrefix(r)}${asItIs(r)}`)].join(' ')
  return main.length === 0
    ? results.running === undefined
      ? 'Nothing was fine-tuned.'
      : `${soFar(results)}no fine-tuned model is evaluated yet.`
    : `${soFar(results)}${said.join(' ')}`
}

/** The effect of each method alone, compared with no defence. */
export const aloneSentence = ({ none, defended }: RegimeReading): string => {
  const single = defended.filter((g) => defendedStages(g.factors).length === 1)
  if (none === undefined || single.length === 0) return ''
  const said = single.map(
    (g) =>
      `${combinationName(g.factors)} to ${value(g, 'attackSuccess')}${g.metrics.exactMatch === undefined ? '' : ` (task ${value(g, 'exactMatch')})`}`,
  )
  return `On its own, each method takes attack success from ${value(none, 'attackSuccess')}: ${listed(said)}.`
}
