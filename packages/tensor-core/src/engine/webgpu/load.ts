/** Finds a WebGPU adapter through Dawn, and registers TensorFlow.js's backend on it. */
import * as E from 'fp-ts/Either'
import { requireUnknown } from '../native/package'
import { tf } from '../tf'
import { adapterName, isSoftware } from './adapter'
import { isBackendModule, makeBackend, openDevice } from './backend'
import { during } from './events'
import { type AdapterDescription, type Gpu, type GpuAdapter, isDawnAddon } from './gpu'
import { registerWebgpuKernels } from './kernels'
import { webgpuPackages } from './package'
import { missingVulkan } from './vulkan'

// model ------------------------------------------------------------------------------------------

/** The first adapter of this machine. */
export interface FoundAdapter {
  readonly name: string
  /** Whether it is a software implementation on the processor. */
  readonly software: boolean
}

/** What the engine reports once it runs. */
export interface WebgpuRunning {
  readonly device: string
  readonly gpu: boolean
  readonly versions: Readonly<Record<string, string>>
  readonly warning?: string
}

const backendName = 'webgpu'

// Dawn -------------------------------------------------------------------------------------------

const state: { gpu: Gpu | undefined; described: AdapterDescription | undefined } = {
  gpu: undefined,
  described: undefined,
}

/** Node has no `navigator` before version 21, and one without `gpu` since. */
const offerGpu = (gpu: Gpu): void => {
  const scope: object = globalThis
  const changeable = { configurable: true, writable: true }
  if ('navigator' in scope && typeof scope.navigator === 'object' && scope.navigator !== null)
    Object.defineProperty(scope.navigator, 'gpu', { ...changeable, value: gpu })
  else Object.defineProperty(scope, 'navigator', { ...changeable, value: { gpu } })
}

/** Loads Dawn once, and makes its classes global, where TensorFlow.js looks for them. */
const loadDawn = (addon: string): Gpu => {
  if (state.gpu !== undefined) return state.gpu
  const dawn = requireUnknown(addon)
  if (!isDawnAddon(dawn)) throw new Error(`${addon} is not Dawn's addon`)
  Object.assign(globalThis, dawn.globals)
  const gpu = dawn.create([])
  state.gpu = gpu
  offerGpu(gpu)
  return gpu
}

const requestAdapter = (gpu: Gpu): Promise<GpuAdapter | null> =>
  during(() => gpu.requestAdapter({ powerPreference: 'high-performance' }))

const noAdapter = 'no Vulkan, Metal or D3D12 driver offers an adapter'

const openAdapter = async (): Promise<E.Either<string, GpuAdapter>> => {
  const packages = webgpuPackages()
  if (E.isLeft(packages)) return packages
  const vulkan = missingVulkan()
  if (vulkan !== undefined) return E.left(vulkan)
  const adapter = await requestAdapter(loadDawn(packages.right.addon))
  return adapter === null ? E.left(noAdapter) : E.right(adapter)
}

// starting ---------------------------------------------------------------------------------------

/** Looks for an adapter without computing on it. @returns left the reason why there is none. */
export const findAdapter = async (): Promise<E.Either<string, FoundAdapter>> => {
  try {
    const adapter = await openAdapter()
    return E.isLeft(adapter)
      ? adapter
      : E.right({ name: adapterName(adapter.right.info), software: isSoftware(adapter.right.info) })
  } catch (cause) {
    return E.left(`Dawn does not start: ${String(cause)}`)
  }
}

/** Registers the backend on this adapter, so that it can be selected. */
const register = async (adapter: GpuAdapter, backendFile: string): Promise<void> => {
  if (state.described !== undefined) return
  // Dawn's global GPU must exist before the backend is loaded, because it looks for it then.
  const module = requireUnknown(backendFile)
  if (!isBackendModule(module)) throw new Error('@tensorflow/tfjs-backend-webgpu has no backend class')
  // Small tensors are not silently computed on the processor: what is tested is what runs.
  tf.env().set('WEBGPU_CPU_FORWARD', false)
  const { info } = adapter
  const device = await openDevice(adapter)
  tf.removeBackend(backendName)
  tf.registerBackend(backendName, () => makeBackend(module, device, info), 0)
  registerWebgpuKernels()
  state.described = info
}

const softwareWarning =
  'the webgpu engine runs on the CPU, through a software driver: results are correct, but slow'

/**
 * Starts the engine and reports what it runs on; throws if the adapter does not start.
 * @returns left the reason why there is no adapter; with `gpuOnly` a software implementation does not count.
 */
export const startWebgpu = async (gpuOnly: boolean): Promise<E.Either<string, WebgpuRunning>> => {
  const packages = webgpuPackages()
  if (E.isLeft(packages)) return packages
  if (state.described === undefined) {
    const adapter = await openAdapter()
    if (E.isLeft(adapter)) return adapter
    const { info } = adapter.right
    if (gpuOnly && isSoftware(info)) return E.left(`${adapterName(info)} is not a GPU`)
    await register(adapter.right, packages.right.backend)
  }
  if (!(await tf.setBackend(backendName))) throw new Error('the webgpu backend did not start')
  await tf.ready()
  const info = state.described
  if (info === undefined) throw new Error('the webgpu backend did not start')
  const software = isSoftware(info)
  return E.right({
    device: adapterName(info),
    gpu: !software,
    versions: { dawn: packages.right.dawnVersion },
    ...(software ? { warning: softwareWarning } : {}),
  })
}
