/**
 * Renews leases that are objects, from a thread: each time, it puts a new number into the object, if that is still the version that this
 * process wrote last.
 */
import * as t from 'io-ts'
import type { Connection } from './client'
import { type RenewalThread, renewalThread } from '../renewalThread'

// the thread -------------------------------------------------------------------------------------

/**
 * `held` has the leases by key, each with its token, its text and the etag of its last version. Where a version is not the expected one,
 * the thread looks at it: after a lost answer it is its own. A lease that another process has taken over, or that is gone, is given up.
 */
const source = `
const { parentPort, workerData } = require('node:worker_threads')
const { S3Client, GetObjectCommand, PutObjectCommand } = require(workerData.library)
const { bucket, prefix } = workerData
const client = new S3Client(workerData.settings)
const held = new Map()
const look = async (place, key, lease) => {
  try {
    const { Body, ETag } = await client.send(new GetObjectCommand(place))
    if ((await Body.transformToString()).includes(lease.token)) lease.etag = ETag
    else if (held.get(key) === lease) held.delete(key)
  } catch (cause) {
    if (cause.$metadata && cause.$metadata.httpStatusCode === 404 && held.get(key) === lease) held.delete(key)
  }
}
const renew = async (key, lease) => {
  const place = { Bucket: bucket, Key: prefix + key }
  try {
    lease.renewed += 1
    const number = String(lease.renewed).padStart(12, '0')
    const text = lease.text.replace(/"renewed":"[0-9]{12}"/, '"renewed":"' + number + '"')
    const { ETag } = await client.send(new PutObjectCommand({ ...place, Body: text, IfMatch: lease.etag }))
    if (ETag === undefined) await look(place, key, lease)
    else lease.etag = ETag
  } catch (cause) {
    if (cause.$metadata && [404, 409, 412].includes(cause.$metadata.httpStatusCode)) await look(place, key, lease)
  }
}
const begin = (key, lease) => {
  if (lease.renewing === undefined)
    lease.renewing = renew(key, lease).finally(() => { lease.renewing = undefined })
}
parentPort.on('message', async ({ key, lease }) => {
  if (lease !== undefined) {
    held.set(key, { ...lease, renewed: 0 })
    return
  }
  const removed = held.get(key)
  held.delete(key)
  if (removed !== undefined) await removed.renewing
  parentPort.postMessage({ removed: key })
})
setInterval(() => held.forEach((lease, key) => begin(key, lease)), workerData.everyMs)
parentPort.postMessage({ ready: true })`

/** A renewal that hangs is given up long before the lease ends, and the next one tries again. */
const attempts = 2
const requestHandler = { connectionTimeout: 4000, socketTimeout: 5000 }

/** The thread's answers: it has loaded the SDK, or a lease is no longer renewed. */
const replyCodec = t.union([t.type({ ready: t.literal(true) }), t.type({ removed: t.string })])

/** How long a renewal under way is waited for, milliseconds. */
const patience = 15_000

// constructors -----------------------------------------------------------------------------------

export interface HeldLease {
  readonly token: string
  readonly text: string
  readonly etag: string
}

export interface S3Renewal {
  readonly add: (key: string, lease: HeldLease) => void
  /** Ends when no renewal of it is under way: some servers would write it though it was removed. */
  readonly remove: (key: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** The thread starts with the first lease. It finds credentials by itself, as this process does. */
export const s3Renewal = (
  { location, libraryPath, settings }: Pick<Connection, 'location' | 'libraryPath' | 'settings'>,
  everyMs: number,
): S3Renewal => {
  const waiting = new Map<string, () => void>()
  const state = { isReady: false }
  const thread: RenewalThread<{ readonly key: string; readonly lease?: HeldLease }> = renewalThread(
    source,
    {
      ...location,
      library: libraryPath,
      settings: { ...settings, maxAttempts: attempts, requestHandler },
      everyMs,
    },
    (reply) => {
      if (!replyCodec.is(reply)) return
      if ('ready' in reply) state.isReady = true
      else waiting.get(reply.removed)?.()
    },
  )
  return {
    add: (key, lease) => thread.send({ key, lease }),
    remove: (key) =>
      new Promise((done) => {
        const end = (): void => {
          clearTimeout(timer)
          waiting.delete(key)
          done()
        }
        const timer = setTimeout(end, patience)
        waiting.set(key, end)
        // While the SDK is still being loaded, nothing has been renewed.
        if (!thread.tell({ key }) || !state.isReady) end()
      }),
    close: async () => {
      state.isReady = false
      await thread.close()
      waiting.forEach((end) => end())
    },
  }
}
