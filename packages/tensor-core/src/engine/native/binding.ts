/** The addon's interface: TensorFlow's eager C API, as far as it is used here. */

// model ------------------------------------------------------------------------------------------

/** A tensor on the device, of any TensorFlow type. */
export interface RawTensor {
  readonly id: number
  readonly shape: number[]
  readonly dtype: number
}

/**
 * An attribute of a TensorFlow operation as the addon takes it; `type` is the number the addon gives to the kind of
 * value.
 */
export interface OpAttribute {
  readonly name: string
  readonly type: number
  readonly value: boolean | number | string | object | ReadonlyArray<number>
}

/** The addon: TensorFlow's eager C API. Any op can be executed by name; the code that creates a raw tensor must delete it. */
export interface NativeBinding {
  readonly createTensor: (
    shape: number[],
    dtype: number,
    values: Float32Array | Int32Array | Uint8Array,
  ) => number
  readonly deleteTensor: (id: number) => void
  readonly tensorDataSync: (id: number) => Float32Array | Int32Array | Uint8Array
  readonly executeOp: (
    op: string,
    attributes: ReadonlyArray<OpAttribute>,
    inputs: ReadonlyArray<number>,
    outputs: number,
  ) => RawTensor[]
  readonly isUsingGpuDevice: () => boolean
  readonly TF_Version: string
  readonly TF_FLOAT: number
  readonly TF_INT32: number
  readonly TF_INT64: number
  readonly TF_BOOL: number
  readonly TF_UINT8: number
  readonly TF_ATTR_STRING: number
  readonly TF_ATTR_INT: number
  readonly TF_ATTR_FLOAT: number
  readonly TF_ATTR_BOOL: number
  readonly TF_ATTR_TYPE: number
  readonly TF_ATTR_SHAPE: number
}

// guards -----------------------------------------------------------------------------------------

export const isBinding = (u: unknown): u is NativeBinding =>
  typeof u === 'object' &&
  u !== null &&
  'executeOp' in u &&
  typeof u.executeOp === 'function' &&
  'isUsingGpuDevice' in u &&
  typeof u.isUsingGpuDevice === 'function' &&
  'TF_Version' in u &&
  typeof u.TF_Version === 'string'
