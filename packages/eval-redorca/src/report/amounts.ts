/** Amounts in words: times, sizes, counts, ratios. */

const nbsp = '\u00a0'

/** Three digits at most, without trailing zeros after the point: `0.0234`, `7.5`, `123`, `4120`. */
export const significant = (x: number): string =>
  Math.abs(x) >= 100 ? String(Math.round(x)) : String(Number(x.toPrecision(3)))

/** `0 s`, `0.4 s`, `12.3 s`, `3.5 min`, `2.1 h` */
export const timeWords = (seconds: number): string =>
  seconds < 120
    ? `${seconds === 0 ? '0' : seconds.toFixed(1)}${nbsp}s`
    : seconds < 7200
      ? `${(seconds / 60).toFixed(1)}${nbsp}min`
      : `${(seconds / 3600).toFixed(1)}${nbsp}h`

/** `512 MB`, `1.5 GB` */
export const bytesWords = (bytes: number): string =>
  bytes < 1e9 ? `${Math.round(bytes / 1e6)}${nbsp}MB` : `${(bytes / 1e9).toFixed(1)}${nbsp}GB`

/** `1.25 ×` */
export const timesWords = (ratio: number): string => `${ratio.toFixed(2)}${nbsp}×`

/** `950`, `12.3 k`, `4.5 M` */
export const countWords = (n: number): string =>
  n < 1e4
    ? String(Math.round(n))
    : n < 1e6
      ? `${(n / 1e3).toFixed(1)}${nbsp}k`
      : `${(n / 1e6).toFixed(1)}${nbsp}M`
