/** The command-line kit all binaries share. */
export * from './command'
export * from './options'
export { overwriteOption, resumeOption } from './outputOptions'
export { packageVersion } from './packageVersion'
export { rowChoiceOf, rowOptions } from './rowOptions'
export { startEngine } from './startEngine'
export * from './terminal'
export { type TrainingValues, recipeOf, trainingOptions } from './trainingOptions'
