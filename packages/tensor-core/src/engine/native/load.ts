/**
 * Loads tfjs-node's addon from where it was built and registers its backend with TensorFlow.js, without touching node_modules: the
 * package's backend class and kernels are used as they are, its entry (which requires its own addon) is not.
 *
 * One process holds one libtensorflow: the native and the cuda engine cannot both be loaded.
 */
import { dirname, join } from 'node:path'
import util from 'node:util'
import { tf } from '../tf'
import { backendName } from './backend'
import { type NativeBinding, isBinding } from './binding'
import { type Variant, builtEngine, layout } from './home'
import { isCurrent } from './kernels/sources'
import { installedPackage, requireUnknown, sourcePackage } from './package'
import { quietly } from './quiet'

// model ------------------------------------------------------------------------------------------

/** Where an addon is on disk. */
export interface AddonLocation {
  readonly addon: string
  readonly quiet?: string
  /** The library of fused kernels. */
  readonly kernels?: string
}

interface BackendModule {
  readonly NodeJSKernelBackend: new (binding: NativeBinding, packageName: string) => tf.KernelBackend
}
const isBackendModule = (u: unknown): u is BackendModule =>
  typeof u === 'object' &&
  u !== null &&
  'NodeJSKernelBackend' in u &&
  typeof u.NodeJSKernelBackend === 'function'

// environment ------------------------------------------------------------------------------------

const setDefault = (name: string, value: string | undefined): void => {
  if (value !== undefined && process.env[name] === undefined) process.env[name] = value
}

/** What TensorFlow reads from the environment while it is loaded; settings of the user are kept. */
const prepareEnvironment = (): void => {
  const threads = process.env['SAFE_THREADS']
  const verbose = process.env['SAFE_ENGINE_LOG'] === '1'
  setDefault('TF_CPP_MIN_LOG_LEVEL', verbose ? '0' : '3')
  setDefault('TF_ENABLE_ONEDNN_OPTS', '1')
  setDefault('TF_FORCE_GPU_ALLOW_GROWTH', 'true')
  // float32 means float32: by default an NVIDIA GPU rounds the operands of products to 10 bits.
  setDefault('NVIDIA_TF32_OVERRIDE', '0')
  setDefault('TF_NUM_INTRAOP_THREADS', threads)
  setDefault('TF_NUM_INTEROP_THREADS', threads === undefined ? undefined : '1')
  setDefault('OMP_NUM_THREADS', threads)
  // The threads of our kernels sleep while they have no work instead of occupying TensorFlow's processors.
  setDefault('OMP_WAIT_POLICY', 'passive')
}

/** tfjs-node 4.22 calls two functions that Node 23 removed. */
const restoreUtilFunctions = (): void => {
  if (!('isNullOrUndefined' in util))
    Object.assign(util, { isNullOrUndefined: (u: unknown) => u === null || u === undefined })
  if (!('isArray' in util)) Object.assign(util, { isArray: Array.isArray })
}

// loading ----------------------------------------------------------------------------------------

/** Where the engine's addon is: that of a normal installation, else the one built into the cache. */
export const locateAddon = (variant: Variant): AddonLocation | undefined => {
  const installed = installedPackage(variant)?.addon
  if (installed !== undefined) return { addon: installed }
  const built = builtEngine(variant)
  return built === undefined
    ? undefined
    : {
        addon: join(built.folder, layout.addon),
        quiet: join(built.folder, layout.quiet),
        ...(isCurrent(built.manifest.kernels) ? { kernels: join(built.folder, layout.kernels) } : {}),
      }
}

const loaded: { addon: string | undefined } = { addon: undefined }

/**
 * Loads the addon and registers its backend; throws the loader's error.
 * @returns the addon; undefined if it was loaded before.
 */
export const loadAddon = ({ addon, quiet }: AddonLocation): NativeBinding | undefined => {
  if (loaded.addon === addon) return undefined
  if (loaded.addon !== undefined)
    throw new Error(`another libtensorflow is already loaded (${dirname(loaded.addon)}): one per process`)
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
  return binding
}
