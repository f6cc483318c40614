/** Writes down what a run has planned (`planFile.ts`). The processes of a fleet must have planned the same. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import type { Bench } from '../../plan/bench'
import type { Cell } from '../../plan/cells'
import type { EngineUsed } from '../../plan/ports'
import type { ResultStore } from '../../store'
import { setupOf } from '../runResults'
import { firstRound, readPlan, writePlan } from './planFile'

// model ------------------------------------------------------------------------------------------

export interface Planned {
  readonly first: ReadonlyArray<Cell>
  /** The cells of the rounds so far. */
  readonly cells: ReadonlyArray<Cell>
  /** The cells of the rounds after them, as far as they are known. */
  readonly later: ReadonlyArray<Cell>
  readonly engine: EngineUsed
}

// parts ------------------------------------------------------------------------------------------

const otherPlan = (store: ResultStore, { engine }: EngineUsed): Fault =>
  badInput(
    'OtherPlan',
    `another process has planned other cells there than this one, which runs on ${engine}`,
    {
      where: store.name,
      remedy:
        'use the same versions, data files and `engine` on every machine (`bench` with `resume` plans anew), or another store',
    },
  )

/** How many of these cells are not among those. */
const newIn = (known: ReadonlyArray<Cell>, cells: ReadonlyArray<Cell>): number => {
  const ids = new Set(known.map(({ id }) => id))
  return new Set(cells.map(({ id }) => id).filter((id) => !ids.has(id))).size
}

// constructors -----------------------------------------------------------------------------------

/** @returns left `OtherPlan` where the first round of that fleet is another one */
export const planned = (
  store: ResultStore,
  bench: Bench,
  { first, cells, later, engine }: Planned,
  isFleet: boolean,
): TE.TaskEither<Fault, void> => {
  const mark = firstRound(first.map(({ id }) => id))
  return pipe(
    isFleet ? readPlan(store) : TE.right(undefined),
    TE.filterOrElse(
      (there) => there === undefined || there.first === mark,
      () => otherPlan(store, engine),
    ),
    TE.chain(() =>
      writePlan(store, {
        first: mark,
        cells: cells.map(({ id }) => id),
        later: newIn(cells, later),
        setup: setupOf(bench, engine),
      }),
    ),
  )
}
