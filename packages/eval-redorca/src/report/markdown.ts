/** The report as Markdown: the same text and tables, for places where a page cannot be shown. */
import { type FineTune, combinationName, isSameFineTune } from '../plan/factors'
import type { Effect } from '../results/effects'
import type { GroupResult, Results } from '../results/results'
import type { Sample } from '../suite/samples'
import type { Estimate } from '../stats'
import type { EqualUtilityRow } from '../results/equalUtility'
import { columns } from './cells'
import { costText } from './cost'
import { diagnosticsText } from './diagnostics'
import { boundWords, equalColumns, equalRows, shownStrength, toComeWords } from './equalUtility'
import { fidelityText } from './fidelity'
import { fineTunedOn, points, regimeWords, signedRange, rowName } from './format'
import { aloneSentence, headline } from './headline'
import { groupsOf } from './byJudge'
import { byJudgeText } from './byJudgeText'
import { judgeNote, judgeWarnings } from './judges'
import { perplexityText } from './perplexity'
import { type RegimeReading, byMerit, readingOf } from './reading'
import { runningSentences } from './running'
import type { Section } from './section'
import { firstOf, shownOf } from './shown'
import { plain, rateText, table } from './tableText'
import { worstCaseSection } from './worstCase'

// parts ------------------------------------------------------------------------------------------

const change = (e: Estimate | undefined): string =>
  e === undefined ? '–' : `${points(e.value)} (${signedRange(e)})`

const effectText = (e: Effect | undefined): string =>
  e?.bound === undefined ? change(e?.change) : `at the ${e.bound}`

const row = (name: string, g: GroupResult): ReadonlyArray<string> => [
  plain(name),
  ...columns.map(({ metric }) => rateText(g.metrics[metric])),
  change(g.differences.attackSuccess),
]

const equalHead = [
  'Defences',
  'Strength',
  'Keeps utility',
  ...equalColumns.map(({ name }) => name),
  'Minus undefended',
  'Minus control or best part',
]

const equalRow =
  (results: Results) =>
  (r: EqualUtilityRow): ReadonlyArray<string> => [
    plain(rowName(combinationName(r.factors), r)),
    plain(`${shownStrength(r.strength)}${toComeWords(results, r)}`),
    r.reachable ? 'yes' : 'no, best try',
    ...equalColumns.map(({ field }) => rateText(r[field])),
    change(r.difference),
    r.controlDifference !== undefined
      ? `${change(r.controlDifference)}, ${plain(r.controlDifference.control)}`
      : r.partDifference !== undefined
        ? `${change(r.partDifference)}, ${plain(r.partDifference.part)}`
        : '–',
  ]

const equalText = (results: Results, regime: FineTune): ReadonlyArray<string> => {
  const { keeping, failing, controls } = equalRows(results, regime)
  const rows = [...keeping, ...failing, ...controls]
  return results.selection === undefined || rows.length === 0
    ? []
    : [
        `At equal utility: the strength with the lowest attack success among those that keep ${boundWords(results)}, chosen on validation items; the numbers are of the test.${results.selection.source === undefined ? '' : ` Strengths: ${results.selection.source}.`}`,
        table(equalHead, rows.map(equalRow(results))),
        'All metrics at the selected strengths:',
      ]
}

const head = ['Defences', ...columns.map((c) => c.name), 'Change in attack success']

type Samples = ReadonlyMap<string, ReadonlyArray<Sample>>

