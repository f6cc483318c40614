/**
 * Rows that two data sets have in common although they must be disjoint: evaluation prompts and all that models are trained on or
 * corrected with, validation and test. Prompts are the same where their keys are equal (mix/promptKey.ts).
 */
import * as E from 'fp-ts/Either'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import type { OverlapPolicy } from '../config/overlap'
import type { EvaluationItem } from './suite'

// model ------------------------------------------------------------------------------------------

/** A row, and what it must not share with a row of another set: its prompt, its cluster. */
export interface BoundRow {
  readonly file: string
  /** Its id in the file. */
  readonly row: string
  readonly bindings: ReadonlyArray<string>
}

/** A row of the evaluation. */
export interface EvaluatedRow extends BoundRow, Pick<EvaluationItem, 'set' | 'split'> {}

/** A row of other data, and what that is used for. */
export interface UsedRow extends BoundRow {
  readonly use: 'training' | 'safe' | 'references' | 'harmful'
}

/** Rows that two files have in common. */
export interface Overlap {
  /** The part of the policy that decides about it. */
  readonly concern: keyof OverlapPolicy
  /** What the second file is used for. */
  readonly use: UsedRow['use'] | 'test'
  readonly pairs: ReadonlyArray<{ readonly one: BoundRow; readonly other: BoundRow }>
}

// finding ----------------------------------------------------------------------------------------

/** The first row that has each binding. */
const indexOf = (rows: ReadonlyArray<BoundRow>): ReadonlyMap<string, BoundRow> => {
  const first = new Map<string, BoundRow>()
  for (const row of rows) for (const binding of row.bindings) if (!first.has(binding)) first.set(binding, row)
  return first
}

const groupsBy = <A>(values: ReadonlyArray<A>, key: (a: A) => string): ReadonlyArray<ReadonlyArray<A>> => {
  const groups = new Map<string, A[]>()
  for (const value of values) {
    const group = groups.get(key(value))
    if (group === undefined) groups.set(key(value), [value])
    else group.push(value)
  }
  return [...groups.values()]
}

/** The rows of one file that have something in common with rows of another, by the concern. */
const between = (
  rows: ReadonlyArray<EvaluatedRow>,
  others: ReadonlyArray<BoundRow>,
  use: Overlap['use'],
  concernOf: (row: EvaluatedRow) => keyof OverlapPolicy,
): ReadonlyArray<Overlap> => {
  const index = indexOf(others)
  const pairs = rows.flatMap((one) => {
    const other = one.bindings.flatMap((binding) => index.get(binding) ?? [])[0]
    return other === undefined ? [] : [{ one, other, concern: concernOf(one) }]
  })
  return groupsBy(pairs, ({ one, concern }) => JSON.stringify([concern, one.file])).flatMap((found) => {
    const [first] = found
    return first === undefined ? [] : [{ concern: first.concern, use, pairs: found }]
  })
}

/** Everything that evaluation rows have in common with rows of other uses, and rows of the validation with those of the test. */
export const overlapsOf = (
  evaluation: ReadonlyArray<EvaluatedRow>,
  used: ReadonlyArray<UsedRow>,
): ReadonlyArray<Overlap> => {
  const on = (split: EvaluatedRow['split']): ReadonlyArray<EvaluatedRow> =>
    evaluation.filter((row) => row.split === split)
  const concernOf =
    (use: UsedRow['use']) =>
    ({ set }: EvaluatedRow): keyof OverlapPolicy =>
      use === 'training' && (set === 'harmful' || set === 'task') ? 'training' : 'rest'
  return [
    ...groupsBy(used, ({ use, file }) => JSON.stringify([use, file])).flatMap((rows) => {
      const use = rows[0]?.use ?? 'training'
      return between(evaluation, rows, use, concernOf(use))
    }),
    ...groupsBy(on('test'), ({ file }) => file).flatMap((rows) =>
      between(on('validation'), rows, 'test', () => 'validation'),
    ),
  ]
}

// deciding ---------------------------------------------------------------------------------------

/** Pairs of rows, and pairs of files, named in a message. */
const [shownRows, shownFiles] = [5, 3]

/** The files, how many rows they have in common, and the first of these. */
export const overlapText = ({ use, pairs }: Overlap): string => {
  const [first] = pairs
  const rows = pairs.slice(0, shownRows).map(({ one, other }) => `${one.row} and ${other.row}`)
  const more = pairs.length - rows.length
  const what = use === 'test' ? 'prompt or cluster' : 'prompt'
  const count =
    pairs.length === 1 ? `a ${what}` : `${pairs.length} ${what.replaceAll(/prompt|cluster/g, '$&s')}`
  return `${first?.one.file ?? ''} has ${count} in common with ${use} rows of ${first?.other.file ?? ''}: rows ${rows.join(', ')}${more === 0 ? '' : ` and ${more} more`}`
}

/** @returns left: what the policy refuses; else the lines to warn with */
export const decided =
  (policy: OverlapPolicy) =>
  (overlaps: ReadonlyArray<Overlap>): E.Either<Fault, ReadonlyArray<string>> => {
    const under = (rule: OverlapPolicy['rest']): ReadonlyArray<Overlap> =>
      overlaps.filter(({ concern }) => policy[concern] === rule)
    const refused = under('refuse')
    const more = refused.length - shownFiles
    return refused[0] === undefined
      ? E.right(under('warn').map(overlapText))
      : E.left(
          badInput(
            'DataOverlap',
            `${refused.slice(0, shownFiles).map(overlapText).join('; ')}${more > 0 ? `; and ${more} more pairs of files` : ''}`,
            {
              remedy: `remove the rows from one of the two files, or set suite.overlap.${refused[0].concern} to warn`,
            },
          ),
        )
  }
