/** Processor time of a process and its descendants, from /proc: the last sample before it ended. */
import { readFileSync } from 'node:fs'

const INTERVAL_MS = 20
/** USER_HZ, which is 100 on every Linux of today. */
const TICKS = 100

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Seconds of all threads, and of children that have ended; 0 where there is no /proc. */
const secondsOf = (pid: number): number => {
  const fields = read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ')
  // user, system, and both of ended children: fields 14 to 17, counted from the one after the name, which is the third
  return (fields ?? []).slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS
}

/** Watches a process until `stop` is called. */
export const watchTime = (pid: number): { readonly stop: () => number } => {
  let last = 0
  const look = (): void => {
    last = Math.max(last, secondsOf(pid))
  }
  const timer = setInterval(look, INTERVAL_MS)
  return {
    stop: () => {
      clearInterval(timer)
      return last
    },
  }
}
