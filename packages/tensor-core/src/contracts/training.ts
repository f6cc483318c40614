/**
 * How a batch becomes a gradient. The training loop owns the parameters, the optimizer, clipping, the schedule and the
 * checkpoints; an `UpdateRule` only turns batches into gradients, and a training-stage defence is a map from rules to rules.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Example } from './data'
import type { Fault, LmError } from './errors'
import type { GradientBatch, GradientOracle } from './gradients'

// model ------------------------------------------------------------------------------------------

/**
 * The state of a rule between steps, as plain data: it is written into checkpoints and read back. The loop frees the vectors
 * of a state that are no longer in the next one.
 */
export interface RuleState<G> {
  readonly vectors: Readonly<Record<string, G>>
  readonly numbers: Readonly<Record<string, ReadonlyArray<number>>>
}

/**
 * `warmup` steps come before the first epoch, `closing` steps after the last; the rule sets their numbers (`warmupSteps`,
 * `closingSteps`).
 */
export type Phase = 'warmup' | 'train' | 'closing'

/** What an update rule knows about its batch. */
export interface StepContext<G> {
  readonly phase: Phase
  /** From 0; warm-up belongs to epoch 0. */
  readonly epoch: number
  /** Optimizer steps done before this one, warm-up included. */
  readonly step: number
  /** Optimizer steps of warm-up and epochs together; closing steps follow them. */
  readonly trainingSteps: number
  /** True at the first batch of an epoch (never during warm-up). */
  readonly epochStart: boolean
  readonly batch: ReadonlyArray<Example>
  /** The positions of the batch's rows in the task file; empty where an outer rule has put rows of another file in their place. */
  readonly indices: ReadonlyArray<number>
  /** The parameters before this step. They stay the loop's, which may change them in place: a rule that keeps them keeps a copy. */
  readonly parameters: () => G
  /** Weight of each row, default equal; this is how a filtering rule passes its choice to the inner rule. */
  readonly weights?: Float32Array
  /** Per-example gradients of this batch, where an outer rule has computed them: they avoid a second pass. */
  readonly perExample?: GradientBatch<G>
}

/** A line of the rule's own log (DualSelect's selections). */
export type RuleNote = Readonly<Record<string, unknown>>

/**
 * The result of an update rule for a batch: the gradient for the optimizer, and the rule's new state.
 */
export interface Update<G> {
  /** Freed by the caller. */
  readonly gradient: G
  /** The batch's losses before the step, one per row. */
  readonly losses: Float32Array
  readonly state: RuleState<G>
  readonly notes: ReadonlyArray<RuleNote>
  /** Weight given to each row of the batch (0: dropped). */
  readonly weights: Float32Array
  /** The rows that `losses` and `weights` are of, where the step was taken on other rows than those of its batch. */
  readonly batch?: ReadonlyArray<Example>
}

/**
 * How batches become gradients. A rule is a pure function of its state and the batch, so that it resumes exactly from a
 * checkpoint of the state.
 */
export interface UpdateRule<G, E extends Fault = Fault> {
  readonly name: string
  /** The number of ordinary steps before the first epoch; they use the first batches, cyclically. */
  readonly warmupSteps: number
  readonly initial: RuleState<G>
  readonly step: (state: RuleState<G>, at: StepContext<G>) => TE.TaskEither<E, Update<G>>
  readonly endEpoch: (state: RuleState<G>, epoch: number) => TE.TaskEither<E, RuleState<G>>
  /**
   * The number of steps after the last epoch, default 0. They come in addition to the steps of the recipe, and the learning rate
   * runs through its course anew. Their batches are those that a further epoch would have had.
   */
  readonly closingSteps?: number
  /**
   * The parameters that training gives, from those after the last step, which stay the loop's; default: the same. It returns a new
   * vector, freed by the caller.
   */
  readonly deployed?: (state: RuleState<G>, parameters: G) => G
}

// constructors -----------------------------------------------------------------------------------

/** The state of a stateless rule. */
export const emptyState = { vectors: {}, numbers: {} } as const

/** Plain supervised fine-tuning: the mean gradient of the batch. The identity every training-stage defence starts from. */
export const plainRule = <G>(oracle: GradientOracle<G>): UpdateRule<G, LmError> => ({
  name: 'plain',
  warmupSteps: 0,
  initial: emptyState,
  step: (state, at) => {
    const weights = at.weights ?? new Float32Array(at.batch.length).fill(1)
    const done = (losses: Float32Array, gradient: G): Update<G> => ({
      gradient,
      losses,
      state,
      notes: [],
      weights,
    })
    return at.perExample !== undefined
      ? TE.right(done(at.perExample.losses, at.perExample.weightedMean(weights)))
      : pipe(
          oracle.mean(at.batch, { kind: 'training', step: at.step }, at.weights),
          TE.map(({ losses, gradient }) => done(losses, gradient)),
        )
  },
  endEpoch: (state) => TE.right(state),
})
