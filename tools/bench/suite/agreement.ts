/** Checks that two processes computed the same. */
import type { Measured } from './measured'
import type { Agreement } from './row'

const largest = (xs: ReadonlyArray<number>): number => Math.max(0, ...xs)

/** The losses of all steps agree within a relative tolerance. */
export const sameLosses =
  (tolerance: number) =>
  (ours: Measured, theirs: Measured): Agreement => {
    const [a, b] = [ours.losses ?? [], theirs.losses ?? []]
    const gap = largest(a.map((x, i) => Math.abs(x / (b[i] ?? NaN) - 1)))
    return {
      same: a.length > 0 && a.length === b.length && gap <= tolerance,
      how: `losses of ${a.length} steps within ${gap.toExponential(1)} (allowed ${tolerance.toExponential(0)})`,
    }
  }

const leading = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number => {
  const first = a.findIndex((id, i) => id !== b[i])
  return first === -1 ? a.length : first
}

/** All tokens of all rows are equal. */
export const sameTokens = (ours: Measured, theirs: Measured): Agreement => {
  const [a, b] = [ours.tokens ?? [], theirs.tokens ?? []]
  const all = a.reduce((n, row) => n + row.length, 0)
  const equal = a.reduce((n, row, i) => n + leading(row, b[i] ?? []), 0)
  return {
    same: all > 0 && a.length === b.length && equal === all,
    how: `${equal} of ${all} tokens identical`,
  }
}

/**
 * Most rows begin with the same token. In bfloat16, rows diverge for good once two candidates are within its rounding, so later
 * tokens may differ.
 */
export const tokensBeginAlike = (ours: Measured, theirs: Measured): Agreement => {
  const [a, b] = [ours.tokens ?? [], theirs.tokens ?? []]
  const alike = a.filter((row, i) => row[0] !== undefined && row[0] === b[i]?.[0]).length
  const all = a.reduce((n, row) => n + row.length, 0)
  const equal = a.reduce((n, row, i) => n + leading(row, b[i] ?? []), 0)
  return {
    same: a.length > 0 && alike >= 0.75 * a.length,
    how: `${alike} of ${a.length} rows begin with the same token; ${equal} of ${all} tokens before rows part`,
  }
}

/** Log-probabilities of the same tokens: their largest difference, or the mean one in bfloat16, whose single values are coarse. */
export const closeLogProbs =
  (allowed: { readonly largest: number } | { readonly mean: number }) =>
  (ours: Measured, theirs: Measured): Agreement => {
    const [a, b] = [ours.logProbs ?? [], theirs.logProbs ?? []]
    const gaps = a.flatMap((row, i) => row.map((x, j) => Math.abs(x - (b[i]?.[j] ?? NaN))))
    const equal = a.length === b.length && a.every((row, i) => row.length === b[i]?.length)
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / Math.max(1, gaps.length)
    const [what, gap, most] =
      'largest' in allowed ? ['', largest(gaps), allowed.largest] : [' on average', mean, allowed.mean]
    return {
      same: equal && gaps.length > 0 && gap <= most,
      how: equal
        ? `log-probabilities of ${gaps.length} tokens within ${gap.toExponential(1)}${what} (allowed ${most.toExponential(0)})`
        : 'other tokens on each side',
    }
  }

/** Two results of one process differ by at most a relative tolerance. */
export const smallDifference =
  (tolerance: number, what: string) =>
  ({ difference = Infinity }: Measured): Agreement => ({
    same: difference <= tolerance,
    how: `${what} within ${difference.toExponential(1)} (allowed ${tolerance.toExponential(0)})`,
  })
