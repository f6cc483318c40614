/** TensorFlow's ops on raw handles: their attributes, and those that several files use. The caller deletes the handles it gets. */
import type { NativeBackend } from './backend'
import type { OpAttribute, RawTensor } from './binding'

// attributes -------------------------------------------------------------------------------------

export const typeAttribute = ({ binding }: NativeBackend, name: string, value: number): OpAttribute => ({
  name,
  type: binding.TF_ATTR_TYPE,
  value,
})

export const flag = ({ binding }: NativeBackend, name: string, value: boolean): OpAttribute => ({
  name,
  type: binding.TF_ATTR_BOOL,
  value,
})

// ops --------------------------------------------------------------------------------------------

/** An op with one result. */
export const execute = (
  { binding }: NativeBackend,
  op: string,
  attributes: ReadonlyArray<OpAttribute>,
  inputs: ReadonlyArray<number>,
): RawTensor => {
  const [made] = binding.executeOp(op, attributes, inputs, 1)
  if (made === undefined) throw new Error(`${op} returned nothing`)
  return made
}

/** A product of two matrices of one type: their handles, and which are transposed. */
export interface MatrixProduct {
  readonly type: number
  readonly operands: readonly [number, number]
  readonly transposeA: boolean
  readonly transposeB: boolean
}

/** op(a) op(b), with op the transpose if the flag is set. */
export const multiply = (
  backend: NativeBackend,
  { type, operands, transposeA, transposeB }: MatrixProduct,
): RawTensor =>
  execute(
    backend,
    'MatMul',
    [
      typeAttribute(backend, 'T', type),
      flag(backend, 'transpose_a', transposeA),
      flag(backend, 'transpose_b', transposeB),
    ],
    operands,
  )
