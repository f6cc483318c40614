/**
 * Which process holds a lease, told so that others can see whether it still runs. A process number alone says little: after a restart
 * of the machine or of a container the same numbers come again. So an identity also has the machine's boot, the process namespace and
 * the time the process began, where the system tells them (Linux: /proc).
 */
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import * as t from 'io-ts'
import { codeOf } from '@safe/tensor-core/files'

// model ------------------------------------------------------------------------------------------

export const identityCodec = t.readonly(
  t.type({
    host: t.string,
    pid: t.number,
    /** Of the machine's present boot; empty where the system does not tell. */
    boot: t.string,
    /** The process namespace (containers have their own); empty where the system does not tell. */
    space: t.string,
    /** When the process began, in ticks since the boot; empty where the system does not tell. */
    began: t.string,
  }),
)
export type ProcessIdentity = t.TypeOf<typeof identityCodec>

/** What can be seen of processes from here; a test gives its own. */
export interface ProcessView {
  readonly here: () => Omit<ProcessIdentity, 'pid' | 'began'>
  /** Whether a process of that number runs in this namespace. */
  readonly runs: (pid: number) => boolean
  /** When that process began; empty where the system does not tell. */
  readonly began: (pid: number) => string
}

// the system -------------------------------------------------------------------------------------

const orEmpty = (read: () => string): string => {
  try {
    return read()
  } catch {
    return ''
  }
}

/** Field 22 of /proc/PID/stat; the second field, a name in parentheses, may hold anything. */
const beganOf = (pid: number): string =>
  orEmpty(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  })

const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    // Another user's process may not be signalled, but it runs.
    return codeOf(cause) === 'EPERM'
  }
}

export const systemView: ProcessView = {
  here: () => ({
    host: hostname(),
    boot: orEmpty(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    space: orEmpty(() => readlinkSync('/proc/self/ns/pid')),
  }),
  runs,
  began: beganOf,
}

// identities -------------------------------------------------------------------------------------

/** This process. */
export const ownIdentity = (view: ProcessView = systemView): ProcessIdentity => ({
  ...view.here(),
  pid: process.pid,
  began: view.began(process.pid),
})

/** `unknown`: it runs elsewhere, or the system does not tell; only its lease's end says something. */
export type Life = 'runs' | 'ended' | 'unknown'

/** Whether a process still runs, as far as it can be known from here. */
export const lifeOf = (who: ProcessIdentity, view: ProcessView = systemView): Life => {
  const here = view.here()
  if (who.host !== here.host || who.boot !== here.boot || who.space !== here.space) return 'unknown'
  if (!view.runs(who.pid)) return 'ended'
  const began = view.began(who.pid)
  if (began === '' || who.began === '') return 'unknown'
  return began === who.began ? 'runs' : 'ended'
}
