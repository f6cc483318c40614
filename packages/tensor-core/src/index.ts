/** Everything of tensor-core by name; `@safe/tensor-core/contracts`, `/formats`, `/lm`, ... give one floor alone. */
export * from './contracts'
export * from './random'
