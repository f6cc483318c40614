/** One lookup for methods, the S3 client and the queue's packages: the project of the working folder, then beside this package. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as O from 'fp-ts/Option'
import { installed } from '../src/modules/installed'
import { loadModule } from '../src/plan/plugins'
import { loadLibrary } from '../src/store/s3/library'
import { openBroker } from '../src/work/queue/broker'

/** A project whose own node_modules has these packages. */
const project = (packages: Readonly<Record<string, string>>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'redorca-project-'))
  for (const [name, code] of Object.entries(packages)) {
    const at = join(folder, 'node_modules', name)
    mkdirSync(at, { recursive: true })
    writeFileSync(join(at, 'package.json'), JSON.stringify({ name, version: '9.9.9', main: 'index.js' }))
    writeFileSync(join(at, 'index.js'), code)
  }
  return folder
}
const inFolder = (folder: string): void => {
  jest.spyOn(process, 'cwd').mockReturnValue(folder)
}
const address = { name: 'redis://localhost', host: 'localhost', port: 1, database: 0, tls: false }
afterEach(() => jest.restoreAllMocks())

describe('a module that is named at run time', () => {
  it('is that of the working folder, else the one beside this package', () => {
    const folder = project({ yaml: 'exports.mine = true' })
    inFolder(folder)
    const own = installed('yaml')
    expect(O.isSome(own) && own.value.path).toBe(join(folder, 'node_modules', 'yaml', 'index.js'))
    inFolder(project({}))
    const beside = installed('yaml')
    expect(O.isSome(beside) && beside.value.path).toContain(join('node_modules', 'yaml'))
    expect(installed('no-such-package-anywhere')).toEqual(O.none)
  })
  it('is found alike for methods, stores and queues', async () => {
    const folder = project({
      'a-method': 'exports.plugins = []',
      '@aws-sdk/client-s3':
        'for (const name of ["S3Client", "PutObjectCommand", "GetObjectCommand", "ListObjectsV2Command"]) exports[name] = name',
      bullmq:
        'for (const name of ["Queue", "QueueEvents", "Worker", "DelayedError"]) exports[name] = class {}',
      ioredis:
        'exports.Redis = class { on() {} info() { return Promise.reject(new Error("the one of the folder")) } disconnect() {} }',
    })
    inFolder(folder)
    expect(loadModule('a-method')).toEqual(E.right(expect.objectContaining({ exports: { plugins: [] } })))
    expect(loadLibrary()).toMatchObject({ right: { library: { S3Client: 'S3Client' } } })
    expect(await openBroker(address)()).toMatchObject({
      left: { message: 'the queue cannot be reached (the one of the folder)' },
    })
  })
  it('names the package of a queue that cannot be loaded or is too old', async () => {
    inFolder(project({ bullmq: 'throw new Error("no binding")' }))
    expect(await openBroker(address)()).toMatchObject({
      left: { message: 'bullmq cannot be loaded (no binding)' },
    })
    inFolder(project({ bullmq: '' }))
    expect(await openBroker(address)()).toMatchObject({
      left: { message: 'bullmq is too old', kind: 'input' },
    })
  })
})
