/** ForgetFilter's ports over what a run provides: its trainings and its models, nothing kept in between. */
import * as TE from 'fp-ts/TaskEither'
import type {
  Dataset,
  Fault,
  Generates,
  GenerationError,
  LoraAdapter,
  RecipeChanges,
  ResourceName,
  Resources,
  Scores,
} from '@safe/tensor-core/contracts'
import type { ForgettingPorts } from './rates/measureForgetting'
import { observe } from './rates/observe'
import type { ForgetFilterOptions } from './options'

// model ------------------------------------------------------------------------------------------

/** The resources ForgetFilter uses. */
export const forgetFilterNeeds = [
  'train',
  'model',
  'safe',
  'maxNewTokens',
] as const satisfies ReadonlyArray<ResourceName>

/**
 * What ForgetFilter uses of a run: `Pick<Resources, 'train' | 'model' | 'safe' | 'maxNewTokens'>`, with the errors of what trains
 * and opens models kept apart as `E`.
 */
export interface ForgetFilterResources<E extends Fault = Fault> extends Pick<
  Resources,
  'safe' | 'maxNewTokens'
> {
  readonly train: (
    data: Dataset,
    changes?: RecipeChanges,
    init?: LoraAdapter,
  ) => TE.TaskEither<E, LoraAdapter>
  readonly model: (adapter?: LoraAdapter) => TE.TaskEither<E, Generates & Scores>
}

// constructors -----------------------------------------------------------------------------------

/** @param safePhase optimizer steps on the safe rows (default: the run's own), and their learning rate where it differs */
export const forgettingPorts = <E extends Fault>(
  { steps, lr }: Partial<Pick<ForgetFilterOptions, 'steps' | 'lr'>>,
  { train, model, safe, maxNewTokens }: ForgetFilterResources<E>,
): ForgettingPorts<LoraAdapter, E | GenerationError> => ({
  learn: (noisy) => train(noisy),
  forget: (m1) =>
    train(
      safe,
      { ...(steps === undefined ? {} : { maxSteps: steps }), ...(lr === undefined ? {} : { lr }) },
      m1,
    ),
  observe: (adapter, data, field) =>
    TE.bracketW(
      model(adapter),
      (lm) => observe(lm, data.examples, field, { maxNewTokens }),
      (lm) => TE.fromIO(() => lm.dispose()),
    ),
})
