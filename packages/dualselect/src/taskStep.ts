/**
 * One batch through the task filter and the rule inside. Scoring sees no dropout. Without dropout the scoring pass's gradients
 * are handed on, so there is one backward per batch; with dropout the rule inside runs its own training pass on the kept rows.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type {
  Fault,
  GradientBatch,
  GradientOracle,
  LmError,
  RuleNote,
  RuleState,
  StepContext,
  Update,
  UpdateRule,
} from '@safe/tensor-core/contracts'
import { taskScores } from './score'
import { type Selection, spread } from './selection'
import { selectionRow } from './selectionLog'
import { type TaskFilter, candidates, selectAtRandom, selectByScore, within } from './taskFilter'

// model ------------------------------------------------------------------------------------------

/** gTask with the choice behind it; `update.state` is the inner rule's. */
export interface TaskStep<G> {
  readonly update: Update<G>
  readonly notes: ReadonlyArray<RuleNote>
}

/** The task side of the rule: what it keeps of a batch, and the rule inside that learns from it. */
export interface TaskSide<G, R extends Fault> {
  readonly filter: TaskFilter
  /** Of a random filter. */
  readonly seed: number
  readonly inner: UpdateRule<G, R>
  readonly oracle: GradientOracle<G>
}

const pick = <A>(values: ReadonlyArray<A>, positions: ReadonlyArray<number>): ReadonlyArray<A> =>
  positions.flatMap((i) => values[i] ?? [])

// the rule inside --------------------------------------------------------------------------------

/** The rule inside on the whole batch under the weights of a selection. */
const wholeBatch = <G, R extends Fault>(
  { inner }: Pick<TaskSide<G, R>, 'inner'>,
  state: RuleState<G>,
  at: StepContext<G>,
  selection: Selection,
): TE.TaskEither<R, Update<G>> => inner.step(state, { ...at, weights: spread(at.batch.length, selection) })

/**
 * The rule inside on the selected rows alone; its losses and weights are put back in their places in the batch, unless it has taken
 * its step on other rows.
 */
const selectedRows = <G, R extends Fault>(
  { inner }: Pick<TaskSide<G, R>, 'inner'>,
  state: RuleState<G>,
  at: StepContext<G>,
  { selection, scored }: { readonly selection: Selection; readonly scored: Float32Array },
): TE.TaskEither<R, Update<G>> => {
  const weights = spread(at.batch.length, selection)
  const positions = [...selection.indices].sort((a, b) => a - b)
  return pipe(
    inner.step(state, {
      ...at,
      batch: pick(at.batch, positions),
      indices: pick(at.indices, positions),
      weights: Float32Array.from(positions, (i) => weights[i] ?? 0),
    }),
    TE.map((update) => {
      if (update.batch !== undefined) return update
      const losses = Float32Array.from(scored)
      const used = new Float32Array(at.batch.length)
      positions.forEach((i, k) => {
        losses[i] = update.losses[k] ?? Number.NaN
        used[i] = update.weights[k] ?? 0
      })
      return { ...update, losses, weights: used }
    }),
  )
}

// filters ----------------------------------------------------------------------------------------

const rowOf =
  <G>({ indices }: StepContext<G>) =>
  (i: number): number =>
    indices[i] ?? i

const scoredStep = <G, R extends Fault>(
  side: TaskSide<G, R>,
  state: RuleState<G>,
  at: StepContext<G>,
  reference: G,
): TE.TaskEither<R | LmError, TaskStep<G>> => {
  const { filter, oracle } = side
  const given = at.perExample
  const rows = candidates(at.batch.length, at.weights)
  const choose = (gradients: GradientBatch<G>): { selection: Selection; note: RuleNote } => {
    const measures = { losses: gradients.losses, cosines: gradients.cosines(reference) }
    const among = taskScores(filter.options)({
      losses: pick(Array.from(measures.losses), rows),
      cosines: pick(Array.from(measures.cosines), rows),
    })
    const scores = new Array<number>(at.batch.length).fill(Number.NaN)
    rows.forEach((i, k) => (scores[i] = among[k] ?? Number.NaN))
    const selection = within(rows, at.weights, selectByScore(filter, pick(at.batch, rows), among))
    return {
      selection,
      note: selectionRow(at, { kind: 'task', selection, measures, scores, position: rowOf(at) }),
    }
  }
  return TE.bracketW(
    given === undefined ? oracle.gradients(at.batch, { kind: 'deterministic' }) : TE.right(given),
    (gradients) => {
      const { selection, note } = choose(gradients)
      return pipe(
        given !== undefined || oracle.deterministic
          ? wholeBatch(side, state, { ...at, perExample: gradients }, selection)
          : selectedRows(side, state, at, { selection, scored: gradients.losses }),
        TE.map((update) => ({ update, notes: [note, ...update.notes] })),
      )
    },
    (gradients) =>
      TE.fromIO(() => {
        if (given === undefined) gradients.dispose()
      }),
  )
}

const randomStep = <G, R extends Fault>(
  side: TaskSide<G, R>,
  state: RuleState<G>,
  at: StepContext<G>,
): TE.TaskEither<R, TaskStep<G>> => {
  const rows = candidates(at.batch.length, at.weights)
  const chosen = selectAtRandom(side.filter, pick(at.batch, rows), {
    seed: side.seed,
    step: at.step,
    rows: pick(at.indices, rows),
  })
  const selection = within(rows, at.weights, chosen)
  return pipe(
    wholeBatch(side, state, at, selection),
    TE.map((update) => ({
      update,
      notes: [
        selectionRow(at, {
          kind: 'task',
          selection,
          measures: { losses: update.losses },
          scores: undefined,
          position: rowOf(at),
        }),
        ...update.notes,
      ],
    })),
  )
}

/** A selection that is known already: as the run that made it learned from it, with the cosines and scores left out. */
export const knownStep = <G, R extends Fault>(
  side: Pick<TaskSide<G, R>, 'inner' | 'oracle'> & { readonly scored: boolean },
  state: RuleState<G>,
  at: StepContext<G>,
  selection: Selection,
): TE.TaskEither<R | LmError, Update<G>> => {
  const { oracle, scored } = side
  if (!scored || at.perExample !== undefined) return wholeBatch(side, state, at, selection)
  if (!oracle.deterministic)
    return selectedRows(side, state, at, { selection, scored: new Float32Array(at.batch.length) })
  return TE.bracketW(
    oracle.gradients(at.batch, { kind: 'deterministic' }),
    (perExample) => wholeBatch(side, state, { ...at, perExample }, selection),
    (perExample) => TE.fromIO(perExample.dispose),
  )
}

// constructor ------------------------------------------------------------------------------------

/** @param reference gR where the filter scores */
export const taskStep =
  <G, R extends Fault>(side: TaskSide<G, R>) =>
  (
    state: RuleState<G>,
    at: StepContext<G>,
    reference: G | undefined,
  ): TE.TaskEither<R | LmError, TaskStep<G>> => {
    const kind = side.filter.options.taskFilter
    if (kind === 'scored' && reference !== undefined) return scoredStep(side, state, at, reference)
    if (kind === 'random') return randomStep(side, state, at)
    return pipe(
      side.inner.step(state, at),
      TE.map((update) => ({ update, notes: update.notes })),
    )
  }
