/** Formatting of numbers: rates in percent, changes in points with a sign, one decimal so that columns align. */
import { givenRegime } from '../config/regimes'
import { type FineTune, modelPrefix, untouched } from '../plan/factors'
import type { Estimate } from '../stats'

const minus = '\u2212'

/** `96.3` */
export const percent = (x: number): string => (100 * x).toFixed(1)

/** `96 %`; below 10 and above 90 with a decimal unless it is 0. */
export const inWords = (x: number): string => {
  const p = 100 * x
  const near = p > 0 && p < 100 && (p < 10 || p > 90)
  return `${near ? p.toFixed(1).replace(/\.0$/, '') : p.toFixed(0)}\u00a0%`
}

/** `+3.1`, `−79.0`, `0.0` */
export const points = (x: number): string => {
  const text = (100 * Math.abs(x)).toFixed(1)
  return text === '0.0' ? text : `${x < 0 ? minus : '+'}${text}`
}

/** `92.1–98.3` */
export const range = ({ low, high }: Pick<Estimate, 'low' | 'high'>): string =>
  `${percent(low)}\u2013${percent(high)}`

/** `n = 144 × 2 seeds, 36 clusters`: answers of several seeds to one prompt are not independent. */
export const sizeWords = ({ n, seeds, clusters }: Estimate): string => {
  const items = seeds === undefined || n % seeds !== 0 ? `n = ${n}` : `n = ${n / seeds} × ${seeds} seeds`
  const several = clusters !== undefined && clusters < n / (seeds ?? 1)
  return several ? `${items}, ${clusters} clusters` : items
}

/** `−85.2 to −72.8` */
export const signedRange = ({ low, high }: Estimate): string => `${points(low)} to ${points(high)}`

/** `Fine-tuned on 5 % harmful rows`; of several aligned models `chat-a, fine-tuned on 5 % harmful rows`. */
export const fineTunedOn = (f: FineTune, words: (regime: string) => string): string =>
  f.regime === untouched || f.regime === givenRegime
    ? `${modelPrefix(f)}${f.regime === untouched ? 'Without fine-tuning' : 'With the given adapter'}`
    : `${modelPrefix(f)}${f.aligned === undefined ? 'Fine' : 'fine'}-tuned on ${words(f.regime)}`

/** `5 % harmful rows`; of several aligned models `chat-a, 5 % harmful rows`; of an attacker `5 % harmful rows, attacker long`. */
export const fineTuneWords = (f: FineTune): string =>
  `${modelPrefix(f)}${regimeWords(f.regime)}${f.attacker === undefined ? '' : `, attacker ${f.attacker}`}`

/** `5 % harmful rows` */
export const regimeWords = (regime: string): string => {
  if (regime === 'benign') return 'no harmful rows'
  if (regime === 'pure-bad') return 'harmful rows only'
  const share = Number(/^poison:(\d*\.?\d+)$/.exec(regime)?.[1])
  return Number.isNaN(share)
    ? `\u201c${regime}\u201d`
    : share === 0
      ? 'no harmful rows'
      : `${inWords(share)} harmful rows`
}

/** `5 %`, for the headers of narrow columns. */
export const regimeShort = (regime: string): string => {
  if (regime === 'benign') return '0\u00a0%'
  if (regime === 'pure-bad') return '100\u00a0%'
  const share = Number(/^poison:(\d*\.?\d+)$/.exec(regime)?.[1])
  return Number.isNaN(share) ? regime : inWords(share)
}

/** `data with 5 % harmful rows` */
export const regimeData = (regime: string): string => {
  const words = regimeWords(regime)
  return words.startsWith('\u201c')
    ? `the data ${words}`
    : regime === 'pure-bad'
      ? words
      : `data with ${words}`
}

/** `p = 0.003`, `p < 0.001` */
export const pValue = (p: number): string =>
  p < 0.001 ? 'p\u00a0<\u00a00.001' : `p\u00a0=\u00a0${p.toFixed(3)}`

/** The name of a row; a control says that it is one. */
export const rowName = (name: string, { control }: { readonly control: boolean }): string =>
  control ? `${name} (control)` : name

export const listed = (words: ReadonlyArray<string>): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`
