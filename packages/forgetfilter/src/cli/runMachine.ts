/** What trains and runs models for `forgetfilter run`: tensor-core, on the chosen engine. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Context,
  type Progress,
  recipeOf,
  rowChoiceOf,
  startEngine,
  stopping,
} from '@safe/tensor-core/cli'
import type { CausalLM, Fault } from '@safe/tensor-core/contracts'
import {
  type OpenedModel,
  type TrainingRecipe,
  type TrainingRequest,
  encodeDataset,
  loadCausalLM,
  openModel,
  trainAdapter,
} from '@safe/tensor-core/lm'
import { tokenExamples } from '@safe/tensor-core/text'
import type { InterleaveModels } from '../interleave/interleaveWork'
import type { Phase } from '../work'
import type { Machine, MachineValues } from './machine'

// model ------------------------------------------------------------------------------------------

/** A machine that also opens the aligned model as it is. */
export interface LmMachine extends Machine {
  readonly ports: InterleaveModels
}

// models -----------------------------------------------------------------------------------------

/** The model with rows cut and skipped exactly as training cuts and skips them. */
const scoringTrainedRows = (lm: CausalLM, opened: OpenedModel, maxLength: number): CausalLM => ({
  ...lm,
  score: (examples) =>
    pipe(
      TE.fromEither(
        encodeDataset({ name: 'noisy', examples }, opened.encoder, opened.folder.config.vocabSize, maxLength),
      ),
      TE.map(tokenExamples),
      TE.chain((rows) => (rows.length === 0 ? TE.right([]) : lm.score(rows))),
    ),
})

/** Runs a training with progress, which starts when its length is known and always stops. */
const training = (
  context: Context,
  label: string,
  work: (callbacks: Pick<TrainingRequest, 'onStart' | 'onStep'>) => TE.TaskEither<Fault, unknown>,
): TE.TaskEither<Fault, void> => {
  const state: { progress?: Progress } = {}
  const run = work({
    onStart: (total, done) => {
      state.progress = context.progress(label, total)
      state.progress.tick(done)
    },
    onStep: (row) => state.progress?.tick(1, `loss ${row.loss.toFixed(4)}`),
  })
  return pipe(
    run,
    stopping(() => state.progress),
    TE.map(() => undefined),
  )
}

type Recipes = Readonly<Record<Phase, TrainingRecipe>>

/** The training options are those of the noisy phase; the safe phase counts steps and may have a rate of its own. */
const recipesOf = (v: MachineValues): Recipes => {
  const noisy = recipeOf(v)
  return { noisy, safe: { ...noisy, maxSteps: v.steps, lr: v.safeLr ?? noisy.lr }, kept: noisy }
}

const phaseNames: Readonly<Record<Phase, string>> = {
  noisy: 'train on noisy rows',
  safe: 'train on safe rows',
  kept: 'train on kept rows',
}

const loaded = (v: MachineValues, context: Context, opened: OpenedModel, adapter?: string) =>
  pipe(
    loadCausalLM({
      model: v.model,
      ...(adapter === undefined ? {} : { adapter }),
      dtype: context.common.dtype,
      signal: context.signal,
      ...rowChoiceOf(v),
    }),
    TE.map((lm) => scoringTrainedRows(lm, opened, v.maxLength)),
  )

const portsOf = (
  v: MachineValues,
  context: Context,
  opened: OpenedModel,
  recipes: Recipes,
): InterleaveModels => ({
  train: ({ phase, data, init, out }) =>
    training(context, phaseNames[phase], (callbacks) =>
      trainAdapter({
        model: v.model,
        data,
        recipe: recipes[phase],
        seed: context.common.seed,
        dtype: context.common.dtype,
        ...(init === undefined ? {} : { init }),
        out,
        checkpointEvery: v.checkpointEvery,
        resume: true,
        signal: context.signal,
        onWarning: context.warn,
        ...rowChoiceOf(v),
        ...callbacks,
      }),
    ),
  open: (adapter) => loaded(v, context, opened, adapter),
  aligned: loaded(v, context, opened),
  observing: (model, rows) => {
    const progress = context.progress(`rows under ${model}`, rows)
    const state = { left: rows }
    return (done) => {
      progress.tick(done)
      state.left -= done
      if (state.left <= 0) progress.stop()
    }
  },
})

// constructor ------------------------------------------------------------------------------------

export const openMachine = (v: MachineValues, context: Context): TE.TaskEither<Fault, LmMachine> =>
  pipe(
    startEngine(context),
    TE.chainW(() => openModel(v.model, rowChoiceOf(v))),
    TE.bindTo('opened'),
    TE.bindW('weights', ({ opened }) => opened.folder.fingerprint),
    TE.map(({ opened, weights }) => {
      const recipes = recipesOf(v)
      return {
        ports: portsOf(v, context, opened, recipes),
        deciding: {
          model: JSON.stringify([
            weights,
            opened.tokenizer?.fingerprint ?? null,
            rowChoiceOf(v),
            context.common.seed,
            context.common.dtype,
          ]),
          noisyRecipe: recipes.noisy,
          safeRecipe: recipes.safe,
          maxNewTokens: v.maxNewTokens,
        },
        longestResponse: (data) =>
          pipe(
            encodeDataset(data, opened.encoder, opened.folder.config.vocabSize, v.maxLength),
            E.map(({ rows }) => rows.reduce((most, row) => Math.max(most, row.responseTokens.length), 0)),
          ),
      }
    }),
  )
