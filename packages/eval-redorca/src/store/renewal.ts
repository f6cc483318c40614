/** Renews leases that are files: each time, a thread writes a new number into the file it created, if the file is still that one. */
import { renewalThread } from './renewalThread'

// the thread -------------------------------------------------------------------------------------

/**
 * `held` has the leases by path, each with the token in its file. Opening the file for writing does not create it, and what is written
 * goes to the file that was read, even if another process has just put its own in its place.
 */
const source = `
const { openSync, readSync, writeSync, closeSync } = require('node:fs')
const { parentPort, workerData } = require('node:worker_threads')
const held = new Map()
const renew = (path, lease) => {
  let file
  try {
    file = openSync(path, 'r+')
    const bytes = Buffer.alloc(1024)
    const text = bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, 0))
    if (!text.includes(lease.token)) return
    lease.renewed += 1
    writeSync(file, text.replace(/"renewed":"[0-9]{12}"/, '"renewed":"' + String(lease.renewed).padStart(12, '0') + '"'), 0)
  } catch {
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
parentPort.on('message', ({ path, token }) => {
  if (token === undefined) held.delete(path)
  else held.set(path, { token, renewed: 0 })
})
setInterval(() => held.forEach((lease, path) => renew(path, lease)), workerData.everyMs)`

// constructors -----------------------------------------------------------------------------------

export interface Renewal {
  readonly add: (path: string, token: string) => void
  readonly remove: (path: string) => void
  readonly close: () => Promise<void>
}

/** The thread starts with the first lease. */
export const renewal = (everyMs: number): Renewal => {
  const { send, tell, close } = renewalThread<{ readonly path: string; readonly token?: string }>(source, {
    everyMs,
  })
  return {
    add: (path, token) => send({ path, token }),
    remove: (path) => tell({ path }),
    close,
  }
}