const regimeText = (results: Results, regime: RegimeReading, samples: Samples): string => {
  const { aligned, base } = regime.before
  const shown = groupsOf(regime)
  const warnings = judgeWarnings(results, shown).map(plain)
  const byJudge = byJudgeText(results, shown, samples, { plain, table, rate: rateText })
  const rows = [
    ...(base === undefined ? [] : [row('base model', base)]),
    ...(aligned === undefined ? [] : [row('aligned model', aligned)]),
    ...(regime.none === undefined ? [] : [row('no defence', regime.none)]),
    ...[...regime.defended].sort(byMerit).map((g) => row(combinationName(g.factors), g)),
    ...regime.controls.map((g) => row(rowName(combinationName(g.factors), g), g)),
  ]
  const effects = results.effects.filter((e) => isSameFineTune(e, regime))
  const methods = [...new Set(effects.map((e) => e.method))]
  const metrics = ['attackSuccess', 'overRefusal', 'exactMatch', 'sut'] as const
  const interactions = results.interactions.filter(
    (i) => isSameFineTune(i, regime) && (i.metric === 'attackSuccess' || i.metric === 'sut'),
  )
  return [
    `## ${fineTunedOn(regime, regimeWords)}`,
    aloneSentence(regime),
    ...warnings,
    ...equalText(results, regime),
    table(head, rows),
    ...perplexityText(shown),
    ...(regime.published.length === 0
      ? []
      : [
          'As configured, by default the published options, at other utilities:',
          table(
            head,
            [...regime.published].sort(byMerit).map((g) => row(rowName(combinationName(g.factors), g), g)),
          ),
        ]),
    ...(byJudge.length === 0 ? [] : [byJudge[0] ?? '', ...warnings, ...byJudge.slice(1)]),
    ...(methods.length === 0
      ? []
      : [
          'Mean change in points when a method is switched on, over all combinations of the other stages:',
          table(
            ['Method', 'Attack success', 'Over-refusal', 'Task', 'SUT'],
            methods.map((method) => [
              plain(method),
              ...metrics.map((metric) =>
                effectText(effects.find((e) => e.method === method && e.metric === metric)),
              ),
            ]),
          ),
        ]),
    ...(interactions.length === 0
      ? []
      : [
          'Two together, gains in points from no defence:',
          table(
            ['Two methods', 'Metric', 'First', 'Second', 'Both', 'Beyond the sum'],
            interactions.map((i) => [
              plain(`${i.first.method} + ${i.second.method}`),
              i.metric === 'sut' ? 'SUT' : 'attack success',
              points(i.gainFirst),
              points(i.gainSecond),
              points(i.gainBoth),
              i.bound === undefined ? change(i.beyondSum) : `at the ${i.bound}`,
            ]),
          ),
        ]),
    ...costText(results, regime),
    ...diagnosticsText(results, regime),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

// constructors -----------------------------------------------------------------------------------

const noSamples: Samples = new Map()

/** The first of a list, and how many more there are. */
const listText = <A>(all: ReadonlyArray<A>, text: (a: A) => string, between: string): string => {
  const { first, more } = firstOf(all)
  return [...first.map(text), ...(more === '' ? [] : [more])].join(between)
}

/**
 * The report as one Markdown document.
 *
 * @param samples by cell; without them the answers that judges dispute are not listed
 * @param sections parts that not every benchmark has
 */
export const markdown = (
  whole: Results,
  samples: Samples = noSamples,
  sections: ReadonlyArray<Section> = [],
): string => {
  const { results, notice } = shownOf(whole)
  const { stamp } = results
  return `${[
    '# Safety after fine-tuning',
    ...(results.running === undefined ? [] : [`**${runningSentences(results).join(' ')}**`]),
    ...(notice === undefined ? [] : [`**${notice}**`]),
    headline(results),
    ...judgeWarnings(results, results.groups).map(plain),
    ...[judgeNote(results) ?? []].flat().map(plain),
    'Percent with 95 % intervals.',
    ...[worstCaseSection(results)?.markdown ?? []].flat(),
    ...readingOf(results).regimes.map((regime) => regimeText(results, regime, samples)),
    ...sections.map((section) => section.markdown),
    ...fidelityText(results),
    ...(results.failed.length === 0
      ? []
      : [
          `Failed: ${listText(results.failed, (f) => plain(`${combinationName(f.factors)} (${f.message})`), '; ')}.`,
        ]),
    '## Stamp',
    [
      `- ${results.running === undefined ? 'finished' : 'written'} ${results.finished}, engine ${stamp.engine}, ${plain(stamp.device)}, ${stamp.dtype}, seeds ${stamp.seeds.join(', ')}`,
      `- versions: ${Object.entries(stamp.versions)
        .map(([k, v]) => `${k} ${v}`)
        .join(', ')}`,
      ...(stamp.judges === undefined
        ? []
        : [
            `- judges: measuring ${[
              stamp.judges.measuring,
              ...(stamp.judges.measured ?? []).map(({ id }) => id),
            ]
              .filter((id, i, ids) => ids.indexOf(id) === i)
              .map((id) => `\`${id}\``)
              .join(
                ', ',
              )}${stamp.judges.beams === '' ? '' : `, among beams \`${stamp.judges.beams}\``}${Object.entries(
              stamp.judges.ofMethods ?? {},
            )
              .map(([name, { id }]) => `, of ${name} \`${id}\``)
              .join('')}`,
          ]),
      ...Object.entries(stamp.hashes).map(
        ([kind, hashes]) =>
          `- ${kind}: ${listText(Object.entries(hashes), ([k, v]) => `${k} \`${v}\``, ', ')}`,
      ),
    ].join('\n'),
  ].join('\n\n')}\n`
}
