/**
 * Whether a server keeps the conditions of writes. One that does not know them writes anyway and says nothing, and then two processes
 * would hold the same lease; so it is tried when a store is opened, on an object of its own.
 */
import { randomBytes } from 'node:crypto'
import * as E from 'fp-ts/Either'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { leasesFolder } from '../layout'
import type { Connection } from './client'
import { codeOf, statusOf } from './faults'
import { s3Name } from './location'
import type { Objects } from './objects'

/** Objects of probes; one that was killed leaves its own. */
export const probePrefix = `${leasesFolder}/.probe-`

const unsupported = ({ server, location }: Pick<Connection, 'server' | 'location'>, what: string): Fault =>
  badInput('StoreUnsupported', `${server} does not keep conditional writes (${what})`, {
    where: s3Name(location),
    remedy: 'leases need them: use a newer version of the server, or another one',
  })

/** The server says so itself, and does not write. */
const isUnknown = (cause: unknown): boolean => statusOf(cause) === 501 || codeOf(cause) === 'NotImplemented'

const tried = async (
  objects: Objects,
  key: string,
): Promise<'If-None-Match' | 'If-Match' | 'read after write' | undefined> => {
  const text = randomBytes(12).toString('hex')
  const first = await objects.write(key, text, { condition: { absent: true } })
  const there = await objects.read(key)
  if (there?.text !== text || there.etag === undefined)
    return first === undefined ? 'If-None-Match' : 'read after write'
  if ((await objects.write(key, 'second', { condition: { absent: true } })) !== undefined)
    return 'If-None-Match'
  if ((await objects.write(key, 'third', { condition: { etag: `"${'0'.repeat(32)}"` } })) !== undefined)
    return 'If-Match'
  await objects.write(key, 'fourth', { condition: { etag: there.etag } })
  return (await objects.read(key))?.text === 'fourth' ? undefined : 'If-Match'
}

/** @returns left `StoreUnsupported`; rejects where the server cannot be asked */
export const probed = async (
  connection: Pick<Connection, 'server' | 'location'>,
  objects: Objects,
): Promise<E.Either<Fault, void>> => {
  const key = `${probePrefix}${randomBytes(8).toString('hex')}`
  try {
    const what = await tried(objects, key)
    return what === undefined ? E.right(undefined) : E.left(unsupported(connection, what))
  } catch (cause) {
    if (isUnknown(cause)) return E.left(unsupported(connection, 'it says so'))
    throw cause
  } finally {
    await objects.remove(key).catch(() => undefined)
  }
}
