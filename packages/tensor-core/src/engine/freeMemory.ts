/**
 * How much more memory the current engine can allocate, so that work which cannot fit is refused with a message before it starts.
 * It is an upper bound: nothing that would fit may be refused.
 */
import { readFileSync } from 'node:fs'
import { freemem } from 'node:os'
import { freeGraphicsMemory } from './native/gpu'
import { nativeBackend } from './native/backend'
import { tf } from './tf'

/** The address space of a wasm module. */
const WASM_BYTES = 4 * 1024 ** 3

/** The Linux kernel's estimate of the memory available to a new program, swap included; null if it gives none. */
const linuxAvailable = (): number | null => {
  try {
    const lines = readFileSync('/proc/meminfo', 'utf8')
    const kilobytes = (name: string): number =>
      Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(lines)?.[1])
    const bytes = 1024 * (kilobytes('MemAvailable') + kilobytes('SwapFree'))
    return Number.isFinite(bytes) ? bytes : null
  } catch {
    return null
  }
}

/** The limit of a container, less the memory of this process. */
const underLimit = (): number => {
  const limit = process.constrainedMemory()
  return limit > 0 ? Math.max(0, limit - process.memoryUsage.rss()) : Infinity
}

const hostBytes = (): number => Math.min(linuxAvailable() ?? freemem(), underLimit())

/** The largest free memory of any GPU: TensorFlow decides which one it uses. */
const gpuBytes = (): number => {
  const free = freeGraphicsMemory()
  return free.length === 0 ? Infinity : Math.max(...free)
}

/** Bytes that tensors of the current engine can still take; infinite if unknown (WebGPU). */
export const freeTensorBytes = (): number => {
  const native = nativeBackend()
  if (native !== undefined) return native.isUsingGpuDevice ? gpuBytes() : hostBytes()
  switch (tf.getBackend()) {
    case 'wasm':
      return Math.min(hostBytes(), Math.max(0, WASM_BYTES - tf.memory().numBytes))
    case 'cpu':
      return hostBytes()
    default:
      return Infinity
  }
}
