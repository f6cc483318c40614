/** The rows whose decision is closest, with their texts: a threshold is best judged by reading what it divides. */
import { type Markup, html } from '@safe/tensor-core/page'
import type { AuditRow } from '../audit/explain'
import { cutTo, places } from './format'

// model ------------------------------------------------------------------------------------------

/** A row's texts. */
export interface RowText {
  readonly prompt: string
  readonly response: string
}

/** Rows shown on each side of the threshold. */
const PER_SIDE = 8
const LONGEST_TEXT = 600

// choice -----------------------------------------------------------------------------------------

/** The rows nearest to phi from above and from below, by falling rate; where there is no threshold, those with the largest rates. */
export const nearestRows = (rows: ReadonlyArray<AuditRow>, phi: number | null): ReadonlyArray<AuditRow> => {
  const sorted = rows
    .flatMap((row) => (row.rate === null ? [] : [{ row, rate: row.rate }]))
    .sort((a, b) => b.rate - a.rate)
  if (phi === null) return sorted.slice(0, 2 * PER_SIDE).map(({ row }) => row)
  const above = sorted.filter(({ rate }) => rate > phi)
  const below = sorted.filter(({ rate }) => rate <= phi)
  return [...above.slice(-PER_SIDE), ...below.slice(0, PER_SIDE)].map(({ row }) => row)
}

// parts ------------------------------------------------------------------------------------------

const rowCard = (
  { id, rate, s1, s2, decision, kept, why }: AuditRow,
  text: RowText | undefined,
  unsafe: boolean | undefined,
): Markup =>
  html`<article class="row">
    <h3>
      <span>${cutTo(id, 80)}</span
      ><span class="tag ${decision}"
        >${decision}${decision === 'indeterminate' && (kept ? ', kept' : ', left out')}</span
      ><small
        >rate ${places(rate)}, s1 ${places(s1)}, s2
        ${places(s2)}${unsafe !== undefined && (unsafe ? ', labelled unsafe' : ', labelled safe')}</small
      >
    </h3>
    <p class="note">${why}</p>
    ${
      text !== undefined &&
      html`<dl>
        <dt>prompt</dt>
        <dd dir="auto">${cutTo(text.prompt, LONGEST_TEXT)}</dd>
        <dt>response</dt>
        <dd dir="auto">${cutTo(text.response, LONGEST_TEXT)}</dd>
      </dl>`
    }
  </article>`

/** Cards of rows. */
export const rowCards = (
  rows: ReadonlyArray<AuditRow>,
  texts: ReadonlyMap<string, RowText>,
  labels: ReadonlyMap<string, boolean>,
): Markup => html`${rows.map((row) => rowCard(row, texts.get(row.id), labels.get(row.id)))}`
