/** Rows of two files that must have nothing in common: validation and test prompts by prompt and by cluster. */
import * as E from 'fp-ts/Either'
import { type Fault, badInput } from '@safe/tensor-core/contracts'

// model ------------------------------------------------------------------------------------------

/** A row, and what it must not share with a row of another file. */
export interface BoundRow {
  readonly file: string
  readonly row: string
  readonly bindings: ReadonlyArray<string>
}

/** A row of each side that have something in common. */
export interface Meeting {
  readonly one: BoundRow
  readonly other: BoundRow
}

// constructors -----------------------------------------------------------------------------------

/** Every row of one side that has something in common with a row of the other, with the first such row. */
export const meetingsOf = (
  side: ReadonlyArray<BoundRow>,
  against: ReadonlyArray<BoundRow>,
): ReadonlyArray<Meeting> => {
  const first = new Map<string, BoundRow>()
  for (const row of against)
    for (const binding of row.bindings) if (!first.has(binding)) first.set(binding, row)
  return side.flatMap((one) => {
    const other = one.bindings.flatMap((binding) => first.get(binding) ?? [])[0]
    return other === undefined ? [] : [{ one, other }]
  })
}

// messages ---------------------------------------------------------------------------------------

/** Rows named in a message. */
const shownRows = 5

const placeOf = ({ file, row }: BoundRow): string => `${file} row ${row}`

/** The first rows that meet, and how many more there are. */
export const meetingsText = (meetings: ReadonlyArray<Meeting>): string => {
  const shown = meetings.slice(0, shownRows).map(({ one, other }) => `${placeOf(one)} and ${placeOf(other)}`)
  const more = meetings.length - shown.length
  return `${shown.join('; ')}${more === 0 ? '' : `; and ${more} more`}`
}

/** @returns left: something is on both sides of the split */
export const apart = (
  validation: ReadonlyArray<BoundRow>,
  test: ReadonlyArray<BoundRow>,
): E.Either<Fault, void> => {
  const meetings = meetingsOf(validation, test)
  return meetings.length === 0
    ? E.right(undefined)
    : E.left(
        badInput(
          'BadConfig',
          `has prompts or clusters that the test prompts have too: ${meetingsText(meetings)}`,
          { where: 'suite.validation', remedy: 'remove these rows from one of the two files' },
        ),
      )
}
