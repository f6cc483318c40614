/** tfjs-node's backend: access to the ops and types that TensorFlow.js does not know. */
import { tf } from '../tf'
import { type NativeBinding, type RawTensor, isBinding } from './binding'

// model ------------------------------------------------------------------------------------------

/** The name under which TensorFlow.js knows the backend, as in tfjs-node. */
export const backendName = 'tensorflow'

/** tfjs-node's backend, with what raw operations need: a tensor's id on the device, and a tensor made from raw output. */
export interface NativeBackend extends tf.KernelBackend {
  readonly binding: NativeBinding
  readonly isUsingGpuDevice: boolean
  readonly getInputTensorIds: (tensors: ReadonlyArray<tf.TensorInfo>) => number[]
  readonly createOutputTensor: (raw: RawTensor) => tf.Tensor
}

const isNativeBackend = (b: tf.KernelBackend): b is NativeBackend =>
  'binding' in b && isBinding(b.binding) && 'getInputTensorIds' in b && 'createOutputTensor' in b

// the current one --------------------------------------------------------------------------------

/** The native backend if it is the current one, else undefined. */
export const nativeBackend = (): NativeBackend | undefined => {
  if (tf.getBackend() !== backendName) return undefined
  const backend = tf.backend()
  return isNativeBackend(backend) ? backend : undefined
}

/** The same for kernels that only run on it: throws if another backend is current. */
export const currentBackend = (): NativeBackend => {
  const backend = nativeBackend()
  if (backend === undefined) throw new Error('the TensorFlow backend is not the current one')
  return backend
}
