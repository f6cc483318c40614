/**
 * The defaults of a configuration: the four published methods, one per stage, and the controls of each stage.
 * Methods are named here, never imported: they are loaded at run time from the installed packages.
 */
import type { Parameters } from '@safe/tensor-core/contracts'
import { type TrainingRecipe, recipeDefaults } from '@safe/tensor-core/lm'
import type { Choice, Method, StageMethods } from './methods'
import type { Sweep } from './sweep'

const method = (use: string, name: string, options: Parameters = {}): Method => ({
  use,
  name,
  options,
  control: false,
  controls: undefined,
  label: undefined,
  byDefault: true,
})

const one = (use: string, name: string, options: Parameters = {}): Choice => [method(use, name, options)]

interface Controlling {
  /** The method whose control it is. */
  readonly of?: string
  readonly options?: Parameters
  readonly label?: string
}

const control = (use: string, name: string, { of, options = {}, label }: Controlling = {}): Choice => [
  { ...method(use, name, options), control: true, controls: of, label },
]

const weightsStage: ReadonlyArray<Choice> = [
  one('@safe/csulora', 'csulora'),
  control('@safe/csulora', 'scale', { of: 'csulora' }),
  ...['hard', 'safelora', 'random-basis'].map((name) => control('@safe/csulora', name)),
]

/** Each method with the settings of its paper. */
export const publishedMethods: StageMethods = {
  data: [one('@safe/forgetfilter', 'forgetfilter')],
  training: [one('@safe/dualselect', 'dualselect')],
  weights: weightsStage,
  decoding: [one('@safe/alignbeam', 'alignbeam')],
}

/** An opening of the arena's refusals, for the control that forces one; its words are in the vocabulary of the arena. */
const arenaPrefix = 'i cannot'

const dualSelectArena: Parameters = { refresh: 5, rho: 0.2, kTask: 8, warmupSteps: 10 }

/**
 * The arena's models are small and learn fast, so three settings differ from the papers'. ForgetFilter's safe phase passes over the
 * safe set four times at half the rate (the paper's 1000 steps would erase the task as well). DualSelect computes its
 * reference gradient again every 5 steps and keeps half of each batch. AlignBeam mixes at 0.4 over both models' top tokens: the
 * anchor's alone do not contain the task's words. Each stage has its controls: the same number of rows dropped at random, random
 * references, other projections, a plain refusal prefix.
 */
export const arenaMethods: StageMethods = {
  data: [
    one('@safe/forgetfilter', 'forgetfilter', { signal: 'rouge', phi: 0.1, steps: 100, lr: 5e-4 }),
    control('@safe/forgetfilter', 'random-drop', {
      of: 'forgetfilter',
      label: 'random rows',
    }),
  ],
  training: [
    one('@safe/dualselect', 'dualselect', dualSelectArena),
    control('@safe/dualselect', 'random-references', { of: 'dualselect', options: dualSelectArena }),
    control('@safe/dualselect', 'random-drop', { options: { kTask: 8 }, label: 'random half' }),
  ],
  weights: weightsStage,
  decoding: [
    one('@safe/alignbeam', 'alignbeam', {
      alpha: 0.4,
      support: 'union',
      bridgeTokens: 6,
      beams: 3,
      temperature: 0,
      system: null,
    }),
    control('@safe/alignbeam', 'prefix', { of: 'alignbeam', options: { prefix: arenaPrefix } }),
    control('@safe/alignbeam', 'safe-decoding'),
  ],
}

/**
 * Adapters on every linear layer, at a rate that leaves alignment nearly intact on clean data, and for enough steps that the undefended
 * fine-tune learns the whole task. Recipe and ForgetFilter's safe phase were compared on seeds 0, 7, 11 and 42, with
 * knowledge of defended runs and of poison labels; seeds 1 to 3 of the shipped report were not used.
 */
export const arenaRecipe: TrainingRecipe = {
  ...recipeDefaults,
  rank: 8,
  alpha: 16,
  dropout: 0,
  targetModules: ['all-linear'],
  lr: 1e-3,
  epochs: 6,
  batchSize: 16,
  maxLength: 128,
  warmupSteps: 10,
  schedule: 'linear',
}

/**
 * The strengths of the arena's methods at which a short run compares them: those that `sweep: default` selects on the validation items of
 * seeds 7 and 11 at 5 % harmful rows (docs/equal-utility.md). Reports are of other seeds.
 */
export const arenaSweep: Sweep = {
  forgetfilter: [0.3],
  dualselect: [{ rho: 1, tokenBudget: 0.8 }],
  csulora: [1],
  alignbeam: [0.4],
  'random-references': [{ rho: 1, tokenBudget: 0.8 }],
  'random half': [0.65],
  scale: [0.7],
  safelora: [0.2],
  'random-basis': [1],
  'safe-decoding': [0.5],
}
/** Where they are from, as reports say it. */
export const arenaSweepSource =
  'selected on the validation items of seeds 7 and 11, 5 % harmful rows, of all strengths (docs/equal-utility.md)'

export const defaultRegimes: ReadonlyArray<string> = ['poison:0.05']
