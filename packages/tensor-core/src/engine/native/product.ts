/** TensorFlow has a faster op for products of two matrices than the batched one that TensorFlow.js always asks for. */
import { registeredKernel } from '../fused/kernel'
import { tf } from '../tf'
import type { NativeBackend } from './load'

/** Registers it beneath `tf.matMul`; batches stay with the kernel that was there. */
export const registerProduct = (backendName: string, backend: () => NativeBackend): void => {
  const batched = registeredKernel(tf.BatchMatMul, backendName)
  if (batched === undefined) return
  tf.unregisterKernel(tf.BatchMatMul, backendName)
  tf.registerKernel({
    ...batched,
    kernelFunc: (params) => {
      const { a, b } = params.inputs
      if (
        a === undefined ||
        b === undefined ||
        a.shape.length !== 2 ||
        b.shape.length !== 2 ||
        a.dtype !== 'float32'
      )
        return batched.kernelFunc(params)
      const engine = backend()
      const { binding } = engine
      const flag = (name: string, value: unknown) => ({
        name,
        type: binding.TF_ATTR_BOOL,
        value: value === true,
      })
      const [product] = binding.executeOp(
        'MatMul',
        [
          { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
          flag('transpose_a', params.attrs?.['transposeA']),
          flag('transpose_b', params.attrs?.['transposeB']),
        ],
        engine.getInputTensorIds([a, b]),
        1,
      )
      if (product === undefined) throw new Error('MatMul gave nothing back')
      return engine.createOutputTensor(product)
    },
  })
}
