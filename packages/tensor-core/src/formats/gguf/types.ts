/** The element types of GGUF tensors (`enum ggml_type` of ggml.h): those that are read, and the names of those that are refused. */

/** A type that is read: tensors are rows of blocks of `elements` values in `bytes` bytes. */
export interface TensorType {
  readonly name: TensorTypeName
  readonly elements: number
  readonly bytes: number
}

export type FloatTypeName = 'F32' | 'F16' | 'BF16'
export type QuantName =
  'Q4_0' | 'Q4_1' | 'Q5_0' | 'Q5_1' | 'Q8_0' | 'Q2_K' | 'Q3_K' | 'Q4_K' | 'Q5_K' | 'Q6_K'
export type TensorTypeName = FloatTypeName | QuantName

const readable: ReadonlyMap<number, TensorType> = new Map<number, TensorType>([
  [0, { name: 'F32', elements: 1, bytes: 4 }],
  [1, { name: 'F16', elements: 1, bytes: 2 }],
  [2, { name: 'Q4_0', elements: 32, bytes: 18 }],
  [3, { name: 'Q4_1', elements: 32, bytes: 20 }],
  [6, { name: 'Q5_0', elements: 32, bytes: 22 }],
  [7, { name: 'Q5_1', elements: 32, bytes: 24 }],
  [8, { name: 'Q8_0', elements: 32, bytes: 34 }],
  [10, { name: 'Q2_K', elements: 256, bytes: 84 }],
  [11, { name: 'Q3_K', elements: 256, bytes: 110 }],
  [12, { name: 'Q4_K', elements: 256, bytes: 144 }],
  [13, { name: 'Q5_K', elements: 256, bytes: 176 }],
  [14, { name: 'Q6_K', elements: 256, bytes: 210 }],
  [30, { name: 'BF16', elements: 1, bytes: 2 }],
])

const refusedNames: ReadonlyMap<number, string> = new Map([
  [9, 'Q8_1'],
  [15, 'Q8_K'],
  [16, 'IQ2_XXS'],
  [17, 'IQ2_XS'],
  [18, 'IQ3_XXS'],
  [19, 'IQ1_S'],
  [20, 'IQ4_NL'],
  [21, 'IQ3_S'],
  [22, 'IQ2_S'],
  [23, 'IQ4_XS'],
  [24, 'I8'],
  [25, 'I16'],
  [26, 'I32'],
  [27, 'I64'],
  [28, 'F64'],
  [29, 'IQ1_M'],
  [34, 'TQ1_0'],
  [35, 'TQ2_0'],
  [39, 'MXFP4'],
])

/** The type with this number; undefined where it is not read. */
export const tensorType = (id: number): TensorType | undefined => readable.get(id)
/** The name of a type that is not read, for messages. */
export const refusedName = (id: number): string => refusedNames.get(id) ?? `of type ${id}`

export const isFloatType = (name: TensorTypeName): name is FloatTypeName =>
  name === 'F32' || name === 'F16' || name === 'BF16'
