/** Whether the data of a suite is disjoint where it must be: checked when the files are read, before any model is loaded. */
import * as E from 'fp-ts/Either'
import type { Example, Fault } from '@safe/tensor-core/contracts'
import type { OverlapPolicy } from '../config/overlap'
import { promptKey } from '../mix/promptKey'
import type { PlacedItem } from './evaluationItems'
import { type EvaluatedRow, type UsedRow, decided, overlapsOf } from './overlap'
import type { ReadRows } from './readRows'
import { bindings } from './split'
import type { TrainingRows } from './trainingFiles'

// model ------------------------------------------------------------------------------------------

/** The data of a suite by use. */
export interface SuiteRows {
  readonly evaluation: ReadonlyArray<PlacedItem>
  readonly training: TrainingRows
  readonly safe: ReadRows | undefined
  readonly references: ReadRows | undefined
  readonly harmful: ReadRows | undefined
}

// rows -------------------------------------------------------------------------------------------

/** An item as a row that must not be in other data. */
export const evaluatedRow = (one: PlacedItem): EvaluatedRow => ({
  file: one.file.path,
  row: one.row,
  set: one.item.set,
  split: one.item.split,
  bindings: bindings(one),
})

/** The rows of a file that serve a use. @param isUsed default: all of them do */
export const usedRows =
  (use: UsedRow['use'], isUsed: (row: Example) => boolean = () => true) =>
  ({ path, data }: ReadRows): ReadonlyArray<UsedRow> =>
    data.examples
      .filter(isUsed)
      .map(({ id, prompt }) => ({ file: path, row: id, use, bindings: [`prompt ${promptKey(prompt)}`] }))

/** The rows that any regime trains on under any seed; a regime that cannot be drawn is reported elsewhere. */
const trained = (
  drawn: TrainingRows['drawn'],
  regimes: ReadonlyArray<string>,
  seeds: ReadonlyArray<number>,
): ReadonlySet<Example> =>
  new Set(
    regimes.flatMap((regime) =>
      seeds.flatMap((seed) => {
        const data = drawn(regime, seed)
        return E.isRight(data) ? data.right.examples : []
      }),
    ),
  )

// check ------------------------------------------------------------------------------------------

/** @returns left: rows in common that the policy refuses; else the lines to warn with */
export const checkedDisjoint =
  (policy: OverlapPolicy, regimes: ReadonlyArray<string>, seeds: ReadonlyArray<number>) =>
  ({
    evaluation,
    training,
    safe,
    references,
    harmful,
  }: SuiteRows): E.Either<Fault, ReadonlyArray<string>> => {
    const rows = trained(training.drawn, regimes, seeds)
    return decided(policy)(
      overlapsOf(evaluation.map(evaluatedRow), [
        ...training.files.flatMap(usedRows('training', (row) => rows.has(row))),
        ...(safe === undefined ? [] : usedRows('safe')(safe)),
        ...(references === undefined ? [] : usedRows('references')(references)),
        ...(harmful === undefined ? [] : usedRows('harmful')(harmful)),
      ]),
    )
  }
