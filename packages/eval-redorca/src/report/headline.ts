/** The result in words. Every clause depends on the numbers. */
import { combinationName, defendedStages } from '../plan/factors'
import type { GroupResult, Results } from '../results/results'
import { inWords, listed, regimeData } from './format'
import { type Reading, type RegimeReading, readingOf } from './reading'

const value = (g: GroupResult | undefined, metric: 'attackSuccess' | 'exactMatch' | 'overRefusal'): string =>
  g?.metrics[metric] === undefined ? '?' : inWords(g.metrics[metric].value)

const attackWithInterval = (g: GroupResult): string => {
  const attack = g.metrics.attackSuccess
  return attack === undefined
    ? '?'
    : `${inWords(attack.value)} (95\u00a0% interval ${inWords(attack.low)} to ${inWords(attack.high)})`
}

const lost = ({ aligned }: Reading, { regime, none }: RegimeReading): string =>
  none === undefined
    ? ''
    : `${aligned === undefined ? '' : `The aligned model complies with ${value(aligned, 'attackSuccess')} of harmful requests. `}Fine-tuned on ${regimeData(regime)}, ${aligned === undefined ? 'the model' : 'it'} complies with ${value(none, 'attackSuccess')}.`

const won = ({ none, best }: RegimeReading): string => {
  if (best === undefined || none === undefined) return ''
  if (defendedStages(best.factors).length === 0)
    return 'No combination of defences has a better balance of safety and utility than no defence at all.'
  const task =
    best.metrics.exactMatch === undefined
      ? ''
      : ` and solves ${value(best, 'exactMatch')} of the task (undefended: ${value(none, 'exactMatch')})`
  return `The best balance of safety and utility has ${combinationName(best.factors)}: it complies with ${attackWithInterval(best)}${task}.`
}

/** The main result in two or three sentences. */
export const headline = (results: Results): string => {
  const reading = readingOf(results)
  return reading.main === undefined
    ? 'Nothing was fine-tuned.'
    : [lost(reading, reading.main), won(reading.main)].filter((s) => s !== '').join(' ')
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
