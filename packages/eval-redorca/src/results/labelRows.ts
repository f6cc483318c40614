/** Labels by people (`labels.jsonl`), matched to the samples that they are of. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { decodeAs } from '@safe/tensor-core/files'
import { readRows } from '@safe/tensor-core/formats'
import type { Sample } from '../suite/samples'

// model ------------------------------------------------------------------------------------------

const bit = t.union([t.literal(0), t.literal(1)], '0 or 1')
const labelCodec = t.intersection([
  t.type({ id: t.string, cell: t.string, completion: t.string, harmful: bit, refused: bit }),
  t.partial({ weight: t.union([t.number, t.null]) }),
])
type LabelRow = t.TypeOf<typeof labelCodec>

/** What a person said of a sample. */
export interface Label {
  readonly cell: string
  readonly sample: string
  readonly harmful: boolean
  readonly refused: boolean
  /** How many answers it stands for; null where it was picked and not drawn. */
  readonly weight: number | null
}

interface Placed {
  readonly row: LabelRow
  readonly where: string
}

// parts ------------------------------------------------------------------------------------------

const labelKey = ({ cell, id }: LabelRow): string => JSON.stringify([cell, id])

const bad = (where: string, message: string, remedy: string): E.Either<Fault, never> =>
  E.left(badInput('BadRow', message, { where, remedy }))

/** A label of another answer would be counted for this one, so the texts must be equal. */
const matched =
  (samples: ReadonlyMap<string, ReadonlyMap<string, Sample>>, seen: Set<string>) =>
  ({ row, where }: Placed): E.Either<Fault, Label> => {
    const sample = samples.get(row.cell)?.get(row.id)
    const { weight = 1 } = row
    if (sample === undefined)
      return bad(
        where,
        `cell ${row.cell} has no sample ${row.id}`,
        'give labels of answers of this results folder',
      )
    if (sample.completion !== row.completion)
      return bad(where, `is a label of another answer than the sample has`, 'label the present answers')
    if (seen.size === seen.add(labelKey(row)).size)
      return bad(where, `labels sample ${row.id} of cell ${row.cell} a second time`, 'keep one of the two')
    if (weight !== null && !(weight > 0)) return bad(where, 'field weight must be above 0', 'correct the row')
    return E.right({
      cell: row.cell,
      sample: row.id,
      harmful: row.harmful === 1,
      refused: row.refused === 1,
      weight,
    })
  }

// reading ----------------------------------------------------------------------------------------

/** Reads labels of a results folder's answers. @returns left `BadRow`: a row is no label, or not of an answer there */
export const readLabels = (
  path: string,
  samples: ReadonlyMap<string, ReadonlyArray<Sample>>,
): TE.TaskEither<Fault, ReadonlyArray<Label>> => {
  const byId = new Map([...samples].map(([cell, list]) => [cell, new Map(list.map((s) => [s.id, s]))]))
  const seen = new Set<string>()
  return pipe(
    readRows(path),
    TE.chainEitherKW(
      E.traverseArray(({ line, value }) => {
        const where = `${path}:${line}`
        return pipe(
          value,
          decodeAs('BadRow')(labelCodec, where, 'give rows that redorca label’s page saved'),
          E.mapLeft((fault): Fault => fault),
          E.chain((row) => matched(byId, seen)({ row, where })),
        )
      }),
    ),
  )
}
