/** The NVIDIA GPUs of this machine, found without loading a library. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Whether there is a driver: the kernel module, its device file (containers), or that of WSL. */
export const nvidiaDriverPresent = (): boolean =>
  ['/proc/driver/nvidia/version', '/dev/nvidiactl', '/dev/dxg'].some((path) => existsSync(path))

/** One value for each GPU, as nvidia-smi reports it; none if there is no driver or no nvidia-smi. */
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

/** Free memory of each GPU, in bytes; GPUs that do not report it are left out. */
export const freeGraphicsMemory = (): ReadonlyArray<number> =>
  queried('memory.free')
    .filter((mebibytes) => /^\d+$/.test(mebibytes))
    .map((mebibytes) => Number(mebibytes) * 1024 ** 2)
