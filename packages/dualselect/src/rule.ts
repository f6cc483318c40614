/**
 * DualSelect as a map of update rules (arXiv 2606.09866).
 *
 *   0. warm-up:     ordinary steps of the rule inside; gT = sum of their gradients
 *   1. refresh:     select references by s = mu_R l - nu cos(g, gT); gR = their weighted mean gradient, frozen   references.ts
 *   2. task filter: select rows of the batch by c = mu_T l - nu cos(g, gR); gTask from the rule inside           taskStep.ts
 *   3. correction:  g = gTask + rho gR                                                                           correction.ts
 *   4. epoch end:   gT = mean of the epoch's gTask, uncorrected
 *
 * Clipping, AdamW, schedules and checkpoints are the training loop's. With neither filter nor correction there is no warm-up and
 * every call goes to the rule inside as it came: plain training is a special case, bit for bit.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Dataset,
  type DefenceError,
  type GradientOracle,
  type RuleNote,
  type StepContext,
  type TrainingDefence,
  type Update,
  type UpdateRule,
  badInput,
} from '@safe/tensor-core/contracts'
import { corrected } from './correction'
import { type DualSelectOptions, corrects, isPlain, usesReferences } from './defaults'
import { refreshReferences } from './references'
import { selectionRow, warningRow } from './selectionLog'
import { type Memory, freshMemory, readMemory, writeMemory } from './state'
import type { CountTokens } from './taskFilter'
import { taskStep } from './taskStep'
import { checkDescent, look, startWatch } from './watch'

// model ------------------------------------------------------------------------------------------

/** What the method takes from its surroundings. */
export interface Surroundings {
  /** Of the random controls. */
  readonly seed: number
  /** Needed for a token budget. */
  readonly countTokens?: CountTokens
  /** Where the references stand in their file, for the log (default: their order). */
  readonly referenceNumbers?: ReadonlyArray<number>
  /** Batch size of the passes over the reference pool (default: that of the training batch). */
  readonly poolBatchSize?: number
  /** Called while the pool is measured. */
  readonly onRefresh?: (done: number, total: number) => void
  /** Aborted: a refresh stops before its next batch. */
  readonly signal?: AbortSignal
}

type Take<A> = TE.TaskEither<DefenceError, A>

interface Remembered<G> {
  readonly memory: Memory<G>
  readonly notes: ReadonlyArray<RuleNote>
}

// the rule ---------------------------------------------------------------------------------------

