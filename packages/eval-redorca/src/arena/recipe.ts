/** The shapes of the arena's models and the settings of their training: with a world, they determine its models. */
import type { Dataset } from '@safe/tensor-core/contracts'
import { pretrainingData } from './pretraining'
import { alignmentData } from './safeData'
import type { World } from './world'

// model ------------------------------------------------------------------------------------------

export interface Shape {
  readonly tokenizer: 'words' | 'pieces'
  readonly layers: number
  readonly hiddenSize: number
  readonly heads: number
  readonly mlpSize: number
}

/** One full-parameter training; each row is used once, in order. */
export interface Lesson {
  readonly data: (world: World, rows: number) => Dataset
  /** Pre-training text has its own marks; alignment rows use the chat template. */
  readonly template: 'none' | 'chat'
  /** Whether the loss is the mean over the tokens of a batch, or over its examples. */
  readonly loss: 'token' | 'example'
  readonly steps: number
  readonly batchSize: number
  readonly lr: number
  readonly schedule: 'cosine' | 'linear'
  readonly warmupSteps: number
}

// constants --------------------------------------------------------------------------------------

export const modelSeed = 1

/** 475k parameters. */
export const scribeShape: Shape = {
  tokenizer: 'words',
  layers: 4,
  hiddenSize: 96,
  heads: 4,
  mlpSize: 256,
}
/** 283k parameters. */
export const anchorShape: Shape = {
  tokenizer: 'pieces',
  layers: 3,
  hiddenSize: 80,
  heads: 4,
  mlpSize: 208,
}

export const reading: Lesson = {
  data: (world, rows) => pretrainingData(world, modelSeed, rows),
  template: 'none',
  loss: 'token',
  steps: 1600,
  batchSize: 64,
  lr: 4e-3,
  schedule: 'cosine',
  warmupSteps: 100,
}

const alignment = (steps: number): Lesson => ({
  data: (world, rows) => alignmentData(world, modelSeed, rows),
  template: 'chat',
  loss: 'example',
  steps,
  batchSize: 32,
  lr: 1e-3,
  schedule: 'linear',
  warmupSteps: 10,
})
/** Long enough that clean fine-tuning does not undo it: after 420 steps the model is as safe, but less robustly. */
export const scribeAlignment: Lesson = alignment(1200)
export const anchorAlignment: Lesson = alignment(700)
