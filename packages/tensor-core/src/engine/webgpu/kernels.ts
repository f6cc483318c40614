/**
 * Kernels of ours on the webgpu engine, in place of TensorFlow.js's: sine and cosine (`*.wgsl`).
 *
 * The WebGPU standard allows `sin` and `cos` an absolute error of 2^-11, and drivers make use of it (SwiftShader: 1.9e-4). Ours are
 * exact to one unit in the last place for angles up to some thousands.
 */
import { assetOrThrow } from '../asset'
import { tf } from '../tf'

// program ----------------------------------------------------------------------------------------

/** What TensorFlow.js's backend compiles and runs: a shader with the layout of its work. */
interface Program {
  readonly outputShape: number[]
  readonly shaderKey: string
  readonly dispatchLayout: { readonly x: number[] }
  readonly dispatch: [number, number, number]
  readonly workgroupSize: [number, number, number]
  readonly variableNames: string[]
  readonly size: boolean
  readonly getUserCode: () => string
}

interface ProgramRunner {
  readonly runWebGPUProgram: (
    program: Program,
    inputs: ReadonlyArray<tf.TensorInfo>,
    dtype: tf.DataType,
  ) => tf.TensorInfo
}
const isProgramRunner = (u: unknown): u is ProgramRunner =>
  typeof u === 'object' && u !== null && 'runWebGPUProgram' in u && typeof u.runWebGPUProgram === 'function'

const workgroup = 128

/** One invocation per entry; `code` defines `main(index : i32)`. */
const entryProgram = (name: string, shape: ReadonlyArray<number>, code: string): Program => ({
  outputShape: [...shape],
  shaderKey: `safe_${name}`,
  dispatchLayout: { x: shape.map((_, axis) => axis) },
  dispatch: [Math.ceil(tf.util.sizeFromShape([...shape]) / workgroup), 1, 1],
  workgroupSize: [workgroup, 1, 1],
  variableNames: ['A'],
  size: true,
  getUserCode: () => code,
})

// registration -----------------------------------------------------------------------------------

const registerEntry = (kernelName: string, code: string): void => {
  const original = tf.getKernel(kernelName, 'webgpu')
  tf.unregisterKernel(kernelName, 'webgpu')
  tf.registerKernel({
    ...original,
    kernelName,
    backendName: 'webgpu',
    kernelFunc: ({ inputs: { x }, backend }) => {
      if (x === undefined || !isProgramRunner(backend)) throw new Error(`${kernelName} runs on webgpu`)
      return backend.runWebGPUProgram(entryProgram(kernelName, x.shape, code), [x], 'float32')
    },
  })
}

/** Registers the kernels; TensorFlow.js's own must be registered before. */
export const registerWebgpuKernels = (): void => {
  const shader = (name: string): string => assetOrThrow(__dirname, name).toString('utf8')
  const shared = shader('shiftedSine.wgsl')
  registerEntry(tf.Sin, shared + shader('sine.wgsl'))
  registerEntry(tf.Cos, shared + shader('cosine.wgsl'))
}
