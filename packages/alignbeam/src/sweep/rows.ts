/** The rows that every setting answers: harmful requests, benign requests and tasks, each with its cluster and its side. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type Example, type Fault, badInput, responseText } from '@safe/tensor-core/contracts'
import type { Place, RowSet } from './outcome'
import { type Placed, type SplitRule, sidesOf } from './split'

// model ------------------------------------------------------------------------------------------

/** The rows of one file. */
export interface SetRows {
  readonly set: RowSet
  /** The file, for messages. */
  readonly path: string
  readonly examples: ReadonlyArray<Example>
}

/** One row to be answered. */
export interface SweepRow extends Place {
  readonly example: Example
}

/** How rows are grouped. */
export interface Grouping {
  /** The field that names a row's cluster; undefined: rows of one prompt are a cluster. */
  readonly cluster: string | undefined
  readonly split: SplitRule
}

// parts ------------------------------------------------------------------------------------------

const isWord = (u: unknown): u is string | number | boolean =>
  (typeof u === 'string' && u !== '') || typeof u === 'number' || typeof u === 'boolean'

/** A field of a row as text. @returns left: the row has none, with the fields it has */
const fieldText = (path: string, { id, fields }: Example, field: string): E.Either<Fault, string> => {
  const value = fields[field]
  return isWord(value)
    ? E.right(String(value))
    : E.left(
        badInput(
          'BadRow',
          value === undefined
            ? `has no field ${field}`
            : `field ${field} must be text, a number or a boolean`,
          {
            where: `${path}, row ${id}`,
            remedy: `fields of this row: ${Object.keys(fields).slice(0, 8).join(', ') || 'none'}`,
          },
        ),
      )
}

const placed =
  ({ cluster, split }: Grouping) =>
  (rows: SetRows): E.Either<Fault, ReadonlyArray<Placed>> =>
    pipe(
      rows.examples,
      E.traverseArray((example) =>
        pipe(
          E.Do,
          E.bind('cluster', () =>
            cluster === undefined
              ? E.right(JSON.stringify(example.prompt))
              : fieldText(rows.path, example, cluster),
          ),
          E.bind('mark', () =>
            split.kind === 'field' ? fieldText(rows.path, example, split.field) : E.right(undefined),
          ),
          E.map(({ cluster: name, mark }) => ({
            set: rows.set,
            path: rows.path,
            id: example.id,
            cluster: name,
            mark,
          })),
        ),
      ),
    )

const checkTask = ({ set, path, examples }: SetRows): E.Either<Fault, void> => {
  const without = set === 'task' ? examples.find((e) => responseText(e.response).trim() === '') : undefined
  return without === undefined
    ? E.right(undefined)
    : E.left(
        badInput('BadRow', 'has no response, so it cannot be seen whether the task is solved', {
          where: `${path}, row ${without.id}`,
          remedy: 'give the right answer as its response',
        }),
      )
}

// constructors -----------------------------------------------------------------------------------

/** All rows, file after file. @returns left: a field that a row does not have, or a side without rows of a set */
export const sweepRows = (
  sets: ReadonlyArray<SetRows>,
  grouping: Grouping,
): E.Either<Fault, ReadonlyArray<SweepRow>> =>
  pipe(
    sets,
    E.traverseArray(checkTask),
    E.chain(() => pipe(sets, E.traverseArray(placed(grouping)))),
    E.chain((parts) => {
      const rows = parts.flat()
      const examples = sets.flatMap((s) => s.examples)
      return pipe(
        sidesOf(rows, grouping.split),
        E.map((sides) =>
          rows.flatMap(({ set, cluster }, i): ReadonlyArray<SweepRow> => {
            const [example, side] = [examples[i], sides[i]]
            return example === undefined || side === undefined ? [] : [{ set, cluster, side, example }]
          }),
        ),
      )
    }),
  )
