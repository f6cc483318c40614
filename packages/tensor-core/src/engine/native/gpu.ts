/** What this machine shows of NVIDIA GPUs, before any library is loaded. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Whether a driver is there: the kernel module, its device file (containers), or the one of WSL. */
export const nvidiaDriverPresent = (): boolean =>
  ['/proc/driver/nvidia/version', '/dev/nvidiactl', '/dev/dxg'].some((path) => existsSync(path))

/** One value for each GPU, as nvidia-smi tells it; none where there is no driver or no nvidia-smi. */
const queried = (field: string): ReadonlyArray<string> => {
  if (!nvidiaDriverPresent()) return []
  try {
    return execFileSync('nvidia-smi', [`--query-gpu=${field}`, '--format=csv,noheader,nounits'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
  } catch {
    return []
  }
}

/** Names of the GPUs. */
export const graphicsProcessors = (): ReadonlyArray<string> => queried('name')

/** Free memory of each GPU, in bytes; those that do not say are left out. */
export const freeGraphicsMemory = (): ReadonlyArray<number> =>
  queried('memory.free')
    .filter((mebibytes) => /^\d+$/.test(mebibytes))
    .map((mebibytes) => Number(mebibytes) * 1024 ** 2)
