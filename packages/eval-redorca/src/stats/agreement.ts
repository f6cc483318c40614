/**
 * Agreement of two raters over unordered categories: Cohen's kappa with the large-sample interval of Fleiss, Cohen and Everitt
 * (1969), and Krippendorff's alpha for nominal data.
 */
import { z95 } from '@safe/tensor-core/stats'

// model ------------------------------------------------------------------------------------------

/** The categories that two raters gave to one item. */
export interface RatedPair {
  readonly a: string
  readonly b: string
}

/** Agreement of two raters, corrected for chance. */
export interface Agreement {
  readonly n: number
  /** Share of pairs in which both raters give the same category. */
  readonly accuracy: number
  /** Null where agreement by chance is certain: both raters always gave the same category. */
  readonly kappa: number | null
  readonly kappaInterval: { readonly low: number; readonly high: number } | null
  readonly alpha: number | null
  readonly categories: ReadonlyArray<string>
  /** `confusion[a][b]`: the number of pairs with a from the first rater and b from the second. */
  readonly confusion: Readonly<Record<string, Readonly<Record<string, number>>>>
}

// constructors -----------------------------------------------------------------------------------

/** Agreement over all pairs, in the categories that occur. */
export const agreement = (pairs: ReadonlyArray<RatedPair>): Agreement => {
  const n = pairs.length
  const categories = [...new Set(pairs.flatMap(({ a, b }) => [a, b]))].sort()
  const count = (a: string, b: string): number => pairs.filter((p) => p.a === a && p.b === b).length
  const share = categories.map((a) => categories.map((b) => count(a, b) / n))
  const cell = (i: number, j: number): number => share[i]?.[j] ?? 0
  const rows = categories.map((_, i) => categories.reduce((s, _b, j) => s + cell(i, j), 0))
  const columns = categories.map((_, j) => categories.reduce((s, _a, i) => s + cell(i, j), 0))
  const observed = categories.reduce((s, _, i) => s + cell(i, i), 0)
  const expected = rows.reduce((s, r, i) => s + r * (columns[i] ?? 0), 0)
  const certain = 1 - expected < 1e-12
  const kappa = certain ? null : (observed - expected) / (1 - expected)
  return {
    n,
    accuracy: observed,
    kappa,
    kappaInterval: kappa === null ? null : kappaInterval(kappa, { n, cell, rows, columns, expected }),
    alpha: nominalAlpha(n, observed, rows, columns),
    categories,
    confusion: Object.fromEntries(
      categories.map((a) => [a, Object.fromEntries(categories.map((b) => [b, count(a, b)]))]),
    ),
  }
}

interface Shares {
  readonly n: number
  readonly cell: (i: number, j: number) => number
  readonly rows: ReadonlyArray<number>
  readonly columns: ReadonlyArray<number>
  readonly expected: number
}

/** kappa +- z se, with the standard error that does not assume independent raters. */
const kappaInterval = (
  kappa: number,
  { n, cell, rows, columns, expected }: Shares,
): { low: number; high: number } => {
  let diagonal = 0
  let off = 0
  rows.forEach((r, i) => {
    const c = columns[i] ?? 0
    diagonal += cell(i, i) * (1 - (r + c) * (1 - kappa)) ** 2
    rows.forEach((_, j) => {
      if (i !== j) off += cell(i, j) * ((columns[i] ?? 0) + (rows[j] ?? 0)) ** 2
    })
  })
  const variance =
    (diagonal + (1 - kappa) ** 2 * off - (kappa - expected * (1 - kappa)) ** 2) / ((1 - expected) ** 2 * n)
  const half = z95 * Math.sqrt(Math.max(0, variance))
  return { low: kappa - half, high: kappa + half }
}

/** alpha = 1 - observed / expected disagreement, with the values of both raters pooled (Krippendorff, Content Analysis, chapter 11). */
const nominalAlpha = (
  n: number,
  observed: number,
  rows: ReadonlyArray<number>,
  columns: ReadonlyArray<number>,
): number | null => {
  const values = 2 * n
  const same = rows.reduce((s, r, i) => {
    const pooled = (r + (columns[i] ?? 0)) * n
    return s + pooled * (pooled - 1)
  }, 0)
  const disagreement = 1 - same / (values * (values - 1))
  return disagreement < 1e-12 ? null : 1 - (1 - observed) / disagreement
}
