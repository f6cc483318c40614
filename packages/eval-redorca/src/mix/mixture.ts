/**
 * A fine-tuning set like RedOrca (SEAL, arXiv 2410.07471): instructions mixed with unsafe rows by share, drawn without replacement,
 * disjoint by prompt from the sets it is evaluated on.
 *
 * For one seed the unsafe rows of a smaller share are contained in those of a larger one of the same count.
 */
import * as E from 'fp-ts/Either'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { stream } from '@safe/tensor-core/random'

// model ------------------------------------------------------------------------------------------

/** A row and the key of its prompt. */
export interface Keyed<A> {
  readonly key: string
  readonly row: A
}

/** The rows of a source that may be drawn, and how many others it has. */
export interface Eligible<A> {
  readonly rows: ReadonlyArray<Keyed<A>>
  /** Rows whose prompt is in a set that is kept out. */
  readonly excluded: number
  /** Rows whose prompt stands earlier in the source, or among the unsafe rows. */
  readonly duplicates: number
}

/** How many rows of each kind a mixture has. */
export interface Quota {
  readonly unsafe: number
  readonly instructions: number
}

// parts ------------------------------------------------------------------------------------------

/** `count` rows, the share of unsafe ones rounded to the nearest row. */
export const quotaOf = (count: number, unsafeShare: number): Quota => {
  const unsafe = Math.round(unsafeShare * count)
  return { unsafe, instructions: count - unsafe }
}

/**
 * The first row of each prompt, without those whose prompt is kept out.
 *
 * @param excluded prompts of evaluation and reference sets
 * @param taken prompts that another source of the mixture has
 */
export const eligible = <A>(
  source: ReadonlyArray<Keyed<A>>,
  excluded: ReadonlySet<string>,
  taken: ReadonlySet<string> = new Set(),
): Eligible<A> => {
  const seen = new Set<string>()
  const allowed = source.filter(({ key }) => !excluded.has(key))
  const rows = allowed.filter(({ key }) => {
    if (seen.has(key) || taken.has(key)) return false
    seen.add(key)
    return true
  })
  return { rows, excluded: source.length - allowed.length, duplicates: allowed.length - rows.length }
}

/** Draws rows without replacement; for one seed and kind, fewer rows are a part of more. @param where the file, for the error */
export const drawn = <A>(
  { rows, excluded, duplicates }: Eligible<A>,
  wanted: number,
  seed: number,
  kind: keyof Quota,
  where: string,
): E.Either<Fault, ReadonlyArray<A>> =>
  rows.length < wanted
    ? E.left(
        badInput(
          'EmptyData',
          `has ${rows.length} rows to draw from (${excluded} excluded, ${duplicates} duplicates left out), ${wanted} are needed`,
          { where, remedy: 'give more rows, or lower --count or the share' },
        ),
      )
    : E.right(
        stream(seed, 'redorca', kind)
          .shuffle(rows)
          .slice(0, wanted)
          .map(({ row }) => row),
      )

/** The mixture's order. */
export const ordered = <A>(rows: ReadonlyArray<A>, seed: number): ReadonlyArray<A> =>
  stream(seed, 'redorca', 'order').shuffle(rows)
