/**
 * Krippendorff's alpha for nominal data and any number of raters, with missing values (Content Analysis, chapter 11):
 *
 *     alpha = 1 - D_o / D_e,   D_o = 1/n sum_u sum_c n_uc (m_u - n_uc) / (m_u - 1),   D_e = 1/(n (n - 1)) sum_c n_c (n - n_c)
 *
 * over the units u with m_u >= 2 values, where n is the number of their values and c runs over the categories.
 */

/** The number of times that each value occurs. */
const counted = (values: ReadonlyArray<string>): ReadonlyMap<string, number> =>
  values.reduce((counts, v) => counts.set(v, (counts.get(v) ?? 0) + 1), new Map<string, number>())

/**
 * Agreement of any number of raters, corrected for chance: 1 where they always agree, 0 where they agree as often as by chance.
 *
 * @param units the values that each rated item got, null where a rater gave none
 * @returns null where no item has two values, or all values are equal: chance agreement is then certain
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { krippendorffAlpha } from '@safe/eval-redorca'
 *
 * assert.strictEqual(krippendorffAlpha([['yes', 'yes', null], ['no', 'no', 'no'], ['yes', null, null]]), 1)
 * assert.strictEqual(krippendorffAlpha([['yes', 'yes']]), null)
 * ```
 */
export const krippendorffAlpha = (units: ReadonlyArray<ReadonlyArray<string | null>>): number | null => {
  const pairable = units
    .map((unit) => unit.filter((v): v is string => v !== null))
    .filter((unit) => unit.length >= 2)
  const n = pairable.reduce((s, unit) => s + unit.length, 0)
  const observed =
    pairable.reduce(
      (s, unit) =>
        s + [...counted(unit).values()].reduce((d, k) => d + (k * (unit.length - k)) / (unit.length - 1), 0),
      0,
    ) / n
  const expected = [...counted(pairable.flat()).values()].reduce((d, k) => d + k * (n - k), 0) / (n * (n - 1))
  return expected > 0 ? 1 - observed / expected : null
}
