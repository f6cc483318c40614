/**
 * `plan.json`: what a run has planned, so that the status of a run and a report need not plan it again: that would open its models. It is
 * written when a round is planned; every process that works on one run writes the same.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { Fault } from '@safe/tensor-core/contracts'
import { contentHash } from '@safe/tensor-core/files'
import { CellId } from '../../results/cellFiles'
import { setupCodec } from '../../results/listing'
import type { ResultStore } from '../../store'
import { decoded } from './decoded'

// model ------------------------------------------------------------------------------------------

const planFileCodec = t.readonly(
  t.intersection([
    t.type({
      format: t.literal(1),
      /** When it was written: ISO 8601. */
      written: t.string,
      /** The cells of the first round in one hash: other data, models, engines or versions plan other cells. */
      first: t.string,
      /** Ids of the cells that are planned so far. */
      cells: t.readonlyArray(CellId),
      /** How many more follow in later rounds, as far as it is known. */
      later: t.number,
      /** What results say beside their cells. */
      setup: setupCodec,
    }),
    t.partial({
      /** Of which finished and failed cells results and report were written last, in one hash. */
      results: t.string,
    }),
  ]),
)
export type PlanFile = t.TypeOf<typeof planFileCodec>

type Documents = Pick<ResultStore, 'documents'>

const name = 'plan.json'

/** The name of a first round, by the ids of its cells. */
export const firstRound = (ids: ReadonlyArray<string>): string => contentHash([...ids].sort())

/** The name of results, by the ids of the finished and the failed cells that they list. */
export const resultsOfIds = (finished: ReadonlyArray<string>, failed: ReadonlyArray<string>): string =>
  contentHash([[...finished].sort(), [...failed].sort()])

// files ------------------------------------------------------------------------------------------

/** Undefined where there is none, or one of another format. */
export const readPlan = ({ documents }: Documents): TE.TaskEither<Fault, PlanFile | undefined> =>
  pipe(
    documents.read(name),
    TE.map((text) => decoded(planFileCodec, text)),
  )

/** Writes a plan, unless one that goes further is there: another process may be a round ahead. */
export const writePlan = (
  store: Documents,
  plan: Pick<PlanFile, 'first' | 'cells' | 'later' | 'setup'>,
): TE.TaskEither<Fault, void> =>
  pipe(
    readPlan(store),
    TE.chain((there) => {
      const isSame = there?.first === plan.first && there.cells.length === plan.cells.length
      const isAhead = there?.first === plan.first && there.cells.length > plan.cells.length
      if (isAhead || (isSame && there.later === plan.later)) return TE.right(undefined)
      const file: PlanFile = { format: 1, written: new Date().toISOString(), ...plan }
      return store.documents.write(name, `${JSON.stringify(file)}\n`)
    }),
  )

/** Notes that results of these cells were written, the report included. */
export const markResults = (store: Documents, results: string): TE.TaskEither<Fault, void> =>
  pipe(
    readPlan(store),
    TE.chain((plan) =>
      plan === undefined
        ? TE.right(undefined)
        : store.documents.write(name, `${JSON.stringify({ ...plan, results })}\n`),
    ),
  )
