/**
 * Whether a selection log was made with the data and options at hand: what can be told before the first step. That the selected rows
 * are those of each batch is checked as training goes (rule.ts).
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { badInput } from '@safe/tensor-core/contracts'
import type { DualSelectError } from '../errors'
import { type DualSelectOptions, isPlain, referenceCount, usesReferences } from '../options'
import type { DualSelectResources } from '../ruleParts'
import type { Selection } from '../selection'
import type { LoggedSelection, SelectionLog } from './log'

// model ------------------------------------------------------------------------------------------

/** A log that fits: references by their position in the pool, task rows by their number in the file. */
export interface Replay {
  readonly name: string
  readonly references: ReadonlyMap<number, LoggedReference>
  /** Several per step where a step has several batches. */
  readonly tasks: ReadonlyMap<number, ReadonlyArray<LoggedSelection>>
}

/** A logged selection of references, by their position in the pool. */
export interface LoggedReference {
  readonly row: LoggedSelection
  readonly selection: Selection
}

// faults -----------------------------------------------------------------------------------------

/** @param field the option that the log does not fit */
export const mismatch = (where: string, field: string, message: string): DualSelectError =>
  badInput('ReplayMismatch', `was made with another \`${field}\`: ${message}`, {
    where,
    field,
    remedy: 'repeat the data and options of the run that wrote the log',
  })

// checks -----------------------------------------------------------------------------------------

/** Weights are written as decimal digits that are read back exactly; equal ones come from one division. */
const isHard = ({ weights }: LoggedSelection): boolean => weights.every((w) => w === weights[0])

const checkCount = (
  o: DualSelectOptions,
  pool: number,
  { where, indices, step }: LoggedSelection,
): E.Either<DualSelectError, void> => {
  const expected = o.referenceSet === 'uniform' ? pool : referenceCount(o.kRef, pool)
  return indices.length === expected
    ? E.right(undefined)
    : E.left(
        mismatch(
          where,
          o.referenceSet === 'uniform' ? 'referenceSet' : o.budget === undefined ? 'kRef' : 'budget',
          `step ${step} selects ${indices.length} references, not ${expected}`,
        ),
      )
}

const checkMode = (o: DualSelectOptions, row: LoggedSelection): E.Either<DualSelectError, void> =>
  o.mode === 'soft' || isHard(row)
    ? E.right(undefined)
    : E.left(mismatch(row.where, 'mode', `the weights of step ${row.step} are not equal`))

const checkKept = (o: DualSelectOptions, row: LoggedSelection): E.Either<DualSelectError, void> =>
  o.tokenBudget !== undefined || row.indices.length <= o.kTask
    ? E.right(undefined)
    : E.left(mismatch(row.where, 'kTask', `step ${row.step} keeps ${row.indices.length} rows`))

const checkFirst = (
  rows: ReadonlyArray<LoggedSelection>,
  warmupSteps: number,
): E.Either<DualSelectError, void> => {
  const [first] = rows
  return first === undefined || first.step === warmupSteps
    ? E.right(undefined)
    : E.left(
        mismatch(
          first.where,
          'warmupSteps',
          `its first selection is at step ${first.step}, not ${warmupSteps}`,
        ),
      )
}

const positionsOf = (
  { references, referenceNumbers }: DualSelectResources,
  row: LoggedSelection,
): E.Either<DualSelectError, Selection> => {
  const places = new Map(references.examples.map((_, i) => [referenceNumbers?.[i] ?? i, i]))
  return pipe(
    row.indices,
    E.traverseArray((n) =>
      pipe(
        places.get(n),
        E.fromNullable(
          mismatch(row.where, 'references', `it selects row ${n}, which ${references.name} lacks`),
        ),
      ),
    ),
    E.map((indices) => ({ indices, weights: row.weights })),
  )
}

// constructors -----------------------------------------------------------------------------------

const grouped = (rows: ReadonlyArray<LoggedSelection>): ReadonlyMap<number, ReadonlyArray<LoggedSelection>> =>
  rows.reduce(
    (steps, row) => steps.set(row.step, [...(steps.get(row.step) ?? []), row]),
    new Map<number, ReadonlyArray<LoggedSelection>>(),
  )

const fitted = (
  o: DualSelectOptions,
  resources: DualSelectResources,
  { name, rows }: SelectionLog,
  warmupSteps: number,
): E.Either<DualSelectError, Replay> => {
  const [references, tasks] = [
    rows.filter(({ kind }) => kind === 'reference'),
    rows.filter(({ kind }) => kind === 'task'),
  ]
  const [unexpected] = usesReferences(o) ? [] : references
  const [unfiltered] = o.taskFilter === 'none' ? tasks : []
  if (unexpected !== undefined)
    return E.left(mismatch(unexpected.where, 'correction', 'these options use no references'))
  if (unfiltered !== undefined)
    return E.left(mismatch(unfiltered.where, 'taskFilter', 'these options keep every row'))
  return pipe(
    checkFirst(rows, warmupSteps),
    E.chain(() =>
      pipe(
        rows,
        E.traverseArray((row) => checkMode(o, row)),
      ),
    ),
    E.chain(() =>
      pipe(
        tasks,
        E.traverseArray((row) => checkKept(o, row)),
      ),
    ),
    E.chain(() =>
      pipe(
        references,
        E.traverseArray((row) =>
          pipe(
            checkCount(o, resources.references.examples.length, row),
            E.chain(() => positionsOf(resources, row)),
            E.map((selection) => [row.step, { row, selection }] as const),
          ),
        ),
      ),
    ),
    E.map((pairs) => ({ name, references: new Map(pairs), tasks: grouped(tasks) })),
  )
}

/**
 * The log of the resources as these options replay it; undefined where there is none, or nothing is selected.
 *
 * @param innerWarmup warm-up steps of the rule inside
 * @returns left `ReplayMismatch` naming the log's line and the option that does not fit
 */
export const fittingLog = (
  o: DualSelectOptions,
  resources: DualSelectResources,
  innerWarmup: number,
): E.Either<DualSelectError, Replay | undefined> =>
  resources.replay === undefined
    ? E.right(undefined)
    : fitted(o, resources, resources.replay, innerWarmup + (isPlain(o) ? 0 : o.warmupSteps))
