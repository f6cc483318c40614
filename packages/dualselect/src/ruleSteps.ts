/** Steps that the rule has in common with its replay. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type {
  Fault,
  RuleNote,
  RuleState,
  StepContext,
  UpdateRule,
  VectorSpace,
} from '@safe/tensor-core/contracts'
import { isPlain } from './options'
import type { PoolOptions } from './pool'
import type { RuleParts } from './ruleParts'
import type { Memory } from './state'

/** What is remembered, and what is to be told of how it came about. */
export interface Remembered<G> {
  readonly memory: Memory<G>
  readonly notes: ReadonlyArray<RuleNote>
}

/** The steps before the first selection: those of the rule inside, then the method's own. */
export const warmupStepsOf = <G, R extends Fault>({
  inner,
  options,
}: Pick<RuleParts<G, R>, 'inner' | 'options'>): number =>
  inner.warmupSteps + (isPlain(options) ? 0 : options.warmupSteps)

/** What a rule passes on of the rule inside as it is: the steps after the last epoch, and what is deployed. */
export const passedOn = <G, R extends Fault>(
  { closingSteps, deployed }: UpdateRule<G, R>,
  innerStateOf: (state: RuleState<G>) => RuleState<G>,
): Pick<UpdateRule<G, R>, 'closingSteps' | 'deployed'> => ({
  ...(closingSteps === undefined ? {} : { closingSteps }),
  ...(deployed === undefined
    ? {}
    : { deployed: (state, parameters) => deployed(innerStateOf(state), parameters) }),
})

/** A step of the method's warm-up, as the rule inside is to see it. */
export const warmupContext = <G, R extends Fault>(
  { inner }: Pick<RuleParts<G, R>, 'inner'>,
  at: StepContext<G>,
): StepContext<G> => ({ ...at, phase: at.step < inner.warmupSteps ? 'warmup' : 'train' })

/** How a refresh at this step walks through the pool. */
export const poolRun = <G, R extends Fault>(
  { resources: { poolBatchSize, onRefresh, signal } }: Pick<RuleParts<G, R>, 'resources'>,
  at: StepContext<G>,
): PoolOptions => ({
  batchSize: poolBatchSize ?? at.batch.length,
  ...(onRefresh === undefined ? {} : { onProgress: onRefresh }),
  ...(signal === undefined ? {} : { signal }),
})

/** A step with a reference gradient that was just made; it is freed where the step fails, since no state then carries it. */
export const afterRefresh = <G, E, A>(
  space: Pick<VectorSpace<G>, 'free'>,
  refreshed: TE.TaskEither<E, Remembered<G>>,
  step: (fresh: Remembered<G>) => TE.TaskEither<E, A>,
): TE.TaskEither<E, A> =>
  pipe(
    refreshed,
    TE.chain((fresh) =>
      pipe(
        step(fresh),
        TE.tapError(() =>
          TE.fromIO(() => {
            if (fresh.memory.reference !== undefined) space.free(fresh.memory.reference)
          }),
        ),
      ),
    ),
  )
