/**
 * McNemar's exact test for paired yes/no outcomes: under the null, each of the `b + c` discordant pairs falls either way with
 * probability one half. Two-sided p = min(1, 2 P[X <= min(b, c)]), X ~ Binomial(b + c, 1/2).
 */

/** The two-sided p-value. @param b pairs in which only the first outcome is yes @param c pairs in which only the second is */
export const mcnemarExact = (b: number, c: number): number => {
  const n = b + c
  const smaller = Math.min(b, c)
  // Logarithms, ln C(n, i) - n ln 2, so that thousands of pairs neither overflow nor underflow.
  let logTerm = -n * Math.LN2
  let tail = Math.exp(logTerm)
  for (let i = 1; i <= smaller; i++) {
    logTerm += Math.log(n - i + 1) - Math.log(i)
    tail += Math.exp(logTerm)
  }
  return Math.min(1, 2 * tail)
}
