/** What a lease holds: who has it, and a number that changes with every renewal. */
import * as t from 'io-ts'
import { type ProcessView, identityCodec, lifeOf, ownIdentity, systemView } from './processIdentity'
import { type Holder, leaseSeconds, renewSeconds } from './resultStore'

// model ------------------------------------------------------------------------------------------

const codec = t.readonly(
  t.intersection([identityCodec, t.type({ token: t.string, since: t.string, renewed: t.string })]),
)
export type LeaseFile = t.TypeOf<typeof codec>

/** Times in milliseconds, and what is seen of other processes; a test shortens and fakes them. */
export interface LeaseSettings {
  readonly endsAfterMs: number
  readonly renewEveryMs: number
  readonly view: ProcessView
}

export const leaseDefaults: LeaseSettings = {
  endsAfterMs: leaseSeconds * 1000,
  renewEveryMs: renewSeconds * 1000,
  view: systemView,
}

/** Of a lease whose holder is not known yet. */
export const nobody: Holder = { host: '', pid: 0, since: '', runs: false }

// texts ------------------------------------------------------------------------------------------

/** A new lease of this process. The number has a fixed width, so that a thread can write it in place. */
export const newLease = (token: string, view: ProcessView): LeaseFile => ({
  ...ownIdentity(view),
  token,
  since: new Date().toISOString(),
  renewed: '0'.repeat(12),
})

/** Undefined for a text that is not one: a file is empty for a moment between its creation and its writing. */
export const readLease = (text: string): LeaseFile | undefined => {
  try {
    const parsed: unknown = JSON.parse(text)
    return codec.is(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

export const holderIn = (text: string, view: ProcessView): Holder => {
  const file = readLease(text)
  if (file === undefined) return nobody
  const { host, pid, since } = file
  return { host, pid, since, runs: lifeOf(file, view) === 'runs' }
}

// their end --------------------------------------------------------------------------------------

export interface Watch {
  /**
   * Whether the holder of a lease cannot renew it: its process has ended, or `version` did not change for the lease's time while this
   * process watched. Only its own clock is used, so clocks need not agree.
   */
  readonly ended: (name: string, text: string, version?: string) => boolean
  readonly forget: (name: string) => void
}

export const watching = ({ endsAfterMs, view }: Pick<LeaseSettings, 'endsAfterMs' | 'view'>): Watch => {
  /** What was seen of other processes' leases, and since when it did not change. */
  const seen = new Map<string, { readonly version: string; readonly at: number }>()
  return {
    ended: (name, text, version = text) => {
      const file = readLease(text)
      if (file !== undefined && lifeOf(file, view) === 'ended') return true
      const before = seen.get(name)
      if (before?.version === version) return performance.now() - before.at > endsAfterMs
      seen.set(name, { version, at: performance.now() })
      return false
    },
    forget: (name) => seen.delete(name),
  }
}
