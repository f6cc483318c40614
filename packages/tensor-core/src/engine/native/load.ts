/**
 * Loads tfjs-node's addon from where it was built and gives TensorFlow.js its backend, without touching node_modules: the
 * package's backend class and kernels are used as they are, its entry (which insists on its own addon) is not.
 *
 * One process holds one libtensorflow: the native and the cuda engine cannot both be loaded.
 */
import { dirname, join } from 'node:path'
import util from 'node:util'
import { processorName } from '../device'
import { tf } from '../tf'
import { type Variant, builtEngine, layout } from './home'
import { graphicsProcessors } from './gpu'
import { installedPackage, requireUnknown, sourcePackage } from './package'
import { registerFused } from './kernels/register'
import { kernelsVersion } from './kernels/source'
import { registerProduct } from './product'
import { quietly } from './quiet'

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

/** The addon: TensorFlow's eager C API. Any op can be executed by name; who makes a raw tensor deletes it. */
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

/** tfjs-node's backend, with what raw operations need: a tensor's id on the device, and a tensor made of raw output. */
export interface NativeBackend extends tf.KernelBackend {
  readonly binding: NativeBinding
  readonly isUsingGpuDevice: boolean
  readonly getInputTensorIds: (tensors: ReadonlyArray<tf.TensorInfo>) => number[]
  readonly createOutputTensor: (raw: RawTensor) => tf.Tensor
}

/** An addon's place on disk. */
export interface AddonLocation {
  readonly addon: string
  readonly quiet?: string
  /** The library of fused kernels. */
  readonly kernels?: string
}

// guards -----------------------------------------------------------------------------------------

const isRecord = (u: unknown): u is Record<string, unknown> => typeof u === 'object' && u !== null

const isBinding = (u: unknown): u is NativeBinding =>
  isRecord(u) &&
  typeof u['executeOp'] === 'function' &&
  typeof u['isUsingGpuDevice'] === 'function' &&
  typeof u['TF_Version'] === 'string'

interface BackendModule {
  readonly NodeJSKernelBackend: new (binding: NativeBinding, packageName: string) => tf.KernelBackend
}
const isBackendModule = (u: unknown): u is BackendModule =>
  isRecord(u) && typeof u['NodeJSKernelBackend'] === 'function'

const isNativeBackend = (b: tf.KernelBackend): b is NativeBackend =>
  'binding' in b && isBinding(b.binding) && 'getInputTensorIds' in b && 'createOutputTensor' in b

// environment ------------------------------------------------------------------------------------

const setDefault = (name: string, value: string | undefined): void => {
  if (value !== undefined && process.env[name] === undefined) process.env[name] = value
}

/** What TensorFlow reads from the environment while it is loaded; whatever the user has set stays. */
const prepareEnvironment = (): void => {
  const threads = process.env['SAFE_THREADS']
  const speak = process.env['SAFE_ENGINE_LOG'] === '1'
  setDefault('TF_CPP_MIN_LOG_LEVEL', speak ? '0' : '3')
  setDefault('TF_ENABLE_ONEDNN_OPTS', '1')
  setDefault('TF_FORCE_GPU_ALLOW_GROWTH', 'true')
  // float32 means float32: without this an NVIDIA GPU rounds the operands of products to 10 bits.
  setDefault('NVIDIA_TF32_OVERRIDE', '0')
  setDefault('TF_NUM_INTRAOP_THREADS', threads)
  setDefault('TF_NUM_INTEROP_THREADS', threads === undefined ? undefined : '1')
  setDefault('OMP_NUM_THREADS', threads)
  // Our kernels' threads sleep between their turns instead of taking TensorFlow's processors.
  setDefault('OMP_WAIT_POLICY', 'passive')
}

/** tfjs-node 4.22 calls two functions that Node 23 has removed. */
const restoreUtilFunctions = (): void => {
  if (!('isNullOrUndefined' in util))
    Object.assign(util, { isNullOrUndefined: (u: unknown) => u === null || u === undefined })
  if (!('isArray' in util)) Object.assign(util, { isArray: Array.isArray })
}

