/** Everything of tensor-core by name; `@safe/tensor-core/contracts`, `/formats`, `/lm`, ... give one floor alone. */
export * from './contracts'
export * from './random'
export * from './engine'
export * from './linalg'
export * from './files'
export * from './formats'
export * from './text'
export * from './lm'
export * from './pipeline'
// Both floors have a type of this name; here it is the model's capability.
export type { Steps } from './contracts'
