/**
 * The one interpreter of `Pipeline`:
 *
 *     dataset |> data |> train with the update rule |> adapter |> weights |> attach to the model |> decoding
 *
 * Training and opening models are ports, and so is the memo. Without a memo this is `runPipeline`; with a store it is a
 * benchmark's cell. Keys, reuse of results and disposal are handled here and nowhere else.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type AppliedMethod,
  type CausalLM,
  type Dataset,
  type Fault,
  type LoraAdapter,
  type Pipeline,
  type TrainingDefence,
  isIdentity,
} from '../contracts'
import type { TrainingRecipe } from '../lm'
import { adapterHash, dataHash } from './carrierHash'
import { type Keep, type Key, type Memo, noMemo } from './memo'

// model ------------------------------------------------------------------------------------------

/** One training run. */
export interface Fitting<E extends Fault = Fault> {
  readonly data: Dataset
  readonly recipe: TrainingRecipe
  readonly seed: number
  /** The adapter to start from; by default a new one. */
  readonly init?: LoraAdapter
  readonly defence: TrainingDefence<E>
}

/** What the interpreter needs from outside. */
export interface Runtime<E extends Fault = Fault, M extends Fault = Fault> {
  readonly train: <F extends Fault>(fitting: Fitting<F>) => TE.TaskEither<E | F, LoraAdapter>
  /** The model with an adapter attached; the caller disposes of it. */
  readonly open: (adapter: LoraAdapter) => TE.TaskEither<E, CausalLM>
  readonly memo: Memo<M>
  readonly keep: { readonly data: Keep<Dataset>; readonly adapter: Keep<LoraAdapter> }
  /** What determines every step: code, engine, storage type. */
  readonly environment: Key
  /** What determines a training run in addition to data, recipe and seed: the model and its template. */
  readonly model: Key
}

/** What a pipeline starts from. */
export interface PipelineInput {
  readonly data: Dataset
  readonly recipe: TrainingRecipe
  readonly seed: number
  /** An adapter that was trained before: it stands for the fine-tune where no defence acts on the data or the training. */
  readonly trained?: LoraAdapter
}

/** The results of a pipeline, each computed when first run and at most once; `model` opens a new model each time. */
export interface PipelineSteps<E extends Fault> {
  /** The rows trained on. */
  readonly data: TE.TaskEither<E, Dataset>
  /** The adapter as trained. */
  readonly trained: TE.TaskEither<E, LoraAdapter>
  /** The adapter as the weights stage returned it. */
  readonly adapter: TE.TaskEither<E, LoraAdapter>
  /** The defended model; the caller disposes of it, which frees the undefended one too. */
  readonly model: TE.TaskEither<E, CausalLM>
}

// parts ------------------------------------------------------------------------------------------

/** Runs at most once; later calls share the result. */
const shared = <E, A>(work: TE.TaskEither<E, A>): TE.TaskEither<E, A> => {
  const state: { running?: ReturnType<typeof work> } = {}
  return () => (state.running ??= work())
}

/**
 * A result may be kept only if its key contains everything it depends on: a defence that does not state what it reads is applied
 * again each time.
 */
const keyed = (steps: ReadonlyArray<AppliedMethod>): boolean => steps.every((s) => s.reads !== undefined)

/** A model that is freed once, even if it is disposed of several times. */
const freedOnce = (model: CausalLM): CausalLM => {
  const state = { freed: false }
  return {
    ...model,
    dispose: () => {
      if (!state.freed) model.dispose()
      state.freed = true
    },
  }
}

/**
 * The model under its decoding defence, which takes ownership of it. Where the second of two defences cannot be applied, the model
 * of the first has already been freed, and this model with it.
 */
const decoded =
  <E extends Fault>({ decoding }: Pick<Pipeline<E>, 'decoding'>) =>
  (given: CausalLM): TE.TaskEither<E, CausalLM> => {
    const model = freedOnce(given)
    return pipe(
      decoding.apply(model),
      TE.tapError(() => TE.fromIO(model.dispose)),
    )
  }

// constructors -----------------------------------------------------------------------------------

/** Trains an adapter; the result is kept under everything that determines it, so that methods and stages share training runs. */
export const fit =
  <E extends Fault, M extends Fault>({ train, memo, keep, environment, model }: Runtime<E, M>) =>
  <F extends Fault>(fitting: Fitting<F>): TE.TaskEither<E | M | F, LoraAdapter> => {
    const { data, recipe, seed, init, defence } = fitting
    const key = (): Key => ({
      step: 'training',
      ...environment,
      ...model,
      data: dataHash(data),
      recipe,
      seed,
      init: init === undefined ? null : adapterHash(init),
      methods: defence.steps,
    })
    const { once } = keyed(defence.steps) ? memo : noMemo
    return once<E | F, LoraAdapter>(key, keep.adapter, () => train(fitting))
  }

/** The steps of a pipeline on this input. They are lazy: nothing runs before one of them is run. */
export const interpret =
  <E extends Fault, M extends Fault>(runtime: Runtime<E, M>) =>
  <F extends Fault>(pipeline: Pipeline<F>, input: PipelineInput): PipelineSteps<E | M | F> => {
    const { memo, keep, environment, open } = runtime
    /** A stage's result, kept by its input and its methods; the identity's is its input. */
    const staged = <A>(
      step: 'data' | 'weights',
      defence: {
        readonly steps: ReadonlyArray<AppliedMethod>
        readonly apply: (a: A) => TE.TaskEither<F, A>
      },
      hash: (a: A) => string,
      kept: Keep<A>,
    ): ((a: A) => TE.TaskEither<M | F, A>) => {
      const { steps, apply } = defence
      const { once } = keyed(steps) ? memo : noMemo
      return (a) =>
        isIdentity(defence)
          ? TE.right(a)
          : once(
              () => ({ step, ...environment, input: hash(a), methods: steps }),
              kept,
              () => apply(a),
            )
    }
    const data = shared(staged('data', pipeline.data, dataHash, keep.data)(input.data))
    const { trained: given, ...fitting } = input
    const trained = shared(
      given !== undefined && isIdentity(pipeline.data) && isIdentity(pipeline.training)
        ? TE.right(given)
        : pipe(
            data,
            TE.chainW((rows) => fit(runtime)({ ...fitting, data: rows, defence: pipeline.training })),
          ),
    )
    const adapter = shared(
      pipe(trained, TE.chainW(staged('weights', pipeline.weights, adapterHash, keep.adapter))),
    )
    return { data, trained, adapter, model: pipe(adapter, TE.chainW(open), TE.chainW(decoded(pipeline))) }
  }
