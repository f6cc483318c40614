/** Language models: decoding, scoring, gradients, training. */
export { type TokenBatch, tokenBatch } from './decoder/batch'
export { linearModules, parameterShapes } from './decoder/parameters'
export { type LocalLM, causalLM } from './inference/causalLM'
export type { Decoder } from './inference/decoder'
export { fineTuningBytes, weightBytes } from './memory'
export { checkAdapter } from './inference/adapter'
export { type LoadChoice, loadWeights } from './inference/load'
export { type ModelHost, type ModelHostChoice, modelHostOf, openModelHost } from './modelHost'
export { chooseToken, processedLogits, type SamplingOptions } from './inference/sampling'
export {
  type AdamWOptions,
  type AdamWState,
  adamWDefaults,
  adamWStart,
  adamWStep,
  disposeAdamW,
} from './training/adamw'
export { mergeAdapter } from './merge'
export { type ModelChoice, type OpenedModel, causalLMOf, loadCausalLM, openModel } from './openModel'
export { encodedRows } from './encodedRows'
export { type RowChoice, encodeDataset } from './rows'
export { type OpenOracle, openGradientOracle, withGradients } from './openGradientOracle'
export { activationNorms } from './activationNorms'
export {
  type Anchors,
  anchorDefaults,
  anchorPasses,
  anchorRows,
  anchorScores,
  highestRows,
} from './anchorScores'
export { trainAdapter } from './trainAdapter'
export { trainModel } from './trainModel'
export type { TrainingError, TrainingRequest, TrainingRun } from './training/request'
export type { LogRow } from './training/log'
export type { Origin } from './training/origin'
export { deviceSpace } from './training/deviceSpace'
export { type OracleSettings, lmOracle } from './training/oracle'
export {
  type LossKind,
  type TrainingRecipe,
  lossKinds,
  recipeDefaults,
  recipeOf,
  recipeOptions,
  recipeOptionsWith,
  withChanges,
} from './training/recipe'
export { type Schedule, scheduleFactor, schedules } from './training/schedule'
export {
  type LoraSlot,
  type Trainable,
  freshFactors,
  fullTrainable,
  loraTrainable,
} from './training/trainable'
