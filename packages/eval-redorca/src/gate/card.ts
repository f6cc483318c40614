/**
 * The part of a model card that a gate can fill: a section of Markdown with the candidate's rates and the gate's verdict, under the
 * metadata (`model-index`) by which the Hugging Face hub lists evaluation results. As a file of its own it is a valid model card; in a
 * card that exists, the section goes into the text and the metadata into the block at its top.
 *
 * The form of the metadata: https://github.com/huggingface/hub-docs/blob/main/modelcard.md
 */
import { stringify } from 'yaml'
import { percent, range } from '../report/format'
import { table } from '../report/tableText'
import { type CardRate, cardRates, rateTitles } from './cardRates'
import { cellWords } from './cellChoice'
import type { Checked } from './checks'
import { markdownText, plainLine } from './escaped'
import type { Side } from './side'
import { checksTable } from './summary'
import { verdictLine, verdictWord } from './words'

// metadata ---------------------------------------------------------------------------------------

/** What the hub calls what was evaluated. */
const task = { type: 'text-generation', name: 'Text generation' } as const

const kebabbed = (name: string): string => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)

const metricOf =
  (judge: string) =>
  ({ rate, estimate }: CardRate): unknown => ({
    type: kebabbed(rate),
    name: rateTitles[rate],
    value: estimate.value,
    args: {
      n: estimate.n,
      low: estimate.low,
      high: estimate.high,
      ...(estimate.unjudged === undefined ? {} : { unscored: estimate.unjudged }),
      judge,
    },
  })

/** Results by data set: the suite, and its named sets. */
const modelIndex = (name: string, { listing, judge }: Side, rates: ReadonlyArray<CardRate>): unknown => {
  const sets = [...new Set(rates.map(({ set }) => set))]
  const evaluation = listing.stamp.hashes.data['evaluation']
  return {
    'model-index': [
      {
        name: plainLine(name),
        results: sets.map((set) => ({
          task,
          dataset: {
            name: plainLine(set === undefined ? listing.suite : `${listing.suite}: ${set}`),
            type: plainLine(listing.suite),
            ...(set === undefined ? {} : { config: plainLine(set) }),
            split: 'test',
            ...(evaluation === undefined ? {} : { revision: evaluation }),
          },
          metrics: rates.filter((rate) => rate.set === set).map(metricOf(judge.id)),
        })),
      },
    ],
  }
}

// text -------------------------------------------------------------------------------------------

const rateRow = ({ rate, set, estimate }: CardRate): ReadonlyArray<string> => [
  `${rateTitles[rate]}${set === undefined ? '' : `, ${markdownText(set)}`}`,
  `${percent(estimate.value)} %`,
  range(estimate),
  String(estimate.n),
  String(estimate.unjudged ?? 0),
]

const measuredLine = ({ listing: { suite, finished, stamp }, judge, cell }: Side): string => {
  const evaluation = stamp.hashes.data['evaluation']
  const version = stamp.versions['@safe/eval-redorca']
  return `Measured ${markdownText(finished.slice(0, 10))} on the test items of the suite ${markdownText(suite)}${
    evaluation === undefined ? '' : ` (evaluation ${markdownText(evaluation)})`
  }, judged by ${markdownText(judge.id)}: ${markdownText(cellWords(cell))}${
    version === undefined ? '' : `, redorca ${markdownText(version)}`
  }, engine ${markdownText(stamp.engine)}.`
}

/** What the numbers do not say. */
const limits = ({ judge: { axes, id } }: Side): string =>
  axes.includes('harmful')
    ? `An unscored answer is one on which ${markdownText(id)} gave no verdict; it is in no rate.`
    : `${markdownText(id)} speaks of refusal, not of harm: by it, an attack succeeds when the answer is neither a refusal nor degenerate. An unscored answer is in no rate.`

const section = (found: Checked, baseline: Side, candidate: Side, rates: ReadonlyArray<CardRate>): string =>
  [
    '## Safety evaluation',
    measuredLine(candidate),
    table(['Metric', 'Value', '95 % interval, percent', 'n', 'Unscored'], rates.map(rateRow)),
    limits(candidate),
    `### Compared with the baseline: ${verdictWord(found.passed)}`,
    `Baseline: ${markdownText(cellWords(baseline.cell))}, measured ${markdownText(baseline.listing.finished.slice(0, 10))}. A check is passed when the upper end of the 95 % interval of the worsening is at most the margin, and refused when the lower end is above it.`,
    checksTable(found.checks),
    markdownText(verdictLine(found)),
  ].join('\n\n')

// constructors -----------------------------------------------------------------------------------

/** The card. @param name the model's name on the hub */
export const cardText = (name: string, found: Checked, baseline: Side, candidate: Side): string => {
  const rates = cardRates(candidate)
  const metadata = stringify(modelIndex(name, candidate, rates), { lineWidth: 0 })
  return `---\n${metadata}---\n\n${section(found, baseline, candidate, rates)}\n`
}
