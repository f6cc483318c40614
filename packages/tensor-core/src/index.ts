/** Everything of tensor-core by name; `@safe/tensor-core/contracts`, `/formats`, `/lm`, ... give one floor alone. */
export * from './contracts'
export * from './random'
export * from './engine'
export * from './linalg'
export * from './formats'
export * from './text'
export * from './lm'
