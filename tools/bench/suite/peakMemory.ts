/**
 * The largest resident memory of a process and its descendants, from /proc: sampled sums over the tree, and the kernel's
 * high-water mark of the first process, which also covers peaks between two samples.
 */
import { readFileSync } from 'node:fs'

const INTERVAL_MS = 100

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // The process has ended, or there is no /proc.
    return ''
  }
}

const bytesOf = (status: string, field: string): number =>
  1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0)

const treeBytes = (pid: number): number =>
  read(`/proc/${pid}/task/${pid}/children`)
    .split(' ')
    .filter((child) => child !== '')
    .reduce((sum, child) => sum + treeBytes(Number(child)), bytesOf(read(`/proc/${pid}/status`), 'VmRSS'))

/** The high-water mark of this process; 0 where there is no /proc. */
export const ownPeakBytes = (): number => bytesOf(read('/proc/self/status'), 'VmHWM')

/** Watches a process until `stop` is called, which returns the peak in bytes; 0 where there is no /proc. */
export const watchMemory = (pid: number): { readonly stop: () => number } => {
  let peak = 0
  const look = (): void => {
    peak = Math.max(peak, treeBytes(pid), bytesOf(read(`/proc/${pid}/status`), 'VmHWM'))
  }
  const timer = setInterval(look, INTERVAL_MS)
  return {
    stop: () => {
      clearInterval(timer)
      return peak
    },
  }
}
