/** The rates of a cell as `results.json` states them: what is left of a results folder where its answers were not kept. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { Fault } from '@safe/tensor-core/contracts'
import { decodeAs, readJson } from '@safe/tensor-core/files'
import { type RateName, rateNames } from '../results/metrics'
import type { StatedRate } from './worsening'

// model ------------------------------------------------------------------------------------------

/** By the name of the rate; one of an empty set is absent. */
export type StatedRates = Readonly<Partial<Record<RateName, StatedRate>>>

// codec ------------------------------------------------------------------------------------------

const rate = t.intersection([
  t.type({ value: t.number, n: t.number, low: t.number, high: t.number }),
  t.partial({ clusters: t.number, unjudged: t.number }),
])
const rates = t.partial({
  attackSuccess: rate,
  refusal: rate,
  overRefusal: rate,
  lookalikeAnswered: rate,
  benignComplied: rate,
  degenerate: rate,
  exactMatch: rate,
} satisfies Record<RateName, typeof rate>)

const document = t.type({
  cells: t.readonlyArray(
    t.type({
      id: t.string,
      metrics: t.intersection([rates, t.partial({ byJudge: t.record(t.string, rates) })]),
    }),
  ),
})

// reading ----------------------------------------------------------------------------------------

/**
 * The rates of a cell in a `results.json`.
 *
 * @param judge the id of a judge other than the headline judge
 * @returns right undefined: the file has none by this judge
 */
export const readStatedRates = (
  path: string,
  cell: string,
  judge?: string,
): TE.TaskEither<Fault, StatedRates | undefined> =>
  pipe(
    readJson(path),
    TE.chainEitherKW(decodeAs('FileDamaged')(document, path, 'run the benchmark again')),
    TE.map(({ cells }) => {
      const metrics = cells.find(({ id }) => id === cell)?.metrics
      const found = judge === undefined ? metrics : metrics?.byJudge?.[judge]
      return found === undefined
        ? undefined
        : Object.fromEntries(
            rateNames.flatMap((name) => {
              const of = found[name]
              return of === undefined ? [] : [[name, of] as const]
            }),
          )
    }),
  )
