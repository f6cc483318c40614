/**
 * Forgetting rates: r = s(M1, y) - s(M2, y) for every row, s as the signal defines it (arXiv 2312.12736, section 4.1).
 * Rows of the two models, and of the data, are matched by id; an id that one of them lacks is an error, never a guess.
 */
import * as E from 'fp-ts/Either'
import * as O from 'fp-ts/Option'
import { pipe } from 'fp-ts/function'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { type Observation, type ScorePair, type Signal, observedField, scorePair } from './signals'

// model ------------------------------------------------------------------------------------------

/** One row's rate. All three are null where the row has nothing to score (no response token). */
export interface RatedRow {
  readonly id: string
  readonly s1: number | null
  readonly s2: number | null
  /** s1 - s2: how much of the row the safe set made the model forget. */
  readonly rate: number | null
}

/** Rows with a name for messages: the file they came from. */
export interface Named<A> {
  readonly name: string
  readonly rows: ReadonlyArray<A>
}

/** The response that a row's completions are compared with. */
export interface GroundTruth {
  readonly id: string
  readonly response: string
}

/** Why rates cannot be formed; all of it is for the caller to correct. */
export type RateError = Fault<'DuplicateId' | 'UnmatchedId' | 'BadObservation'>

// matching ---------------------------------------------------------------------------------------

/** Rows by id; @returns left `DuplicateId` where two rows share one. */
export const indexById = <A extends { readonly id: string }>(
  source: Named<A>,
): E.Either<RateError, ReadonlyMap<string, A>> => {
  const byId = new Map<string, A>()
  for (const row of source.rows) {
    if (byId.has(row.id))
      return E.left(
        badInput('DuplicateId', `two rows have the id ${JSON.stringify(row.id)}`, {
          where: source.name,
          remedy: 'give every row an id of its own',
        }),
      )
    byId.set(row.id, row)
  }
  return E.right(byId)
}

/** The rows of `other` in the order of `main`; @returns left `UnmatchedId` naming an id that only one of them has. */
export const alignById = <A extends { readonly id: string }, B extends { readonly id: string }>(
  main: Named<A>,
  other: Named<B>,
): E.Either<RateError, ReadonlyArray<readonly [A, B]>> =>
  pipe(
    E.Do,
    E.apS('own', indexById(main)),
    E.apS('theirs', indexById(other)),
    E.chain(({ own, theirs }) => {
      const onlyIn = (id: string, has: string, lacks: string): RateError =>
        badInput('UnmatchedId', `the id ${JSON.stringify(id)} of ${has} is missing`, {
          where: lacks,
          remedy: 'give files with the same ids',
        })
      const unmatched = other.rows.find((row) => !own.has(row.id))
      if (unmatched !== undefined) return E.left(onlyIn(unmatched.id, other.name, main.name))
      return E.traverseArray((row: A) => {
        const match = theirs.get(row.id)
        return match === undefined
          ? E.left(onlyIn(row.id, main.name, other.name))
          : E.right<RateError, readonly [A, B]>([row, match])
      })(main.rows)
    }),
  )

// constructors -----------------------------------------------------------------------------------

const rated =
  (id: string) =>
  (scores: O.Option<ScorePair>): RatedRow =>
    O.isNone(scores)
      ? { id, s1: null, s2: null, rate: null }
      : { id, ...scores.value, rate: scores.value.s1 - scores.value.s2 }

/**
 * Rates of all rows of two models' observations.
 *
 * @param truths the data's responses; `rouge` needs them. Rates are in their order, else in the order of `before`.
 * @returns left `DuplicateId`, `UnmatchedId` for an id that only one of the sources has, or `BadObservation` where a row lacks what
 *   the signal reads
 * @example
 * ```ts
 * import { forgettingRates } from '@safe/forgetfilter'
 *
 * const truths = { name: 'data', rows: [{ id: 'a', response: 'the cat sat' }] }
 * const m1 = { name: 'm1', rows: [{ id: 'a', completion: 'The cat sat.' }] }
 * const m2 = { name: 'm2', rows: [{ id: 'a', completion: 'I cannot' }] }
 * console.log(forgettingRates('rouge', m1, m2, truths)) // right: [{ id: 'a', s1: 1, s2: 0, rate: 1 }]
 * ```
 */
export const forgettingRates = (
  signal: Signal,
  before: Named<Observation>,
  after: Named<Observation>,
  truths?: Named<GroundTruth>,
): E.Either<RateError, ReadonlyArray<RatedRow>> => {
  const given = truths ?? { name: before.name, rows: before.rows.map(({ id }) => ({ id, response: '' })) }
  if (signal === 'rouge' && truths === undefined)
    return E.left(
      badInput('BadObservation', 'must be given: rouge needs the ground truth', { field: 'data' }),
    )
  return pipe(
    E.Do,
    E.apS('ones', alignById(given, before)),
    E.apS('twos', alignById(given, after)),
    E.chain(({ ones, twos }) =>
      E.traverseArray(([i, [truth, one]]: readonly [number, readonly [GroundTruth, Observation]]) => {
        const two = twos[i]?.[1] ?? one
        return pipe(
          scorePair(signal, truth.response, one, two),
          E.bimap(
            (why): RateError =>
              badInput('BadObservation', `the row ${JSON.stringify(truth.id)} ${why}`, {
                where: one[observedField(signal)] === undefined ? before.name : after.name,
                remedy: `give what the signal ${signal} reads`,
              }),
            rated(truth.id),
          ),
        )
      })([...ones.entries()]),
    ),
  )
}
