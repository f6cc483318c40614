/** Tables of Markdown. */

/** Escapes text from outside for a table cell. */
export const plain = (text: string): string => text.replace(/[|\r\n]+/g, ' ').replace(/([<*_`\\])/g, '\\$1')

/** A table whose first column is text and whose others are numbers. */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map((_, i) => (i === 0 ? '---' : '--:')), ...rows].map((r) => `| ${r.join(' | ')} |`).join('\n')
