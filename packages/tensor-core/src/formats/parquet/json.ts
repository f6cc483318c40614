/**
 * Converts a Parquet row to a line of JSON, which becomes the row's own text. Fields are in the order of the columns. Whole numbers
 * that a double represents exactly are numbers, larger ones text of their digits; dates and times are ISO 8601 text in UTC; bytes
 * are text where they are UTF-8, else base64; NaN and infinities, which JSON lacks, are null.
 */
import type { ParquetParsers } from 'hyparquet'
import { Damage } from './damage'

// values -----------------------------------------------------------------------------------------

/** A value that cannot be read; it becomes an error, with the row's number, when a row contains it. */
class BadValue {
  constructor(readonly what: string) {}
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const textOf = (bytes: Uint8Array): string | BadValue => {
  try {
    return decoder.decode(bytes)
  } catch {
    return new BadValue('is not UTF-8 text')
  }
}

const parsedJson = (bytes: Uint8Array): unknown => {
  try {
    const parsed: unknown = JSON.parse(decoder.decode(bytes))
    return parsed
  } catch {
    return new BadValue('is not JSON')
  }
}

/** Largest number of seconds that a JavaScript date can represent. */
const maxSeconds = 8_640_000_000_000n

/** Formats a timestamp without trailing zeros. @param perSecond ticks per second: 1000n, 1000000n or 1000000000n */
const timestamp =
  (perSecond: bigint) =>
  (ticks: unknown): string | BadValue | undefined => {
    if (typeof ticks !== 'bigint') return undefined
    const rest = ((ticks % perSecond) + perSecond) % perSecond
    const seconds = (ticks - rest) / perSecond
    if (seconds > maxSeconds || seconds < -maxSeconds) return new BadValue('is a time out of range')
    const digits = rest
      .toString()
      .padStart(perSecond.toString().length - 1, '0')
      .replace(/0+$/, '')
    const whole = new Date(Number(seconds) * 1000).toISOString().replace('.000Z', '')
    return `${whole}${digits === '' ? '' : `.${digits}`}Z`
  }

const date = (days: unknown): string | BadValue | undefined =>
  typeof days !== 'number'
    ? undefined
    : Math.abs(days) > 100_000_000
      ? new BadValue('is a date out of range')
      : new Date(days * 86_400_000).toISOString().replace('T00:00:00.000Z', '')

/** Converters for `hyparquet`. A wrong value is returned as a `BadValue`, not thrown, so that the error can name the row. */
export const parsers: Partial<ParquetParsers> = {
  timestampFromMilliseconds: timestamp(1000n),
  timestampFromMicroseconds: timestamp(1_000_000n),
  timestampFromNanoseconds: timestamp(1_000_000_000n),
  dateFromDays: date,
  stringFromBytes: (bytes: unknown) => (bytes instanceof Uint8Array ? textOf(bytes) : undefined),
  jsonFromBytes: (bytes: unknown) => (bytes instanceof Uint8Array ? parsedJson(bytes) : undefined),
}

// writing ----------------------------------------------------------------------------------------

const bytesText = (bytes: Uint8Array): string => {
  const text = textOf(bytes)
  return typeof text === 'string' ? text : Buffer.from(bytes).toString('base64')
}

const valueText = (value: unknown): string => {
  // lists and structures that are null arrive as undefined; missing values were detected before (`holes.ts`)
  if (value === null || value === undefined) return 'null'
  if (value instanceof BadValue) throw new Damage(value.what)
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value)
    case 'number':
      return Number.isFinite(value) ? String(value) : 'null'
    case 'bigint':
      return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
        ? value.toString()
        : `"${value.toString()}"`
    default:
      if (value instanceof Uint8Array) return JSON.stringify(bytesText(value))
      if (ArrayBuffer.isView(value) || Array.isArray(value))
        return `[${Array.from(Array.isArray(value) ? value : Object.values(value), valueText).join(',')}]`
      return `{${Object.entries(value)
        .map(([key, inner]) => `${JSON.stringify(key)}:${valueText(inner)}`)
        .join(',')}}`
  }
}

/** A row as a line of JSON. Throws `Damage`. @param row 1-based number, for messages */
export const rowText = (
  columns: ReadonlyArray<string>,
  row: number,
  value: Readonly<Record<string, unknown>>,
): string =>
  `{${columns
    .map((name) => {
      try {
        return `${JSON.stringify(name)}:${valueText(value[name])}`
      } catch (cause) {
        if (cause instanceof Damage)
          throw new Damage(`column ${JSON.stringify(name)} ${cause.message}`, 'damaged', row)
        throw cause
      }
    })
    .join(',')}}`