// loading ----------------------------------------------------------------------------------------

const backendName = 'tensorflow'

/** Where the engine's addon is: a normal installation's own, else the one built into the cache. */
export const locateAddon = (variant: Variant): AddonLocation | undefined => {
  const installed = installedPackage(variant)?.addon
  if (installed !== undefined) return { addon: installed }
  const built = builtEngine(variant)
  return built === undefined
    ? undefined
    : {
        addon: join(built.folder, layout.addon),
        quiet: join(built.folder, layout.quiet),
        ...(built.manifest.kernels === kernelsVersion ? { kernels: join(built.folder, layout.kernels) } : {}),
      }
}

const loaded: { addon: string | undefined } = { addon: undefined }

/** A library that does not load here (OpenMP's is missing, say) is done without. */
const loadedOrNothing = (id: string): unknown => {
  try {
    return requireUnknown(id)
  } catch {
    return undefined
  }
}

const currentBackend = (): NativeBackend => {
  const backend = nativeBackend()
  if (backend === undefined) throw new Error('the TensorFlow backend is not the current one')
  return backend
}

/** Loads the addon and registers its backend and kernels; throws what the loader says. */
export const loadAddon = ({ addon, quiet, kernels }: AddonLocation): void => {
  if (loaded.addon === addon) return
  if (loaded.addon !== undefined)
    throw new Error(`another libtensorflow is loaded already (${dirname(loaded.addon)}): one per process`)
  prepareEnvironment()
  restoreUtilFunctions()
  const source = sourcePackage()
  if (source._tag === 'Left') throw new Error(source.left.message)
  const { folder, name } = source.right
  const module = requireUnknown(join(folder, 'dist', 'nodejs_kernel_backend.js'))
  if (!isBackendModule(module)) throw new Error(`${name} has no backend class`)
  requireUnknown(join(folder, 'dist', 'register_all_kernels.js'))
  const binding = quietly(quiet === undefined ? undefined : requireUnknown(quiet), () =>
    requireUnknown(addon),
  )
  if (!isBinding(binding)) throw new Error(`${addon} is not tfjs-node's addon`)
  tf.registerBackend(backendName, () => new module.NodeJSKernelBackend(binding, name), 3)
  loaded.addon = addon
  registerProduct(backendName, currentBackend)
  // On a GPU the tensors are not where these could read them.
  if (kernels !== undefined && !binding.isUsingGpuDevice())
    registerFused(loadedOrNothing(kernels), backendName, currentBackend)
}

/** The native backend where it is the current one: the way to ops and types TensorFlow.js does not know. */
export const nativeBackend = (): NativeBackend | undefined => {
  if (tf.getBackend() !== backendName) return undefined
  const backend = tf.backend()
  return isNativeBackend(backend) ? backend : undefined
}

/** Loads and selects the engine, and says what runs it. */
export const startNative =
  (variant: Variant, location: AddonLocation) =>
  async (): Promise<{
    readonly device: string
    readonly gpu: boolean
    readonly versions: Readonly<Record<string, string>>
    readonly warning?: string
  }> => {
    loadAddon(location)
    await tf.setBackend(backendName)
    const backend = nativeBackend()
    if (backend === undefined) throw new Error('the TensorFlow backend did not start')
    const gpu = backend.isUsingGpuDevice
    return {
      device: gpu ? (graphicsProcessors()[0] ?? 'NVIDIA GPU') : processorName(),
      gpu,
      versions: { tensorflow: backend.binding.TF_Version },
      ...(variant === 'cuda' && !gpu
        ? {
            warning:
              'the cuda engine runs on the CPU: TensorFlow found no GPU it can use (SAFE_ENGINE_LOG=1 shows why)',
          }
        : // built by us, but before there were these kernels
          !gpu && location.quiet !== undefined && location.kernels === undefined
          ? {
              warning: `the ${variant} engine was built by an earlier release and is slower than it could be: run tensor-core engine build ${variant}`,
            }
          : {}),
    }
  }