const rule = <G>(
  o: DualSelectOptions,
  references: Dataset,
  around: Surroundings,
  inner: UpdateRule<G>,
  oracle: GradientOracle<G>,
  referenceOracle: GradientOracle<G>,
): UpdateRule<G> => {
  const { space } = oracle
  const pool = references.examples
  const filter = { options: o, countTokens: around.countTokens ?? (() => 0) }

  /** sum + a as a new vector; `a` stays the caller's, and the training loop frees the old sum. */
  const addedTo = (sum: G | undefined, a: G): G => (sum === undefined ? space.scale(1, a) : space.add(sum, a))

  const warmup = (memory: Memory<G>, at: StepContext<G>): Take<Update<G>> =>
    pipe(
      inner.step(memory.inner, { ...at, phase: at.step < inner.warmupSteps ? 'warmup' : 'train' }),
      TE.map((update) => ({
        ...update,
        state: writeMemory({
          ...memory,
          inner: update.state,
          taskDirection: usesReferences(o) ? addedTo(memory.taskDirection, update.gradient) : undefined,
        }),
      })),
    )

  const isDue = (memory: Memory<G>, at: StepContext<G>): boolean =>
    usesReferences(o) &&
    (memory.reference === undefined ||
      (o.refresh === 'epoch' ? at.epochStart : at.step - memory.refreshedAt >= o.refresh))

  const refresh = (memory: Memory<G>, at: StepContext<G>): Take<Remembered<G>> =>
    pipe(
      refreshReferences(
        o,
        referenceOracle,
        pool,
        memory.taskDirection,
        { seed: around.seed, step: at.step },
        {
          batchSize: around.poolBatchSize ?? at.batch.length,
          ...(around.onRefresh === undefined ? {} : { onProgress: around.onRefresh }),
          ...(around.signal === undefined ? {} : { signal: around.signal }),
        },
      ),
      TE.map((refreshed) => ({
        memory: {
          ...memory,
          reference: refreshed.gradient,
          refreshedAt: at.step,
          watch: corrects(o) ? startWatch(refreshed, at.step) : undefined,
        },
        notes: [
          selectionRow(
            at,
            'reference',
            refreshed.selection,
            refreshed.measures,
            refreshed.scores,
            (i) => around.referenceNumbers?.[i] ?? i,
          ),
        ],
      })),
    )

  /** The gradient to step along in place of gTask, with what the watch says of it. */
  const correct = (
    { memory, notes }: Remembered<G>,
    at: StepContext<G>,
    task: G,
  ): Remembered<G> & { readonly gradient: G } => {
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
      look(referenceOracle, pool, memory.watch, memory.refreshedAt, at.step),
      TE.chainW(({ watch, warnings }) =>
        pipe(
          taskStep(filter, around.seed, inner, oracle, memory.inner, at, memory.reference),
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
    name: `dualselect(${inner.name})`,
    warmupSteps: inner.warmupSteps + (isPlain(o) ? 0 : o.warmupSteps),
    initial: writeMemory(freshMemory(inner.initial)),
    step: (state, at) => {
      const memory = readMemory(state)
      if (at.phase === 'warmup') return warmup(memory, at)
      if (!isDue(memory, at)) return train({ memory, notes: [] }, at)
      return pipe(
        refresh(memory, at),
        TE.chain((refreshed) =>
          pipe(
            train(refreshed, at),
            TE.mapLeft((e) => {
              // The state that would have carried the new gR was never given back.
              if (refreshed.memory.reference !== undefined) space.free(refreshed.memory.reference)
              return e
            }),
          ),
        ),
      )
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

// constructors -----------------------------------------------------------------------------------

/**
 * The defence of the training stage.
 *
 * @returns on `apply`, left `EmptyReferences` where references are needed and there are none, `TokenCountMissing` where a token
 * budget is asked for without a way to count, `WarmupMissing` and `PreservationMissing` where `kl` cannot be measured.
 */
export const dualSelect = (
  options: DualSelectOptions,
  references: Dataset,
  surroundings: Surroundings = { seed: 42 },
): TrainingDefence => ({
  stage: 'training',
  name: 'dualselect',
  parameters: { ...options },
  apply: (inner, oracle) => {
    if (usesReferences(options) && references.examples.length === 0)
      return TE.left(
        badInput('EmptyReferences', 'holds no reference', {
          where: references.name,
          remedy: 'give at least one row',
        }),
      )
    if (options.referenceLoss === 'kl' && usesReferences(options) && options.warmupSteps === 0)
      return TE.left(
        badInput(
          'WarmupMissing',
          'the reference loss kl has no gradient before the first step: it needs a warm-up',
          {
            where: 'warm-up steps 0',
            remedy: 'give at least 1, or use nll',
          },
        ),
      )
    if (options.tokenBudget !== undefined && surroundings.countTokens === undefined)
      return TE.left(badInput('TokenCountMissing', 'a token budget needs a way to count response tokens'))
    const referenceOracle = options.referenceLoss === 'kl' ? oracle.preservation : oracle
    return referenceOracle === undefined
      ? TE.left(
          badInput('PreservationMissing', 'this training keeps no initial model to measure kl against', {
            remedy: 'use the reference loss nll',
          }),
        )
      : TE.right(rule(options, references, surroundings, inner, oracle, referenceOracle))
  },
})
