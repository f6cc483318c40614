import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { faultLine } from '@safe/tensor-core/contracts'
import { openStore, publish, storePlace } from '../../src/store'
import { right, temporaryFolder } from './contract'

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
