/** The command-line kit all binaries share. */
export * from './command'
export * from './options'
export { overwriteOption, resumeOption } from './outputOptions'
export { rowChoiceOf, rowOptions } from './rowOptions'
export * from './terminal'
export { type TrainingValues, recipeOf, trainingOptions } from './trainingOptions'
