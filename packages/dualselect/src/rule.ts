/**
 * DualSelect as a map of update rules (arXiv 2606.09866).
 *
 *   0. warm-up:     ordinary steps of the rule inside; gT = sum of their gradients
 *   1. refresh:     select references by s = mu_R l - nu cos(g, gT); gR = their weighted mean gradient, frozen   references.ts
 *   2. task filter: select rows of the batch by c = mu_T l - nu cos(g, gR); gTask from the rule inside           taskStep.ts
 *   3. correction:  g = gTask + rho gR                                                                           correction.ts
 *   4. epoch end:   gT = mean of the epoch's gTask, uncorrected; with `taskDirection: 'running'` a refresh within an epoch uses
 *                   the mean of that epoch so far
 *
 * Clipping, AdamW, schedules and checkpoints are the training loop's. With neither filter nor correction there is no warm-up and
 * every call goes to the rule inside as it came: plain training is a special case, bit for bit. So do closing steps.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault, LmError, StepContext, Update, UpdateRule } from '@safe/tensor-core/contracts'
import { corrected } from './correction'
import { corrects, usesReferences } from './options'
import { refreshIsDue, refreshReferences } from './references'
import type { RuleParts } from './ruleParts'
import { type Remembered, afterRefresh, passedOn, poolRun, warmupContext, warmupStepsOf } from './ruleSteps'
import { selectionRow, warningRow } from './selectionLog'
import { type Memory, freshMemory, innerOf, readMemory, writeMemory } from './state'
import { taskStep } from './taskStep'
import { checkDescent, checkReferences, startWatch } from './watch'

const defaultSeed = 42

// the rule ---------------------------------------------------------------------------------------

/** The rule; everything it remembers is in its state. */
export const dualSelectRule = <G, R extends Fault>(parts: RuleParts<G, R>): UpdateRule<G, R | LmError> => {
  const { options: o, resources, inner, oracle, referenceOracle } = parts
  type Take<A> = TE.TaskEither<R | LmError, A>
  const { space } = oracle
  const pool = resources.references.examples
  const seed = resources.seed ?? defaultSeed
  const filter = { options: o, countTokens: resources.countTokens ?? (() => 0) }
  const filtered = taskStep({ filter, seed, inner, oracle })

  /** sum + a as a new vector; `a` stays the caller's, and the training loop frees the old sum. */
  const addedTo = (sum: G | undefined, a: G): G => (sum === undefined ? space.scale(1, a) : space.add(sum, a))

  /** Steps after the last epoch are those of the rule inside: nothing is selected and nothing is corrected. */
  const closing = (memory: Memory<G>, at: StepContext<G>): Take<Update<G>> =>
    pipe(
      inner.step(memory.inner, at),
      TE.map((update) => ({ ...update, state: writeMemory({ ...memory, inner: update.state }) })),
    )

  const warmup = (memory: Memory<G>, at: StepContext<G>): Take<Update<G>> =>
    pipe(
      inner.step(memory.inner, warmupContext(parts, at)),
      TE.map((update) => ({
        ...update,
        state: writeMemory({
          ...memory,
          inner: update.state,
          taskDirection: usesReferences(o) ? addedTo(memory.taskDirection, update.gradient) : undefined,
        }),
      })),
    )

  /** The mean of the present epoch so far, where that is what references are scored against; the caller frees it. */
  const runningMean = ({ epochSum, epochSteps }: Memory<G>): G | undefined =>
    o.taskDirection === 'running' && epochSum !== undefined
      ? space.scale(1 / epochSteps, epochSum)
      : undefined

  const refreshed = (memory: Memory<G>, at: StepContext<G>): Take<Remembered<G>> =>
    TE.bracket(
      TE.fromIO(() => runningMean(memory)),
      (running) => refreshAlong(running ?? memory.taskDirection, memory, at),
      (running) => TE.fromIO(() => (running === undefined ? undefined : space.free(running))),
    )

  const refreshAlong = (
    direction: G | undefined,
    memory: Memory<G>,
    at: StepContext<G>,
  ): Take<Remembered<G>> =>
    pipe(
      refreshReferences(o, {
        oracle: referenceOracle,
        pool,
        direction,
        seed,
        step: at.step,
        run: poolRun(parts, at),
      }),
      TE.map((fresh) => ({
        memory: {
          ...memory,
          reference: fresh.gradient,
          refreshedAt: at.step,
          watch: corrects(o) ? startWatch(fresh, at.step) : undefined,
        },
        notes: [
          selectionRow(at, {
            kind: 'reference',
            ...fresh,
            position: (i) => resources.referenceNumbers?.[i] ?? i,
          }),
        ],
      })),
    )

  /** The gradient to step along in place of gTask, and the watch's warnings about it. */
  const correct = (
    { memory, notes }: Remembered<G>,
    at: StepContext<G>,
    task: G,
  ): Remembered<G> & { readonly gradient: G } => {
    if (memory.reference !== undefined) resources.onCorrection?.(space.dot(task, memory.reference))
    const gradient = memory.reference === undefined ? undefined : corrected(space, o)(task, memory.reference)
    if (gradient === undefined) return { memory, notes, gradient: task }
    const { watch, warnings } = checkDescent(memory.watch, space.dot(gradient, task))
    space.free(task)
    return {
      memory: { ...memory, watch },
      notes: [...notes, ...warnings.map((message) => warningRow(at, message))],
      gradient,
    }
  }

  const train = ({ memory, notes }: Remembered<G>, at: StepContext<G>): Take<Update<G>> =>
    pipe(
      checkReferences(referenceOracle, pool, memory.watch, {
        refreshedAt: memory.refreshedAt,
        step: at.step,
      }),
      TE.chainW(({ watch, warnings }) =>
        pipe(
          filtered(memory.inner, at, memory.reference),
          TE.map((step): Update<G> => {
            const summed: Memory<G> = {
              ...memory,
              watch,
              inner: step.update.state,
              ...(usesReferences(o)
                ? {
                    epochSum: addedTo(memory.epochSum, step.update.gradient),
                    epochSteps: memory.epochSteps + 1,
                  }
                : {}),
            }
            const said = [...notes, ...warnings.map((message) => warningRow(at, message)), ...step.notes]
            const done = correct({ memory: summed, notes: said }, at, step.update.gradient)
            return {
              ...step.update,
              gradient: done.gradient,
              state: writeMemory(done.memory),
              notes: done.notes,
            }
          }),
        ),
      ),
    )

  return {
    ...passedOn(inner, innerOf),
    name: `dualselect(${inner.name})`,
    warmupSteps: warmupStepsOf(parts),
    initial: writeMemory(freshMemory(inner.initial)),
    step: (state, at) => {
      const memory = readMemory(state)
      if (at.phase === 'warmup') return warmup(memory, at)
      if (at.phase === 'closing') return closing(memory, at)
      if (!refreshIsDue(o, memory, at)) return train({ memory, notes: [] }, at)
      return afterRefresh(space, refreshed(memory, at), (fresh) => train(fresh, at))
    },
    endEpoch: (state, epoch) => {
      const memory = readMemory(state)
      return pipe(
        inner.endEpoch(memory.inner, epoch),
        TE.map((innerState) =>
          writeMemory({
            ...memory,
            inner: innerState,
            taskDirection:
              memory.epochSum === undefined
                ? memory.taskDirection
                : space.scale(1 / memory.epochSteps, memory.epochSum),
            epochSum: undefined,
            epochSteps: 0,
          }),
        ),
      )
    },
  }
}
