/**
 * The contracts between the packages of this workspace: typed interfaces and the laws of their composition, nothing else.
 * No tensor and no file is used here.
 */
export * from './data'
export * from './defence'
export * from './errors'
export * from './generation'
export * from './gradients'
export * from './judge'
export * from './model'
export * from './plugin'
export * from './tokenizer'
export * from './training'
export * from './weights'
