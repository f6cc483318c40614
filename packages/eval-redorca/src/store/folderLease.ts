/**
 * Leases as files of a folder that several processes, on one machine or on many, can see:
 *
 *     take:     create the file where there is none (exclusively), with a token of its own
 *     renew:    write a new number into it (`renewal.ts`)
 *     release:  remove it, where it still has the token
 *     take over a lease whose holder cannot renew it: move the file away, look whether it is the one that was judged, then take
 *
 * A holder cannot renew its lease when its process has ended (`processIdentity.ts`), or when the file did not change for `leaseSeconds`
 * while this process watched: only its own clock is used, so clocks need not agree.
 */
import { randomBytes } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import * as E from 'fp-ts/Either'
import { dirname, join } from 'node:path'
import * as t from 'io-ts'
import { makeFolder } from '@safe/tensor-core/files'
import { type ProcessView, identityCodec, lifeOf, ownIdentity, systemView } from './processIdentity'
import { type Renewal, renewal } from './renewal'
import { type Holder, type Lease, leaseSeconds, renewSeconds } from './resultStore'

// model ------------------------------------------------------------------------------------------

const fileCodec = t.readonly(
  t.intersection([identityCodec, t.type({ token: t.string, since: t.string, renewed: t.string })]),
)
type LeaseFile = t.TypeOf<typeof fileCodec>

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

export interface FolderLeases {
  /** Tries to take the lease of that file, once. Rejects where the folder cannot be written. */
  readonly take: (path: string) => Promise<E.Either<Holder, Lease>>
  /** Removes the file of a lease whose holder is known to have ended, or whose end was watched. */
  readonly removeEnded: (path: string) => Promise<void>
  readonly close: () => Promise<void>
}

// files ------------------------------------------------------------------------------------------

const codeOf = (cause: unknown): unknown =>
  typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined

/** Undefined where there is no file. */
const textOf = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined
    throw cause
  }
}

/** Undefined for a text that is not one: a file is empty for a moment between its creation and its writing. */
const read = (text: string): LeaseFile | undefined => {
  try {
    const parsed: unknown = JSON.parse(text)
    return fileCodec.is(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

const created = async (path: string, text: string): Promise<boolean> => {
  try {
    await writeFile(path, text, { flag: 'wx' })
    return true
  } catch (cause) {
    // Where the folder of the leases has just been removed, since it was empty, the next attempt makes it again.
    if (codeOf(cause) === 'EEXIST' || codeOf(cause) === 'ENOENT') return false
    // On a full disk the file is made, and cannot be written.
    await rm(path, { force: true }).catch(() => undefined)
    throw cause
  }
}

const nobody: Holder = { host: '', pid: 0, since: '', runs: false }

// constructors -----------------------------------------------------------------------------------

export const folderLeases = (settings: LeaseSettings = leaseDefaults): FolderLeases => {
  const { endsAfterMs, renewEveryMs, view } = settings
  const thread: Renewal = renewal(renewEveryMs)
  /** What was seen in other processes' files, and since when it did not change. */
  const seen = new Map<string, { readonly text: string; readonly at: number }>()

  /** Whether the holder of what stands in a file cannot renew it. */
  const ended = (path: string, text: string): boolean => {
    const file = read(text)
    if (file !== undefined && lifeOf(file, view) === 'ended') return true
    const before = seen.get(path)
    if (before?.text === text) return performance.now() - before.at > endsAfterMs
    seen.set(path, { text, at: performance.now() })
    return false
  }

  /** Moves a file away if it is the one that was judged. @returns whether it was */
  const movedAway = async (path: string, judged: string): Promise<boolean> => {
    const away = join(dirname(path), `.${randomBytes(6).toString('hex')}.ended.tmp`)
    try {
      await rename(path, away)
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return true
      throw cause
    }
    const same = (await textOf(away)) === judged
    // Another process was quicker, and this is its lease: it is put back.
    if (!same) await link(away, path).catch(() => undefined)
    await rm(away, { force: true })
    return same
  }

  const holderIn = (text: string): Holder => {
    const file = read(text)
    if (file === undefined) return nobody
    const { host, pid, since } = file
    return { host, pid, since, runs: lifeOf(file, view) === 'runs' }
  }

  const releasing =
    (path: string, token: string): Lease['release'] =>
    async () => {
      thread.remove(path)
      const text = await textOf(path).catch(() => undefined)
      if (text?.includes(token) === true) await rm(path, { force: true })
    }

  const take = async (path: string): Promise<E.Either<Holder, Lease>> => {
    const token = randomBytes(12).toString('hex')
    const file: LeaseFile = {
      ...ownIdentity(view),
      token,
      since: new Date().toISOString(),
      renewed: '0'.repeat(12),
    }
    for (let attempt = 0; attempt < 3; attempt += 1) {
      makeFolder(dirname(path))
      if (await created(path, JSON.stringify(file))) {
        seen.delete(path)
        thread.add(path, token)
        return E.right({ release: releasing(path, token) })
      }
      const text = await textOf(path)
      if (text !== undefined && !(ended(path, text) && (await movedAway(path, text))))
        return E.left(holderIn(text))
    }
    return E.left(nobody)
  }
  return {
    take,
    removeEnded: async (path) => {
      const text = await textOf(path)
      if (text !== undefined && ended(path, text)) await movedAway(path, text)
    },
    close: thread.close,
  }
}
