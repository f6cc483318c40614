/** Starts the native or the cuda engine: loads the addon, registers our kernels, and selects the backend. */
import { processorName } from '../device'
import { tf } from '../tf'
import { backendName, nativeBackend } from './backend'
import { graphicsProcessors } from './gpu'
import type { Variant } from './home'
import { registerFused } from './kernels/register'
import { type AddonLocation, loadAddon } from './load'
import { requireUnknown } from './package'
import { registerProduct } from './product'

// kernels ----------------------------------------------------------------------------------------

/** An optional library: undefined if it does not load here (for example because OpenMP's is missing). */
const loadedOrNothing = (id: string): unknown => {
  try {
    return requireUnknown(id)
  } catch {
    return undefined
  }
}

/** Loads the addon, once, and registers our kernels before those of TensorFlow.js. */
const loadEngine = (location: AddonLocation): void => {
  const binding = loadAddon(location)
  if (binding === undefined) return
  registerProduct()
  // On a GPU the tensors are in memory that these kernels cannot read.
  if (location.kernels !== undefined && !binding.isUsingGpuDevice())
    registerFused(loadedOrNothing(location.kernels))
}

// starting ---------------------------------------------------------------------------------------

/** Loads and selects the engine, and reports what it runs on. */
export const startNative =
  (variant: Variant, location: AddonLocation) =>
  async (): Promise<{
    readonly device: string
    readonly gpu: boolean
    readonly versions: Readonly<Record<string, string>>
    readonly warning?: string
  }> => {
    loadEngine(location)
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
        : // built here, but from other sources of the kernels, or before there were any
          !gpu && location.quiet !== undefined && location.kernels === undefined
          ? {
              warning: `the ${variant} engine was built by another release and is slower than it could be: run tensor-core engine build ${variant}`,
            }
          : {}),
    }
  }
