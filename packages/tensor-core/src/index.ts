/**
 * What most programs need, by name: models, adapters and data in and out, training, pipelines of defences. Every floor has a sub-path of
 * its own for the rest: `@safe/tensor-core/contracts`, `/engine`, `/linalg`, `/files`, `/options`, `/formats`, `/text`, `/endpoint`,
 * `/lm`, `/judges`, `/pipeline`, `/cli`.
 */
// what is carried ----------------------------------------------------------------------------------
export {
  type Dataset,
  type Example,
  type LoraAdapter,
  type Message,
  type Prompt,
  type Response,
  type WeightSource,
  promptText,
  responseText,
  textExample,
  textPrompt,
  tokenPrompt,
} from './contracts'

// models -------------------------------------------------------------------------------------------
export {
  type CausalLM,
  type Completion,
  type Generates,
  type GenerationOptions,
  type GenerationRequest,
  type Scores,
  type Steps,
  greedy,
} from './contracts'
export { type ModelChoice, loadCausalLM, openModelHost } from './lm'

// defences -----------------------------------------------------------------------------------------
export {
  type AppliedMethod,
  type Defence,
  type DefencePlugin,
  type Pipeline,
  type Resources,
  type Stage,
  compose,
  dataDefence,
  decodingDefence,
  defenceName,
  noDefence,
  trainingDefence,
  weightsDefence,
} from './contracts'
export { type PipelineResult, interpret, lmResources, runPipeline } from './pipeline'

// judges -------------------------------------------------------------------------------------------
export type { Judge, JudgeItem, Judgement, Verdict } from './contracts'
export { judgeNamed, judges, openJudge, refusalJudge } from './judges'

// errors -------------------------------------------------------------------------------------------
export { type Fault, type FormatError, type LmError, faultLine } from './contracts'

// engines ------------------------------------------------------------------------------------------
export { type EngineReport, availableEngines, selectEngine } from './engine'

// files --------------------------------------------------------------------------------------------
export { openWeights, readAdapter, readDataset, writeAdapter, writeJsonl } from './formats'

// training -----------------------------------------------------------------------------------------
export { type TrainingRecipe, type TrainingRequest, recipeDefaults, trainAdapter, trainModel } from './lm'
