/**
 * The audit of a filter as one page: what was decided and why, the rates as a histogram, quality where rows are labelled, and the rows
 * nearest the threshold to be read. It loads nothing, runs nothing, and its policy allows neither.
 */
import { type Markup, html } from '@safe/tensor-core/page'
import type { Audit, FilterRule } from '../audit/audit'
import type { AuditRow } from '../audit/explain'
import { type Quality, qualityMetrics } from '../audit/quality'
import { type PrecisionRecall, precisionRecall, tieCountsOf } from '../audit/ranking'
import { digits, places, rowsWord } from './format'
import { histogram } from './histogram'
import { type RowText, nearestRows, rowCards } from './nearest'
import { precisionRecallPlot } from './precisionRecall'
import { framed } from './shell'

// model ------------------------------------------------------------------------------------------

/** The content of a report. */
export interface ReportInput {
  /** The data's name. */
  readonly name: string
  /** The signal that the rates are of, where it is known. */
  readonly signal?: string
  readonly rule: FilterRule
  readonly audit: Audit
  /** Every row of the audit with its reason. */
  readonly rows: ReadonlyArray<AuditRow>
  /** Rates of the canaries. */
  readonly canaries: ReadonlyArray<number>
  readonly texts: ReadonlyMap<string, RowText>
  /** Whether rows are unsafe, by id; empty where nothing is labelled. */
  readonly labels: ReadonlyMap<string, boolean>
  readonly quality?: Quality
}

// parts ------------------------------------------------------------------------------------------

const lead = ({ audit, rows, rule }: ReportInput): Markup => {
  const { counts, threshold } = audit
  const stay = rows.filter(({ kept }) => kept).length
  if (threshold.phi === null)
    return html`<p class="lead warning">
      <strong>No threshold was found</strong> (${threshold.method}), so no row is judged: all
      ${rowsWord(stay)} are kept. ${threshold.reason}.
    </p>`
  return html`<p class="lead">
    ${counts.dropped} of ${rowsWord(rows.length)} are dropped, ${stay} are
    kept.${
      counts.indeterminate > 0 &&
      ` ${rowsWord(counts.indeterminate)} could not be judged and ${counts.indeterminate === 1 ? 'is' : 'are'} ${rule.indeterminate === 'keep' ? 'among the kept' : 'left out too'}.`
    }
  </p>`
}

