/** The command-line kit all binaries share. */
export * from './command'
export * from './options'
export * from './terminal'
export { type TrainingValues, recipeOf, trainingOptions } from './trainingOptions'
