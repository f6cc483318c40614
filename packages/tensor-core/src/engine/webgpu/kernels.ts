/**
 * Kernels of ours on the webgpu engine, in place of TensorFlow.js's: sine and cosine.
 *
 * WebGPU asks of `sin` and `cos` an absolute error of 2^-11 and no more, and drivers make use of it (SwiftShader: 1.9e-4). Ours
 * reduces to [-pi/4, pi/4] by three parts of pi/2 (Cody and Waite) and takes the polynomials of Cephes (`sinf.c`), right to one
 * unit in the last place for angles up to some thousands.
 */
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

/** One invocation per entry; `code` is a function `entry(a : f32) -> f32`. */
const entryProgram = (name: string, shape: ReadonlyArray<number>, code: string): Program => ({
  outputShape: [...shape],
  shaderKey: `safe_${name}`,
  dispatchLayout: { x: shape.map((_, axis) => axis) },
  dispatch: [Math.ceil(tf.util.sizeFromShape([...shape]) / workgroup), 1, 1],
  workgroupSize: [workgroup, 1, 1],
  variableNames: ['A'],
  size: true,
  getUserCode: () => `
    ${code}
    fn main(index : i32) {
      if (index < uniforms.size) {
        setOutputAtIndex(index, entry(getAByOutputIndex(index)));
      }
    }`,
})

// sine and cosine --------------------------------------------------------------------------------

/** sin(a + shift pi/2). */
const sineCode = (shift: 0 | 1): string => `
    fn entry(a : f32) -> f32 {
      let turns = round(a * 0.63661977236758);
      let r = ((a - turns * 1.5703125) - turns * 4.837512969970703125e-4) - turns * 7.54978995489188e-8;
      let z = r * r;
      let s = r + r * z * (-1.6666654611e-1 + z * (8.3321608736e-3 - z * 1.9515295891e-4));
      let c = 1.0 - 0.5 * z + z * z * (4.166664568298827e-2 + z * (-1.388731625493765e-3 + z * 2.443315711809948e-5));
      let quarter = (i32(turns) + ${shift}) & 3;
      let value = select(s, c, (quarter & 1) == 1);
      return select(value, -value, quarter >= 2);
    }`

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

/** Registers the kernels; TensorFlow.js's own must be there. */
export const registerWebgpuKernels = (): void => {
  registerEntry(tf.Sin, sineCode(0))
  registerEntry(tf.Cos, sineCode(1))
}
