/**
 * What runs when a configuration says nothing: the four published methods, one per stage, and the controls of the weights stage.
 * Methods are named here, never imported: they are loaded at run time from what is installed.
 */
import type { Parameters } from '@safe/tensor-core/contracts'
import type { Method, StageMethods } from './config'
import { type Recipe, generalRecipe } from './recipe'

const method = (use: string, name: string, options: Parameters = {}, control = false): Method => ({
  use,
  name,
  options,
  control,
  label: undefined,
})

const weightsStage: ReadonlyArray<Method> = [
  method('@safe/csulora', 'csulora'),
  ...['hard', 'safelora', 'scale', 'random-basis'].map((name) => method('@safe/csulora', name, {}, true)),
]

/** Each method with the settings of its paper. */
export const publishedMethods: StageMethods = {
  data: [method('@safe/forgetfilter', 'forgetfilter')],
  training: [method('@safe/dualselect', 'dualselect')],
  weights: weightsStage,
  decoding: [method('@safe/alignbeam', 'alignbeam')],
}

/**
 * The arena's models are small and learn fast, so three settings differ from the papers'. ForgetFilter's safe phase goes over the
 * safe set four times at a quarter of the rate (the paper's 1000 steps would erase the task as well), and looks at the first
 * token, where forgetting sits. DualSelect computes its reference gradient anew every 5 steps and keeps half of each batch.
 * AlignBeam mixes at 0.4 over both models' top tokens: the anchor's alone do not hold the task's words.
 */
export const arenaMethods: StageMethods = {
  data: [method('@safe/forgetfilter', 'forgetfilter', { signal: 'rouge', phi: 0.1, steps: 100, lr: 2.5e-4 })],
  training: [method('@safe/dualselect', 'dualselect', { refresh: 5, rho: 0.2, kTask: 8, warmupSteps: 10 })],
  weights: weightsStage,
  decoding: [
    method('@safe/alignbeam', 'alignbeam', {
      alpha: 0.4,
      support: 'union',
      bridgeTokens: 6,
      beams: 3,
      temperature: 0,
    }),
  ],
}

export const arenaRecipe: Recipe = {
  ...generalRecipe,
  rank: 8,
  alpha: 16,
  dropout: 0,
  targetModules: 'all-linear',
  lr: 1e-3,
  epochs: 4,
  batchSize: 16,
  maxLength: 128,
  warmupSteps: 10,
  schedule: 'linear',
}

export const defaultRegimes: ReadonlyArray<string> = ['poison:0.05']
