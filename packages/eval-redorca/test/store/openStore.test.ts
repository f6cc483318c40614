import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { type Fault, faultLine } from '@safe/tensor-core/contracts'
import { openStore, publish, storePlace } from '../../src/store'
import { loadLibrary } from '../../src/store/s3/library'
import { openS3Store } from '../../src/store/s3/s3Store'
import type { Answer } from '../fakes/s3Server'
import { right, temporaryFolder } from './contract'
import { s3Fixture, secrets } from './s3Fixture'

const { server, prefixed, tried } = s3Fixture()

describe('the place of a store', () => {
  const env = { SAFE_CACHE: '/cache' }

  it.each([
    ['results', 'results', 'results'],
    ['/shared/results', '/shared/results', '/shared/results'],
    ['file:///shared/my%20results', '/shared/my results', '/shared/my results'],
  ])('%s is a folder, and read where it is', (name, place, folder) => {
    expect(storePlace(name, 'elsewhere', env)).toEqual(E.right({ name: place, folder }))
  })

  it('in S3 has a copy of its own for each bucket, prefix and server, or the given one', () => {
    const folders = [
      storePlace('s3://bucket/a/b/', undefined, env),
      storePlace('s3://bucket/a/b', undefined, env),
      storePlace('s3://bucket/a', undefined, env),
      storePlace('S3://bucket', undefined, env),
      storePlace('s3://bucket', undefined, { ...env, AWS_ENDPOINT_URL: 'http://localhost:1' }),
    ].map(right)
    expect(folders.map(({ name }) => name)).toEqual([
      ...['s3://bucket/a/b', 's3://bucket/a/b', 's3://bucket/a', 's3://bucket', 's3://bucket'],
    ])
    expect(new Set(folders.map(({ folder }) => folder)).size).toBe(4)
    folders.forEach(({ folder }) => expect(folder).toMatch(/^\/cache\/stores\/[0-9a-f]{16}$/))
    expect(storePlace('s3://bucket/a', 'here', env)).toEqual(
      E.right({ name: 's3://bucket/a', folder: 'here' }),
    )
  })

  it.each([
    ['', 'is empty'],
    ['s3://', 'names no bucket'],
    ['s3:///prefix', 'names no bucket'],
    ['s3://My_Bucket/x', 'lower-case letters'],
    ['s3://localhost:9000/bucket', 'no port'],
    ['s3://bucket/a//b', 'no empty part'],
    ['s3://bucket/../b', 'no empty part'],
    ['s3://bucket/a?region=eu', 'none of ?'],
    ['s3://KEY:PASSWORD@bucket/a', 'no user and no password'],
    ['gs://bucket/PASSWORD', 'not a kind of store'],
    ['redis://:PASSWORD@host', 'not a kind of store'],
    ['file://host/folder', 'not the URL of a folder'],
  ])('is not %s', (name, message) => {
    const place = storePlace(name, undefined, env)
    const told = E.isLeft(place) ? faultLine(place.left) : 'a place'
    expect(E.isLeft(place) ? place.left.kind : '').toBe('input')
    expect(told).toContain(message)
    expect(told).not.toContain('PASSWORD')
  })
})

describe('documents of a finished run', () => {
  it('are in the store, those that there are', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'copy'))
    writeFileSync(join(folder, 'copy', 'results.json'), '{}')
    const store = right(await openStore(right(storePlace(folder)))())
    const copied = { ...store, folder: join(folder, 'copy') }
    right(await publish(copied, ['results.json', 'samples.html'])())
    expect(right(await store.documents.read('results.json')())).toBe('{}')
    expect(right(await store.documents.read('samples.html')())).toBeUndefined()
    // In a store that is a folder they are there already.
    right(await publish(store, ['results.json'])())
    await store.close()
  })
})

describe('a store of S3 that cannot be opened', () => {
  const lineOf = (result: E.Either<Fault, unknown>): string =>
    E.isLeft(result) ? `${result.left.kind}: ${faultLine(result.left)}` : 'opened'

  it.each<[Answer, RegExp]>([
    [{ status: 403, code: 'InvalidAccessKeyId' }, /^input: .*access key is not known/],
    [{ status: 403, code: 'SignatureDoesNotMatch' }, /^input: .*secret key is wrong/],
    [{ status: 403, code: 'AccessDenied' }, /^input: .*access is denied/],
    [{ status: 403, code: 'SomethingNew' }, /^input: .*access is denied.*HTTP 403/],
    [{ status: 500 }, /^failure: .*HTTP 500 \(InternalError\)/],
    [{ status: 400, code: 'constructor' }, /^failure: .*HTTP 400;/],
    ['lost', /^failure: .*broke off the connection/],
  ])('says why in one line, without secrets: %j', async (answer, line) => {
    server().answer = () => (typeof answer === 'object' ? { ...answer, echo: true } : answer)
    const told = lineOf(await tried(prefixed()))
    expect(told).toMatch(line)
    expect(told).toContain('127.0.0.1')
    expect(told).not.toContain('\n')
    Object.values(secrets).forEach((secret) => expect(told).not.toContain(secret))
  })

  it('shows no code that is none, though it holds a secret', async () => {
    server().answer = () => ({ status: 400, code: `Bad${secrets.AWS_SECRET_ACCESS_KEY}`, echo: true })
    const told = lineOf(await tried(prefixed()))
    expect(told).toMatch(/^failure: .*HTTP 400/)
    expect(told).not.toContain(secrets.AWS_SECRET_ACCESS_KEY)
  })

  it('names a missing bucket, a server that is down and an address that is none', async () => {
    const missing = await openS3Store({ bucket: 'nowhere', prefix: '' }, temporaryFolder(), {
      env: { AWS_ENDPOINT_URL: server().url },
    })()
    expect(lineOf(missing)).toMatch(/^input: s3:\/\/nowhere: there is no such bucket/)
    const down = await tried(prefixed(), { env: { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' } })
    expect(lineOf(down)).toMatch(/^failure: .*http:\/\/127.0.0.1:1 refuses the connection \(ECONNREFUSED\)/)
    const odd = await tried(prefixed(), { env: { AWS_ENDPOINT_URL: 'localhost:9000' } })
    expect(lineOf(odd)).toMatch(/^input: AWS_ENDPOINT_URL: is not the URL of a server/)
  })

  it('says that there are no credentials, and no region', async () => {
    delete process.env['AWS_ACCESS_KEY_ID']
    const none = await tried(prefixed())
    Object.assign(process.env, secrets)
    expect(lineOf(none)).toMatch(/^input: .*no credentials were found/)
    delete process.env['AWS_REGION']
    expect(lineOf(await tried(prefixed(), { env: {} }))).toMatch(/^input: .*no region is given/)
  })

  it('says what to install where the SDK is missing', async () => {
    const nowhere = createRequire(join(temporaryFolder(), 'package.json'))
    const none = await tried(prefixed(), { library: () => loadLibrary([nowhere]) })
    expect(lineOf(none)).toBe(
      'input: s3://: needs the package @aws-sdk/client-s3; run npm install @aws-sdk/client-s3',
    )
  })
})
