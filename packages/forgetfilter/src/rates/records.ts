/** Rows of the files this package reads: observations of a model, rates, labels. Other fields of a row are ignored. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type FormatError, type InputError, badInput } from '@safe/tensor-core/contracts'
import { errorLine } from '@safe/tensor-core/files'
import { readRows } from '@safe/tensor-core/formats'
import type { Named, RatedRow } from './rates'
import type { Observation, ObservedField } from './signals'

// codecs -----------------------------------------------------------------------------------------

/** Rounding may leave a log-probability a little above 0. */
const LogProb = t.refinement(t.number, (x) => Number.isFinite(x) && x <= 1e-3, 'a log-probability, at most 0')
const Truth = new t.Type<boolean, boolean, unknown>(
  '0 or 1',
  t.boolean.is,
  (u, context) =>
    u === 1 || u === true || u === '1'
      ? t.success(true)
      : u === 0 || u === false || u === '0'
        ? t.success(false)
        : t.failure(u, context),
  t.identity,
)
/** A number, or the text of one: CSV has only text. */
const Numeric = new t.Type<number, number, unknown>(
  'a number',
  t.number.is,
  (u, context) => {
    const x = typeof u === 'string' && u.trim() !== '' ? Number(u) : u
    return typeof x === 'number' && Number.isFinite(x) ? t.success(x) : t.failure(u, context)
  },
  t.identity,
)
const nullable = <C extends t.Mixed>(codec: C) => t.union([codec, t.null, t.undefined], codec.name)

const observed = {
  completion: t.type({ completion: t.string }),
  logProbs: t.type({ logProbs: t.array(LogProb) }),
  correct: t.type({ correct: t.array(Truth) }),
}
const Rate = t.intersection([
  t.type({ rate: t.union([Numeric, t.null], 'a number') }),
  t.partial({ s1: nullable(Numeric), s2: nullable(Numeric) }),
])
const Label = t.type({ unsafe: Truth })
const Id = t.union([t.string, t.number], 'text or a number')

// reading ----------------------------------------------------------------------------------------

/** Whether a row is unsafe, by someone's judgement. */
export interface LabelRow {
  readonly id: string
  readonly unsafe: boolean
}

/** All rows of a file with their ids; without one a row's id is its zero-based number, as in data files. */
const readRecords = <A>(
  path: string,
  codec: t.Decoder<unknown, A>,
  remedy: string,
): TE.TaskEither<FormatError | InputError, Named<A & { readonly id: string }>> =>
  pipe(
    readRows(path),
    TE.chainEitherKW((rows) =>
      pipe(
        [...rows.entries()],
        E.traverseArray(([index, { line, value }]) => {
          const { id: own } = value
          const id = own === undefined || own === null || own === '' ? index : own
          return pipe(
            E.Do,
            E.apS('id', Id.decode(id)),
            E.apS('fields', codec.decode(value)),
            E.bimap(
              (errors) => badInput('BadRow', errorLine(errors), { where: `${path}:${line}`, remedy }),
              ({ id: known, fields }) => ({ ...fields, id: String(known) }),
            ),
          )
        }),
      ),
    ),
    TE.map((rows) => ({ name: path, rows })),
  )

/** A model's observations of rows, as `tensor-core generate`, `tensor-core score` or any server writes them: `{id, completion | logProbs | correct}`. */
export const readObservations = (
  path: string,
  field: ObservedField,
): TE.TaskEither<FormatError | InputError, Named<Observation>> =>
  readRecords<Omit<Observation, 'id'>>(path, observed[field], `give {id, ${field}} rows`)

/** `{id, s1, s2, rate}` rows; s1 and s2 may be missing. */
export const readRates = (path: string): TE.TaskEither<FormatError | InputError, Named<RatedRow>> =>
  pipe(
    readRecords(path, Rate, 'give {id, s1, s2, rate} rows'),
    TE.map(({ name, rows }) => ({
      name,
      rows: rows.map(({ id, s1, s2, rate }) => ({ id, s1: s1 ?? null, s2: s2 ?? null, rate })),
    })),
  )

/** `{id, unsafe}` rows, unsafe 0 or 1. */
export const readLabels = (path: string): TE.TaskEither<FormatError | InputError, Named<LabelRow>> =>
  readRecords(path, Label, 'give {id, unsafe: 0 | 1} rows')
