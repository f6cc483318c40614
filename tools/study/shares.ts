/** A fine-tuning set with other shares of harmful rows than the tenth that it has. */
import { stream } from '@safe/tensor-core/random'
import { normalisedPrompt } from '@safe/eval-redorca'
import type { MixedRow } from './sources'

const shares = [0, 0.05, 0.2]

/** One row of each prompt, the set's own where it has one; those that stand last come first. */
const distinct = (rows: ReadonlyArray<MixedRow>): ReadonlyArray<MixedRow> => [
  ...new Map([...rows].reverse().map((row) => [normalisedPrompt(row.prompt), row])).values(),
]

/**
 * The task's rows as they are, with harmful rows of all sets in place of the set's own: so most of those at one share are other rows than
 * at a tenth.
 *
 * @param harmful rows of all sets; those that stand last are taken first @returns `NAME-0`, `NAME-5`, `NAME-20`
 */
export const otherShares = (
  name: string,
  set: ReadonlyArray<MixedRow>,
  harmful: ReadonlyArray<MixedRow>,
  seed: number,
): Readonly<Record<string, ReadonlyArray<MixedRow>>> => {
  const clean = set.filter((row) => !row.harmful)
  const pool = distinct([...set.filter((row) => row.harmful), ...harmful])
  return Object.fromEntries(
    shares.map((share) => {
      const count = Math.round((clean.length * share) / (1 - share))
      const rows = [...clean, ...pool.slice(0, count)]
      return [`${name}-${100 * share}`, stream(seed, 'shares', name, share).shuffle(rows)]
    }),
  )
}