const fact = (name: string, value: string | number): Markup =>
  html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`

const facts = ({ threshold, counts }: Audit): Markup =>
  html`<dl class="facts">
    ${fact('threshold phi', threshold.phi === null ? 'none' : digits(threshold.phi))}${fact(
      'dropped',
      counts.dropped,
    )}${fact('kept', counts.kept)}${fact('indeterminate', counts.indeterminate)}
  </dl>`

const swatch = (kind: string, name: string): Markup =>
  html`<li>
    <svg viewBox="0 0 12 12" aria-hidden="true"><rect class="${kind}" width="12" height="12" /></svg>${name}
  </li>`

const ratesSection = ({ rows, audit, canaries }: ReportInput): Markup => {
  const plot = histogram(
    rows.flatMap(({ rate, decision }) => (rate === null ? [] : [{ rate, decision }])),
    { phi: audit.threshold.phi, canaries },
  )
  return plot === undefined
    ? html``
    : html`<h2>Rates</h2>
        <figure>
          ${plot}
          <ul class="keys">
            ${swatch('kept', 'kept')}${swatch('dropped', 'dropped')}${swatch(
              'indeterminate',
              'indeterminate',
            )}
          </ul>
          <figcaption>
            Rows by forgetting rate. Heights are square roots of
            counts.${
              canaries.length > 0 &&
              ` Ticks below the axis are the ${canaries.length} canaries: trusted benign rows.`
            }
          </figcaption>
        </figure>`
}

const thresholdSection = ({ rule, audit, signal }: ReportInput): Markup =>
  html`<h2>Threshold</h2>
    <p>${audit.threshold.method}: ${audit.threshold.reason}.</p>
    <dl class="values">
      ${
        signal !== undefined &&
        html`<dt>signal</dt>
          <dd>${signal}</dd>`
      }
      <dt>indeterminate rows</dt>
      <dd>${rule.indeterminate === 'keep' ? 'kept' : 'left out'}</dd>
      ${
        rule.minLearned !== undefined &&
        html`<dt>least s1 to be judged</dt>
          <dd>${digits(rule.minLearned)}</dd>`
      }${Object.entries(audit.threshold.diagnostics).map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${digits(value)}</dd>`,
      )}
    </dl>`

const metricNames = {
  precision: 'precision: dropped rows that are unsafe',
  recall: 'recall: unsafe rows that are dropped',
  f1: 'F1',
  auroc: 'AUROC of the rates',
  auprc: 'average precision of the rates',
} as const

/** Rates of the labelled rows. */
const labelledRates = ({ rows, labels }: ReportInput) =>
  rows.flatMap(({ id, rate }) => {
    const unsafe = labels.get(id)
    return rate === null || unsafe === undefined ? [] : [{ rate, unsafe }]
  })

/** Precision and recall of the threshold over the labelled rows, as the curve counts them; undefined where it drops nothing. */
const usedPoint = (input: ReportInput): PrecisionRecall | undefined => {
  const { phi } = input.audit.threshold
  if (phi === null) return undefined
  const rated = labelledRates(input)
  const dropped = rated.filter(({ rate }) => rate > phi)
  const unsafe = rated.filter((row) => row.unsafe).length
  const both = dropped.filter((row) => row.unsafe).length
  return dropped.length === 0 || unsafe === 0
    ? undefined
    : { precision: both / dropped.length, recall: both / unsafe }
}

const qualitySection = (input: ReportInput): Markup => {
  const { quality, rows, labels } = input
  if (quality === undefined) return html``
  const points = precisionRecall(tieCountsOf(labelledRates(input)))
  const unlabelled = rows.filter(({ id }) => !labels.has(id)).length
  return html`<h2>Quality against the labels</h2>
    <p class="note">
      ${`${quality.unsafe} of ${rowsWord(quality.n)} are labelled unsafe.`}${unlabelled > 0 && ` Rows without a label are left out: ${unlabelled}.`}
      Labels decide nothing. Intervals are 95 % bootstraps over rows, the threshold held fixed.
    </p>
    <table>
      <thead>
        <tr>
          <th>measure</th>
          <th class="number">value</th>
          <th class="number">95 % interval</th>
        </tr>
      </thead>
      <tbody>
        ${qualityMetrics.map((metric) => {
          const interval = quality.intervals[metric]
          return html`<tr>
            <th>${metricNames[metric]}</th>
            <td class="number">${quality[metric] === null ? 'undefined' : places(quality[metric])}</td>
            <td class="number range">
              ${interval === null ? '–' : `${places(interval.low)} to ${places(interval.high)}`}
            </td>
          </tr>`
        })}
      </tbody>
    </table>
    ${
      points.length > 0 &&
      html`<figure>
        ${precisionRecallPlot(points, usedPoint(input))}
        <figcaption>
          Precision over recall for every threshold of the rates; the mark is the threshold used.
        </figcaption>
      </figure>`
    }`
}

const readingSection = ({ rows, audit, texts, labels }: ReportInput): Markup => {
  const { phi } = audit.threshold
  return html`<h2>${phi === null ? 'Rows with the largest rates' : 'Rows nearest the threshold'}</h2>
    <p class="note">
      ${phi === null ? 'Read them before giving a threshold by hand.' : 'Read them: if safe rows stand above the threshold or unsafe ones below it, choose another.'}
      Long texts are cut.
    </p>
    ${rowCards(nearestRows(rows, phi), texts, labels)}`
}

// constructors -----------------------------------------------------------------------------------

/** The page's HTML. */
export const reportPage = (input: ReportInput): string =>
  framed(
    `ForgetFilter audit: ${input.name}`,
    html`<h1>ForgetFilter audit</h1>
      <p class="meta">${input.name}</p>
      ${lead(input)}${facts(input.audit)}${ratesSection(input)}${qualitySection(input)}${readingSection(input)}${thresholdSection(input)}`,
  )
