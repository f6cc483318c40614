/** TensorFlow's ops on raw handles: their attributes, and the ones that several files use. Who makes a handle deletes it. */
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

/** An op of one result. */
export const execute = (
  { binding }: NativeBackend,
  op: string,
  attributes: ReadonlyArray<OpAttribute>,
  inputs: ReadonlyArray<number>,
): RawTensor => {
  const [made] = binding.executeOp(op, attributes, inputs, 1)
  if (made === undefined) throw new Error(`${op} gave nothing back`)
  return made
}

/** op(a) op(b) of two matrices of one type, op the transpose where asked for. */
export const multiply = (
  backend: NativeBackend,
  type: number,
  operands: ReadonlyArray<number>,
  transposeA: boolean,
  transposeB: boolean,
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
