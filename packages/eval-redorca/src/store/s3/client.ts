/** The connection to a server of S3: settings as plain data, so that a thread makes a client of the same kind. */
import type { S3Client } from '@aws-sdk/client-s3'
import * as E from 'fp-ts/Either'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import type { LoadedLibrary, S3Library } from './library'
import { type Environment, type S3Location, endpointOf, s3Name } from './location'

// model ------------------------------------------------------------------------------------------

/** What a client is made with; credentials come from the SDK's own chain. Plain data. */
export interface ClientSettings {
  readonly region: string
  readonly forcePathStyle: boolean
  readonly followRegionRedirects: boolean
  readonly endpoint?: string
  readonly maxAttempts: number
  readonly requestHandler: {
    readonly connectionTimeout: number
    readonly socketTimeout: number
  }
  readonly requestChecksumCalculation: 'WHEN_REQUIRED'
  readonly responseChecksumValidation: 'WHEN_REQUIRED'
}

/** A client for one store. */
export interface Connection {
  readonly location: S3Location
  readonly library: S3Library
  /** The path of the library, for a thread. */
  readonly libraryPath: string
  readonly client: S3Client
  readonly settings: ClientSettings
  /** The server as it is named in errors. */
  readonly server: string
}

// constants --------------------------------------------------------------------------------------

/**
 * How often a request is sent at most. The waits between double from 0.1 s to 20 s, each multiplied by a random number from 0 to 1: a
 * server may be away for about half a minute.
 */
const runningAttempts = 10
/** Where a wrong address is to be told soon, and where a run that ends must not wait for a server that is away. */
const briefAttempts = 3
/** The longest silence of a server before a request is sent again, milliseconds. */
const silenceMs = 60_000

// constructors -----------------------------------------------------------------------------------

/** The region by the SDK's chain; where none is given, a server other than AWS gets the one that all of them take. */
const regionOf = async (library: S3Library, endpoint: URL | undefined): Promise<string | undefined> => {
  const client = new library.S3Client({})
  try {
    return await client.config.region()
  } catch {
    return endpoint === undefined ? undefined : 'us-east-1'
  } finally {
    client.destroy()
  }
}

const clientOf = (library: S3Library, { requestHandler, ...settings }: ClientSettings): S3Client =>
  new library.S3Client({ ...settings, requestHandler: { ...requestHandler } })

/**
 * Neither sends a request nor looks for credentials.
 *
 * @returns left: an endpoint that is not a URL, or no region
 */
export const connect = async (
  location: S3Location,
  { library, path }: LoadedLibrary,
  env: Environment,
): Promise<E.Either<Fault, Connection>> => {
  const endpoint = endpointOf(env)
  if (E.isLeft(endpoint)) return endpoint
  const region = await regionOf(library, endpoint.right)
  if (region === undefined)
    return E.left(
      badInput('StoreRefused', 'no region is given', {
        where: s3Name(location),
        remedy: 'set AWS_REGION, or AWS_ENDPOINT_URL for a server other than AWS',
      }),
    )
  const settings: ClientSettings = {
    region,
    forcePathStyle: endpoint.right !== undefined,
    followRegionRedirects: endpoint.right === undefined,
    ...(endpoint.right === undefined ? {} : { endpoint: endpoint.right.href }),
    maxAttempts: runningAttempts,
    requestHandler: { connectionTimeout: 10_000, socketTimeout: silenceMs },
    // Hashes are the store's own (`files.ts`): not every server takes those that the SDK adds.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  }
  return E.right({
    location,
    library,
    libraryPath: path,
    client: clientOf(library, settings),
    settings,
    server: endpoint.right?.origin ?? `AWS S3 (${region})`,
  })
}

/** The same server, with few attempts: for opening a store, for giving leases back, and for sweeping. */
export const briefly = (connection: Connection): Connection => ({
  ...connection,
  client: clientOf(connection.library, { ...connection.settings, maxAttempts: briefAttempts }),
})
