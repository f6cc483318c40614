/**
 * Part-written blobs. A process writes to a name of its own, so that two of them cannot write to one file; what a stopped one has
 * left is taken over by renaming it, which only one can do.
 */
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { codeOf } from '../files/input'

const ending = '.incomplete'
const host = hostname()
  .replace(/[^A-Za-z0-9]/g, '')
  .slice(0, 40)

/** `HASH.resume.incomplete`: left by a run that ended in order. */
const parkedPath = (blob: string): string => `${blob}.resume${ending}`

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return codeOf(cause) === 'EPERM'
  }
}

/** Whether a name is that of a part whose process is gone. */
const isAbandoned = (blob: string, name: string): boolean => {
  if (name === basename(parkedPath(blob))) return true
  const owner = name.startsWith(`${basename(blob)}.`)
    ? /\.([A-Za-z0-9]*)-(\d+)-[0-9a-f]+\.incomplete$/.exec(name)
    : null
  return owner !== null && owner[1] === host && !isAlive(Number(owner[2]))
}

/** A name for this process's part of a blob; it has what an earlier run left of it. */
export const claimPartial = async (blob: string): Promise<string> => {
  const own = `${blob}.${host}-${process.pid}-${randomBytes(4).toString('hex')}${ending}`
  for (const name of await readdir(dirname(blob)))
    if (isAbandoned(blob, name)) {
      try {
        await rename(join(dirname(blob), name), own)
        return own
      } catch (cause) {
        if (codeOf(cause) !== 'ENOENT') throw cause
      }
    }
  return own
}

/** Leaves a part for a later run; nothing is left of an empty one. */
export const parkPartial = async (blob: string, own: string): Promise<void> => {
  const size = await stat(own).then(
    (found) => found.size,
    () => 0,
  )
  await (size > 0 ? rename(own, parkedPath(blob)) : rm(own, { force: true }))
}
