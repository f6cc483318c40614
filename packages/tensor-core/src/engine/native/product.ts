/** TensorFlow has a faster op for products of two matrices than the batched one that TensorFlow.js always calls. */
import { registeredKernel } from '../fused/kernel'
import { tf } from '../tf'
import { backendName, currentBackend } from './backend'
import { multiply } from './ops'

/** Registers it beneath `tf.matMul`; batched products still use the original kernel. */
export const registerProduct = (): void => {
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
      const engine = currentBackend()
      const [left, right] = engine.getInputTensorIds([a, b])
      if (left === undefined || right === undefined) throw new Error('a tensor is not on the device')
      return engine.createOutputTensor(
        multiply(engine, {
          type: engine.binding.TF_FLOAT,
          operands: [left, right],
          transposeA: params.attrs?.['transposeA'] === true,
          transposeB: params.attrs?.['transposeB'] === true,
        }),
      )
    },
  })
}
