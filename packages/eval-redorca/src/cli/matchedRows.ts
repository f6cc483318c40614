/** Rows of two files matched by id. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import type { Row } from './rowFields'

// model ------------------------------------------------------------------------------------------

/** A row of each file, with the same id. */
export interface Matched {
  readonly a: Row
  readonly b: Row
}

// matching ---------------------------------------------------------------------------------------

const byId = (rows: ReadonlyArray<Row>): E.Either<Fault, ReadonlyMap<string, Row>> => {
  const found = new Map<string, Row>()
  for (const row of rows) {
    if (found.has(row.id))
      return E.left(
        badInput('BadRow', `id ${row.id} occurs twice`, {
          where: row.where,
          remedy: 'give each row its own id',
        }),
      )
    found.set(row.id, row)
  }
  return E.right(found)
}

/** An id that only one file has is an error: otherwise its row would be dropped silently. */
export const matched = (
  a: ReadonlyArray<Row>,
  b: ReadonlyArray<Row>,
): E.Either<Fault, ReadonlyArray<Matched>> =>
  pipe(
    E.Do,
    E.bind('ours', () => byId(a)),
    E.bind('theirs', () => byId(b)),
    E.chain(({ ours, theirs }) => {
      const alone = [...a.filter((r) => !theirs.has(r.id)), ...b.filter((r) => !ours.has(r.id))][0]
      return alone === undefined
        ? E.right(
            a.flatMap((row) => {
              const other = theirs.get(row.id)
              return other === undefined ? [] : [{ a: row, b: other }]
            }),
          )
        : E.left(
            badInput('BadRow', `id ${alone.id} is in one file only`, {
              where: alone.where,
              remedy: 'compare the same items',
            }),
          )
    }),
  )
