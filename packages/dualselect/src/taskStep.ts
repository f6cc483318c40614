/**
 * One batch through the task filter and the rule inside. Scoring sees no dropout. Without dropout the scoring pass's gradients
 * are handed on, so there is one backward per batch; with dropout the rule inside runs its own training pass on the kept rows.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type {
  DefenceError,
  GradientBatch,
  GradientOracle,
  RuleNote,
  RuleState,
  StepContext,
  Update,
  UpdateRule,
} from '@safe/tensor-core/contracts'
import { taskScores } from './score'
import { type Selection, spread } from './selection'
import { selectionRow } from './selectionLog'
import { type TaskFilter, candidates, selectByLot, selectByScore, within } from './taskFilter'

// model ------------------------------------------------------------------------------------------

/** gTask with the choice behind it; `update.state` is the inner rule's. */
export interface TaskStep<G> {
  readonly update: Update<G>
  readonly notes: ReadonlyArray<RuleNote>
}

type Take<A> = TE.TaskEither<DefenceError, A>

const pick = <A>(values: ReadonlyArray<A>, positions: ReadonlyArray<number>): ReadonlyArray<A> =>
  positions.flatMap((i) => values[i] ?? [])

// constructors -----------------------------------------------------------------------------------

/** The rule inside on the whole batch under these weights. */
const wholeBatch = <G>(
  inner: UpdateRule<G>,
  state: RuleState<G>,
  at: StepContext<G>,
  selection: Selection,
  perExample: GradientBatch<G> | undefined,
): Take<Update<G>> =>
  inner.step(state, {
    ...at,
    weights: spread(at.batch.length, selection),
    ...(perExample === undefined ? {} : { perExample }),
  })

/** The rule inside on the selected rows alone; its losses and weights are put back in their places in the batch. */
const selectedRows = <G>(
  inner: UpdateRule<G>,
  state: RuleState<G>,
  at: StepContext<G>,
  selection: Selection,
  scored: Float32Array,
): Take<Update<G>> => {
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

const scoredStep = <G>(
  filter: TaskFilter,
  inner: UpdateRule<G>,
  oracle: GradientOracle<G>,
  state: RuleState<G>,
  at: StepContext<G>,
  reference: G,
): Take<TaskStep<G>> => {
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
      note: selectionRow(at, 'task', selection, measures, scores, (i) => at.indices[i] ?? i),
    }
  }
  return TE.bracket(
    given === undefined ? oracle.gradients(at.batch, { kind: 'deterministic' }) : TE.right(given),
    (gradients) => {
      const { selection, note } = choose(gradients)
      return pipe(
        given !== undefined || oracle.deterministic
          ? wholeBatch(inner, state, at, selection, gradients)
          : selectedRows(inner, state, at, selection, gradients.losses),
        TE.map((update) => ({ update, notes: [note, ...update.notes] })),
      )
    },
    (gradients) =>
      TE.fromIO(() => {
        if (given === undefined) gradients.dispose()
      }),
  )
}

const randomStep = <G>(
  filter: TaskFilter,
  seed: number,
  inner: UpdateRule<G>,
  state: RuleState<G>,
  at: StepContext<G>,
): Take<TaskStep<G>> => {
  const rows = candidates(at.batch.length, at.weights)
  const chosen = selectByLot(filter, pick(at.batch, rows), {
    seed,
    step: at.step,
    rows: pick(at.indices, rows),
  })
  const selection = within(rows, at.weights, chosen)
  return pipe(
    wholeBatch(inner, state, at, selection, at.perExample),
    TE.map((update) => ({
      update,
      notes: [
        selectionRow(at, 'task', selection, { losses: update.losses }, undefined, (i) => at.indices[i] ?? i),
        ...update.notes,
      ],
    })),
  )
}

/** `reference` is gR where the filter scores. */
export const taskStep = <G>(
  filter: TaskFilter,
  seed: number,
  inner: UpdateRule<G>,
  oracle: GradientOracle<G>,
  state: RuleState<G>,
  at: StepContext<G>,
  reference: G | undefined,
): Take<TaskStep<G>> => {
  const kind = filter.options.taskFilter
  if (kind === 'scored' && reference !== undefined)
    return scoredStep(filter, inner, oracle, state, at, reference)
  if (kind === 'random') return randomStep(filter, seed, inner, state, at)
  return pipe(
    inner.step(state, at),
    TE.map((update) => ({ update, notes: update.notes })),
  )
}
