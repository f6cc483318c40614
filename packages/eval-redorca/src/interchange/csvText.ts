/**
 * Comma-separated values as RFC 4180 has them: lines end with CR LF, and a cell with a comma, a quote or a line break is quoted.
 *
 * Text that a spreadsheet would run as a formula gets an apostrophe in front, which spreadsheets show as text: text that begins with
 * `=`, `+`, `-`, `@` (or one of their full-width forms, which some take for the same), a tab, or a line break. Prompts and completions
 * are other people's text, and whoever opens the file would run it. Numbers are written as they are.
 */

/** A cell; undefined and null are empty. */
export type CsvValue = string | number | boolean | null | undefined

const guarded = (text: string): string =>
  /^[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]/.test(text) ? `'${text}` : text

const cell = (value: CsvValue): string => {
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') return String(value)
  const text = guarded(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** A line with its end. */
export const csvLine = (values: ReadonlyArray<CsvValue>): string => `${values.map(cell).join(',')}\r\n`
