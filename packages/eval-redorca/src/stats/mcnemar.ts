/**
 * McNemar's exact test for paired yes/no outcomes: under the null, each of the `b + c` discordant pairs falls either way with
 * probability one half. Two-sided p = min(1, 2 P[X <= min(b, c)]), X ~ Binomial(b + c, 1/2).
 */

/** `b` pairs where only the first says yes, `c` where only the second does. */
export const mcnemarExact = (b: number, c: number): number => {
  const n = b + c
  const smaller = Math.min(b, c)
  // ln C(n, i) - n ln 2 is carried along, so that thousands of pairs neither overflow nor vanish.
  let logTerm = -n * Math.LN2
  let tail = Math.exp(logTerm)
  for (let i = 1; i <= smaller; i++) {
    logTerm += Math.log(n - i + 1) - Math.log(i)
    tail += Math.exp(logTerm)
  }
  return Math.min(1, 2 * tail)
}
