/**
 * The store that is a bucket of S3, or of a server that speaks its protocol. Pieces are objects under their names, with a copy on this
 * machine; documents and leases are objects as well.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import type { Fault } from '@safe/tensor-core/contracts'
import { leaseName, leasesFolder } from '../layout'
import { type LeaseSettings, leaseDefaults } from '../leaseFile'
import type { ResultStore } from '../resultStore'
import { type Connection, briefly, connect } from './client'
import { s3Documents } from './documents'
import { faultOf } from './faults'
import { type PartSizes, filesOf, partSizes } from './files'
import { s3Leases } from './leases'
import { type LoadedLibrary, loadLibrary } from './library'
import { localCopy } from './localCopy'
import { type Environment, type S3Location, s3Name } from './location'
import { type Objects, objectsOf } from './objects'
import { s3Pieces } from './pieces'
import { probePrefix, probed } from './probe'

// model ------------------------------------------------------------------------------------------

/** What a test changes. */
export interface S3Settings {
  readonly env: Environment
  readonly leases: LeaseSettings
  readonly parts: PartSizes
  readonly library: () => E.Either<Fault, LoadedLibrary>
}

const defaults = (): S3Settings => ({
  env: process.env,
  leases: leaseDefaults,
  parts: partSizes,
  library: loadLibrary,
})

// parts ------------------------------------------------------------------------------------------

/** Probes are over in a moment: one that is so old was left, milliseconds. */
const probeAge = 60 * 60 * 1000

const sweepProbes = async (objects: Objects): Promise<void> => {
  for await (const page of objects.list(probePrefix, true))
    for (const { key, modified } of page) if (Date.now() - modified > probeAge) await objects.remove(key)
}

const storeOf = (
  connection: Connection,
  brief: Connection,
  folder: string,
  { leases, parts }: S3Settings,
): ResultStore => {
  const objects = objectsOf(connection)
  const briefObjects = objectsOf(brief)
  const local = localCopy(folder, leases.view)
  const held = s3Leases(connection, objects, briefObjects, leases)
  const name = s3Name(connection.location)
  const attempting = <A>(where: string, work: () => Promise<A>): TE.TaskEither<Fault, A> =>
    TE.tryCatch(work, faultOf(connection, where === '' ? name : `${name}/${where}`))
  return {
    name,
    folder,
    ...s3Pieces({ folder, objects, files: filesOf(connection, objects, parts), local, attempting }),
    documents: s3Documents(objects, attempting),
    lease: (lease) => attempting(leaseName(lease), () => held.take(lease)),
    sweep: attempting(leasesFolder, async () => {
      await local.sweep()
      await held.removeEnded()
      await sweepProbes(briefObjects)
    }),
    close: async () => {
      await held.close()
      await local.close()
      connection.client.destroy()
      brief.client.destroy()
    },
  }
}

/** The bucket is there, these credentials may list and write, and the server keeps conditions. */
const tried = async (brief: Connection): Promise<E.Either<Fault, void>> => {
  const { client, library, location } = brief
  try {
    await client.send(
      new library.ListObjectsV2Command({ Bucket: location.bucket, Prefix: location.prefix, MaxKeys: 1 }),
    )
    return await probed(brief, objectsOf(brief))
  } catch (cause) {
    return E.left(faultOf(brief)(cause))
  }
}

// constructor ------------------------------------------------------------------------------------

/**
 * Opens a store; its server is asked for the first time.
 *
 * @param folder this machine's copy
 * @returns left `StoreUnsupported`: the SDK is missing, or the server does not keep conditional writes; `StoreRefused`: credentials, the
 * bucket or permissions; `StoreFailed`: the server cannot be reached
 */
export const openS3Store = (
  location: S3Location,
  folder: string,
  settings: Partial<S3Settings> = {},
): TE.TaskEither<Fault, ResultStore> => {
  const chosen = { ...defaults(), ...settings }
  return async () => {
    const loaded = chosen.library()
    if (E.isLeft(loaded)) return loaded
    const connection = await connect(location, loaded.right, chosen.env)
    if (E.isLeft(connection)) return connection
    const brief = briefly(connection.right)
    const usable = await tried(brief)
    if (E.isRight(usable)) return E.right(storeOf(connection.right, brief, folder, chosen))
    connection.right.client.destroy()
    brief.client.destroy()
    return usable
  }
}
