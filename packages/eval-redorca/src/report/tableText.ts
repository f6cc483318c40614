/** Tables of Markdown. */

import type { Estimate } from '../stats'
import { percent, range } from './format'

/** A rate with its interval, and its bounds where answers are unjudged. */
export const rateText = (e: Estimate | undefined): string =>
  e === undefined
    ? '–'
    : `${percent(e.value)} (${range(e)}${e.bounds === undefined ? '' : `; ${e.unjudged ?? 0} unjudged: ${range(e.bounds)}`})`

/** Escapes text from outside for a table cell. */
export const plain = (text: string): string => text.replace(/[|\r\n]+/g, ' ').replace(/([<*_`\\])/g, '\\$1')

/** A table whose first column is text and whose others are numbers. */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map((_, i) => (i === 0 ? '---' : '--:')), ...rows].map((r) => `| ${r.join(' | ')} |`).join('\n')
