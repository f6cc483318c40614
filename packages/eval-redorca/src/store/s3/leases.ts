/**
 * Leases as objects:
 *
 *     take:     put the object where there is none (`If-None-Match: *`), with a token of its own
 *     renew:    put a new number into it, where it is the version put last (`If-Match`; `renewal.ts`)
 *     release:  remove it, where it still has the token
 *     take over a lease whose holder cannot renew it: put one's own, where it is the version that was judged (`If-Match`)
 *
 * Whoever finds its own token in what is there holds the lease, whatever it was answered.
 */
import { randomBytes } from 'node:crypto'
import * as E from 'fp-ts/Either'
import { leaseName, leasesFolder } from '../layout'
import { type LeaseSettings, holderIn, newLease, nobody, watching } from '../leaseFile'
import type { Holder, Lease } from '../resultStore'
import type { Connection } from './client'
import type { Objects } from './objects'
import { s3Renewal } from './renewal'

// model ------------------------------------------------------------------------------------------

export interface S3Leases {
  /** Tries to take a lease, once. */
  readonly take: (name: string) => Promise<E.Either<Holder, Lease>>
  /** Removes the leases whose holders are known to have ended, or whose end was watched. */
  readonly removeEnded: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Another process may be quicker at each of them. */
const attempts = 4

// constructors -----------------------------------------------------------------------------------

/** @param brief objects for what may fail without harm: giving leases back, and sweeping */
export const s3Leases = (
  connection: Connection,
  objects: Objects,
  brief: Objects,
  settings: LeaseSettings,
): S3Leases => {
  const { renewEveryMs, view } = settings
  const thread = s3Renewal(connection, renewEveryMs)
  const { ended, forget } = watching(settings)

  /** Each time the thread has renewed it meanwhile, it is another version. */
  const released = async (key: string, token: string): Promise<void> => {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const there = await brief.read(key)
      if (there?.text.includes(token) !== true || (await brief.remove(key, there.etag))) return
    }
  }

  const held = async (
    key: string,
    token: string,
    text: string,
    etag: string | undefined,
  ): Promise<E.Either<Holder, Lease>> => {
    forget(key)
    const known = etag ?? (await objects.read(key))?.etag
    if (known !== undefined) thread.add(key, { token, text, etag: known })
    return E.right({
      release: async () => {
        await thread.remove(key)
        // A lease that cannot be removed ends after its time.
        await released(key, token).catch(() => undefined)
      },
    })
  }

  return {
    take: async (name) => {
      const key = leaseName(name)
      const token = randomBytes(12).toString('hex')
      const text = JSON.stringify(newLease(token, view))
      for (let attempt = 1; attempt <= attempts; attempt += 1) {
        const made = await objects.write(key, text, { condition: { absent: true } })
        if (made !== undefined) return held(key, token, text, made.etag)
        const there = await objects.read(key)
        if (there === undefined) continue
        if (there.text.includes(token)) return held(key, token, text, there.etag)
        const { etag } = there
        if (!ended(key, there.text, etag) || etag === undefined || attempt === attempts)
          return E.left(holderIn(there.text, view))
        const over = await objects.write(key, text, { condition: { etag } })
        if (over !== undefined) return held(key, token, text, over.etag)
      }
      return E.left(nobody)
    },
    removeEnded: async () => {
      for await (const page of brief.list(`${leasesFolder}/`, true))
        for (const { key } of page.filter((object) => object.key.endsWith('.json'))) {
          const there = await brief.read(key)
          if (there !== undefined && ended(key, there.text, there.etag)) await brief.remove(key, there.etag)
        }
    },
    close: thread.close,
  }
}
