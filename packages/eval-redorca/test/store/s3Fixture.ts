/** A server of S3 in this process for the tests of a file, and stores on it. */
import type * as E from 'fp-ts/Either'
import type { Fault } from '@safe/tensor-core/contracts'
import type { ResultStore } from '../../src/store'
import { type S3Settings, openS3Store } from '../../src/store/s3/s3Store'
import { type Answer, type S3Request, type S3Server, s3Server } from '../fakes/s3Server'
import { right, temporaryFolder } from './contract'

export const secrets = { AWS_ACCESS_KEY_ID: 'KEYOFATEST', AWS_SECRET_ACCESS_KEY: 'secretofatest' }

export const bucket = 'bucket'

/** Answers requests of that method whose key ends so; the others are done. */
export const answering =
  (method: string, end: string, answer: (request: S3Request) => Answer) =>
  (request: S3Request): Answer =>
    request.method === method && request.key.endsWith(end) ? answer(request) : 'done'

/** Answers the first request of each method and key so. */
export const firstly =
  (answer: Answer) =>
  ({ before }: S3Request): Answer =>
    before === 0 ? answer : 'done'

export interface S3Fixture {
  readonly server: () => S3Server
  /** A prefix that no other test has. */
  readonly prefixed: () => string
  /** Opens a store with a copy of its own, as on a machine of its own. */
  readonly tried: (
    prefix: string,
    settings?: Partial<S3Settings>,
    folder?: string,
  ) => Promise<E.Either<Fault, ResultStore>>
  /** The same; it is closed after the test. */
  readonly open: (...given: Parameters<S3Fixture['tried']>) => Promise<ResultStore>
}

/** To be called once in a test file. */
export const s3Fixture = (): S3Fixture => {
  const environment = { ...process.env }
  const state: { server?: S3Server; stores: number } = { stores: 0 }
  const opened: ResultStore[] = []
  const server = (): S3Server => {
    if (state.server === undefined) throw new Error('not started')
    return state.server
  }
  const tried: S3Fixture['tried'] = (prefix, settings = {}, folder = temporaryFolder()) =>
    openS3Store({ bucket, prefix }, folder, { env: { AWS_ENDPOINT_URL: server().url }, ...settings })()

  beforeAll(async () => {
    Object.assign(process.env, secrets, {
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    })
    state.server = await s3Server(bucket)
  })
  afterEach(async () => {
    Object.assign(server(), { answer: () => 'done', keepsConditions: true })
    await Promise.all(opened.splice(0).map(({ close }) => close()))
  })
  afterAll(async () => {
    process.env = environment
    await server().close()
  })
  return {
    server,
    prefixed: () => `p${(state.stores += 1)}/`,
    tried,
    open: async (...given) => {
      const store = right(await tried(...given))
      opened.push(store)
      return store
    },
  }
}
