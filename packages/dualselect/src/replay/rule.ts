/**
 * DualSelect with selections that are known already: the same gradients in the same order as in the run that wrote the log, so the
 * same parameters bit for bit. Neither the pool nor the batches are scored, and gT is not needed.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault, LmError, StepContext, Update, UpdateRule } from '@safe/tensor-core/contracts'
import { corrected } from '../correction'
import type { DualSelectError } from '../errors'
import { type PoolOptions, measuredGradient, weightedGradient } from '../pool'
import { refreshIsDue } from '../references'
import type { RuleParts } from '../ruleParts'
import { type Remembered, afterRefresh, passedOn, poolRun, warmupContext, warmupStepsOf } from '../ruleSteps'
import type { Selection } from '../selection'
import { type Memory, freshMemory, innerOf, readMemory, writeMemory } from '../state'
import { knownStep } from '../taskStep'
import { type LoggedReference, type Replay, mismatch } from './fit'
import type { LoggedSelection } from './log'

/** The logged rows of a batch, by their position in it. */
interface LoggedRows {
  readonly row: LoggedSelection
  readonly selection: Selection
}

// lookups ----------------------------------------------------------------------------------------

/** The logged references of a step; undefined where none are due, left where log and options disagree about that. */
const referencesAt = <G>(
  replay: Replay,
  due: boolean,
  memory: Memory<G>,
  { step }: StepContext<G>,
): E.Either<DualSelectError, LoggedReference | undefined> => {
  const logged = replay.references.get(step)
  if (due)
    return logged === undefined
      ? E.left(mismatch(replay.name, 'refresh', `it selects no references at step ${step}`))
      : E.right(logged)
  // Later batches of a step with several come after its refresh.
  return logged === undefined || memory.refreshedAt === step
    ? E.right(undefined)
    : E.left(mismatch(logged.row.where, 'refresh', `no refresh is due at step ${step}`))
}

/** The logged rows of a batch, by their position in it. */
const rowsAt = <G>(
  replay: Replay,
  { step, indices }: StepContext<G>,
): E.Either<DualSelectError, LoggedRows> => {
  const logged = replay.tasks.get(step)
  if (logged === undefined)
    return E.left(mismatch(replay.name, 'maxSteps', `it has no rows for step ${step}`))
  const place = new Map(indices.map((n, i) => [n, i]))
  const row = logged.find((r) => r.indices.some((n) => place.has(n))) ?? logged[0]
  return row === undefined
    ? E.left(mismatch(replay.name, 'maxSteps', `it has no rows for step ${step}`))
    : pipe(
        row.indices,
        E.traverseArray((n) =>
          pipe(
            place.get(n),
            E.fromNullable(
              mismatch(
                row.where,
                'task',
                `row ${n} is not in a batch of step ${step} (or \`seed\`, \`batchSize\` or \`shuffle\` differ)`,
              ),
            ),
          ),
        ),
        E.map((positions) => ({ row, selection: { indices: positions, weights: row.weights } })),
      )
}

// the rule ---------------------------------------------------------------------------------------

/** @returns on a step, left `ReplayMismatch` where the log does not fit the data */
export const replayRule = <G, R extends Fault>(
  parts: RuleParts<G, R>,
  replay: Replay,
): UpdateRule<G, R | DualSelectError> => {
  const { options: o, resources, inner, oracle, referenceOracle } = parts
  type Take<A> = TE.TaskEither<R | DualSelectError, A>
  const { space } = oracle
  const pool = resources.references.examples

  /** The gradient as the run made it: one pass for sets chosen by score, with a gradient of each row for the others. */
  const gradientOf = (selection: Selection, run: PoolOptions): TE.TaskEither<LmError, G> =>
    o.referenceSet === 'selected'
      ? weightedGradient(referenceOracle, pool, selection, run)
      : pipe(
          measuredGradient(
            referenceOracle,
            pool,
            { positions: selection.indices, direction: undefined },
            run,
          ),
          TE.map(({ gradient }) => gradient),
        )

  const refreshed = (
    memory: Memory<G>,
    { row, selection }: LoggedReference,
    at: StepContext<G>,
  ): Take<Remembered<G>> =>
    pipe(
      gradientOf(selection, poolRun(parts, at)),
      TE.map((reference) => ({
        memory: { ...memory, reference, refreshedAt: at.step },
        notes: [row.note],
      })),
    )

  const taskUpdate = (memory: Memory<G>, at: StepContext<G>): Take<Update<G>> =>
    o.taskFilter === 'none'
      ? inner.step(memory.inner, at)
      : pipe(
          TE.fromEither(rowsAt(replay, at)),
          TE.chainW(({ row, selection }) =>
            pipe(
              knownStep({ inner, oracle, scored: o.taskFilter === 'scored' }, memory.inner, at, selection),
              TE.map((update) => ({ ...update, notes: [row.note, ...update.notes] })),
            ),
          ),
        )

  const trained = ({ memory, notes }: Remembered<G>, at: StepContext<G>): Take<Update<G>> =>
    pipe(
      taskUpdate(memory, at),
      TE.map((update) => {
        const { reference } = memory
        if (reference !== undefined) resources.onCorrection?.(space.dot(update.gradient, reference))
        const gradient = reference === undefined ? undefined : corrected(space, o)(update.gradient, reference)
        if (gradient !== undefined) space.free(update.gradient)
        return {
          ...update,
          gradient: gradient ?? update.gradient,
          state: writeMemory({ ...memory, inner: update.state }),
          notes: [...notes, ...update.notes],
        }
      }),
    )

  return {
    ...passedOn(inner, innerOf),
    name: `dualselect(${inner.name})`,
    warmupSteps: warmupStepsOf(parts),
    initial: writeMemory(freshMemory(inner.initial)),
    step: (state, at) => {
      const memory = readMemory(state)
      if (at.phase !== 'train')
        return pipe(
          inner.step(memory.inner, at.phase === 'warmup' ? warmupContext(parts, at) : at),
          TE.map((update) => ({ ...update, state: writeMemory({ ...memory, inner: update.state }) })),
        )
      return pipe(
        TE.fromEither(referencesAt(replay, refreshIsDue(o, memory, at), memory, at)),
        TE.chainW((logged) =>
          logged === undefined
            ? trained({ memory, notes: [] }, at)
            : afterRefresh(space, refreshed(memory, logged, at), (fresh) => trained(fresh, at)),
        ),
      )
    },
    endEpoch: (state, epoch) => {
      const memory = readMemory(state)
      return pipe(
        inner.endEpoch(memory.inner, epoch),
        TE.map((innerState) => writeMemory({ ...memory, inner: innerState })),
      )
    },
  }
}
