/** What this machine shows of NVIDIA GPUs, before any library is loaded. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Whether a driver is there: the kernel module, its device file (containers), or the one of WSL. */
export const nvidiaDriverPresent = (): boolean =>
  ['/proc/driver/nvidia/version', '/dev/nvidiactl', '/dev/dxg'].some((path) => existsSync(path))

/** Names of the GPUs, as nvidia-smi tells them; none where it is missing. */
export const graphicsProcessors = (): ReadonlyArray<string> => {
  if (!nvidiaDriverPresent()) return []
  try {
    return execFileSync('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], {
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
