/**
 * Errors of the device: WebGPU reports exhausted memory, a refused command and the loss of the device as events, separately from the
 * calls that caused them. They are recorded here and thrown by the next call that needs a result.
 */
import type { GpuDevice } from './gpu'

/** The errors of one device. */
export interface DeviceErrors {
  /** Throws what has been reported; `doing` describes the current request. */
  readonly check: (doing?: string) => void
}

const firstLine = (message: string): string => message.trim().split('\n')[0] ?? ''

const outOfMemory = /out.of.(device.|host.)?memory/i

/** Records the errors of a device. */
export const errorsOf = (device: GpuDevice): DeviceErrors => {
  const state: { error?: string; lost?: string } = {}
  device.addEventListener('uncapturederror', (event) => {
    event.preventDefault?.()
    state.error ??= event.error.message
  })
  void device.lost.then(({ reason, message }) => {
    state.lost = `${reason}: ${firstLine(message)}`
  })
  return {
    check: (doing) => {
      const { error, lost } = state
      if (lost !== undefined)
        throw new Error(`the webgpu device was lost (${lost}); the work since the last result is gone`)
      if (error === undefined) return
      delete state.error
      const detail = doing === undefined ? '' : ` (${doing})`
      throw new Error(
        outOfMemory.test(error)
          ? `the webgpu engine is out of memory${detail}: a smaller batch, or another engine`
          : `the webgpu device refused a command: ${firstLine(error)}${detail}`,
      )
    },
  }
}
