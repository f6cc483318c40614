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
import { link, rename, rm, writeFile } from 'node:fs/promises'
import * as E from 'fp-ts/Either'
import { dirname, join } from 'node:path'
import { codeOf, makeFolder } from '@safe/tensor-core/files'
import { type LeaseSettings, holderIn, leaseDefaults, newLease, nobody, watching } from './leaseFile'
import { type Renewal, renewal } from './renewal'
import type { Holder, Lease } from './resultStore'
import { textIn } from './textIn'

// model ------------------------------------------------------------------------------------------

export interface FolderLeases {
  /** Tries to take the lease of that file, once. Rejects where the folder cannot be written. */
  readonly take: (path: string) => Promise<E.Either<Holder, Lease>>
  /** Removes the file of a lease whose holder is known to have ended, or whose end was watched. */
  readonly removeEnded: (path: string) => Promise<void>
  readonly close: () => Promise<void>
}

// files ------------------------------------------------------------------------------------------

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

// constructors -----------------------------------------------------------------------------------

export const folderLeases = (settings: LeaseSettings = leaseDefaults): FolderLeases => {
  const { renewEveryMs, view } = settings
  const thread: Renewal = renewal(renewEveryMs)
  const { ended, forget } = watching(settings)

  /** Moves a file away if it is the one that was judged. @returns whether it was */
  const movedAway = async (path: string, judged: string): Promise<boolean> => {
    const away = join(dirname(path), `.${randomBytes(6).toString('hex')}.ended.tmp`)
    try {
      await rename(path, away)
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return true
      throw cause
    }
    const same = (await textIn(away)) === judged
    // Another process was quicker, and this is its lease: it is put back.
    if (!same) await link(away, path).catch(() => undefined)
    await rm(away, { force: true })
    return same
  }

  const releasing =
    (path: string, token: string): Lease['release'] =>
    async () => {
      thread.remove(path)
      const text = await textIn(path).catch(() => undefined)
      if (text?.includes(token) === true) await rm(path, { force: true })
    }

  const take = async (path: string): Promise<E.Either<Holder, Lease>> => {
    const token = randomBytes(12).toString('hex')
    const file = newLease(token, view)
    for (let attempt = 0; attempt < 3; attempt += 1) {
      makeFolder(dirname(path))
      if (await created(path, JSON.stringify(file))) {
        forget(path)
        thread.add(path, token)
        return E.right({ release: releasing(path, token) })
      }
      const text = await textIn(path)
      if (text !== undefined && !(ended(path, text) && (await movedAway(path, text))))
        return E.left(holderIn(text, view))
    }
    return E.left(nobody)
  }
  return {
    take,
    removeEnded: async (path) => {
      const text = await textIn(path)
      if (text !== undefined && ended(path, text)) await movedAway(path, text)
    },
    close: thread.close,
  }
}
