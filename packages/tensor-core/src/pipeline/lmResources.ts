/** The resources of a run (`Resources`) from a model folder: training and models of this package. */
import type * as TE from 'fp-ts/TaskEither'
import type {
  CausalLM,
  Dataset,
  Fault,
  LmError,
  LoraAdapter,
  RecipeChanges,
  Resources,
  TrainingDefence,
} from '../contracts'
import {
  type ModelChoice,
  type TrainingRun,
  activationNorms,
  loadCausalLM,
  trainAdapter,
  withChanges,
  withGradients,
} from '../lm'

// model ------------------------------------------------------------------------------------------

/** The model that is trained and run, and the settings of both. */
export interface LmResourcesChoice
  extends
    Pick<
      TrainingRun,
      | 'model'
      | 'recipe'
      | 'seed'
      | 'dtype'
      | 'template'
      | 'noEos'
      | 'signal'
      | 'onStart'
      | 'onStep'
      | 'onWarning'
    >,
    Pick<ModelChoice, 'batchSize'> {
  /** Longest completion, in tokens; default 128. */
  readonly maxNewTokens?: number
}

/** The part of `Resources` that one model folder provides. Nothing is kept: every call of `train` is a training run. */
export interface LmResources extends Pick<
  Resources,
  'seed' | 'maxNewTokens' | 'gradients' | 'activationNorms'
> {
  /** A LoRA adapter trained with the recipe and seed, from `init` and under `defence` where given. */
  readonly train: <E extends Fault = never>(
    data: Dataset,
    changes?: RecipeChanges,
    init?: LoraAdapter,
    defence?: TrainingDefence<E>,
  ) => TE.TaskEither<LmError | E, LoraAdapter>
  /** The model with an adapter merged; the caller disposes of it. */
  readonly model: (adapter?: LoraAdapter) => TE.TaskEither<LmError, CausalLM>
}

// constructors -----------------------------------------------------------------------------------

const DEFAULT_MAX_NEW_TOKENS = 128

/** Ready resources for methods that train or run the aligned model; add the safe rows, references or anchor they need. */
export const lmResources = ({
  recipe,
  seed,
  onStart,
  onStep,
  batchSize,
  maxNewTokens = DEFAULT_MAX_NEW_TOKENS,
  ...choice
}: LmResourcesChoice): LmResources => ({
  seed,
  maxNewTokens,
  train: (data, changes, init, defence) =>
    trainAdapter({
      ...choice,
      data,
      recipe: withChanges(recipe, changes),
      seed,
      ...(init === undefined ? {} : { init }),
      ...(defence === undefined ? {} : { defence }),
      ...(onStart === undefined ? {} : { onStart }),
      ...(onStep === undefined ? {} : { onStep }),
    }),
  gradients: (data, use, init) =>
    withGradients({ ...choice, data, recipe, seed, ...(init === undefined ? {} : { init }) }, use),
  activationNorms: (init, data) => activationNorms({ ...choice, data, recipe, seed, init }),
  model: (adapter) =>
    loadCausalLM({
      ...choice,
      ...(batchSize === undefined ? {} : { batchSize }),
      ...(adapter === undefined ? {} : { adapter }),
    }),
})
