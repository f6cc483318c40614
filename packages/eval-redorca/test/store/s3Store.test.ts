import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import * as TE from 'fp-ts/TaskEither'
import type { Lease } from '../../src/store'
import { leaseDefaults } from '../../src/store/leaseFile'
import { systemView } from '../../src/store/processIdentity'
import type { Answer } from '../fakes/s3Server'
import { filling, held, right, storeContract, temporaryFolder } from './contract'
import { answering, firstly, s3Fixture } from './s3Fixture'

const { server, prefixed, tried, open } = s3Fixture()

// tests ------------------------------------------------------------------------------------------

storeContract({
  name: 'S3',
  elsewhere: false,
  fresh: () => {
    const prefix = prefixed()
    return (leases) => open(prefix, leases === undefined ? {} : { leases })
  },
})

describe('a store of S3 whose server', () => {
  it.each<[string, Answer]>([
    ['loses the answer to every first request', 'lost'],
    ['gets every request twice', 'twice'],
    ['fails at first', { status: 500 }],
    ['is late', { lateMs: 30 }],
  ])('%s loses nothing and does nothing twice', async (_, answer) => {
    const prefix = prefixed()
    const store = await open(prefix)
    server().answer = firstly(answer)
    const lease = held(await store.lease('cells/a')())
    right(await store.put('cells/a', filling('whole', { 'samples.jsonl': 'rows' }))())
    expect(right(await store.documents.writeNew('new', 'text')())).toBe(true)
    expect(right(await store.documents.writeNew('new', 'text')())).toBe(false)
    await lease.release()
    right(await store.documents.remove('new')())
    const other = await open(prefix)
    expect(right(await other.get('cells/a')())).toBe(true)
    const keys = [...server().objects.keys()].filter((key) => key.startsWith(prefix))
    expect([...keys].sort()).toEqual(
      ['cell.json', 'key.json', 'samples.jsonl'].map((name) => `${prefix}cells/a/${name}`),
    )
    // The mark is put last.
    expect(keys.at(-1)).toBe(`${prefix}cells/a/cell.json`)
  })

  it('loses answers to renewals: the lease stays', async () => {
    const prefix = prefixed()
    const store = await open(prefix, { leases: { ...leaseDefaults, renewEveryMs: 50 } })
    server().answer = answering('PUT', 'step.json', ({ before }) => (before % 2 === 1 ? 'lost' : 'done'))
    const lease = held(await store.lease('step')())
    const key = `${prefix}leases/step.json`
    while (!/"renewed":"0{11}[3-9]"/.test(server().objects.get(key)?.body.toString() ?? '')) await after(20)
    await lease.release()
    expect(server().objects.has(key)).toBe(false)
  })

  it('is overloaded for a while is asked again', async () => {
    const store = await open(prefixed())
    server().answer = answering('PUT', 'name', firstly({ status: 503, code: 'SlowDown' }))
    right(await store.documents.write('name', 'text')())
    expect(right(await store.documents.read('name')())).toBe('text')
  })

  it.each<Answer>(['lost', 'twice'])('answers a takeover so: %s; it is taken by one', async (answer) => {
    const prefix = prefixed()
    held(await (await open(prefix)).lease('step')())
    const takeovers: Answer[] = [answer]
    server().answer = answering('PUT', 'step.json', ({ headers }) =>
      headers['if-match'] === undefined ? 'done' : (takeovers.pop() ?? 'done'),
    )
    const later = { ...leaseDefaults, view: { ...systemView, began: () => 'later' } }
    held(await (await open(prefix, { leases: later })).lease('step')())
  })

  it('breaks off downloads: they begin again, and half a piece is never there', async () => {
    const prefix = prefixed()
    right(await (await open(prefix)).put('cells/a', filling('a long text', { 'samples.jsonl': 'rows' }))())
    const store = await open(prefix)
    server().answer = answering('GET', 'samples.jsonl', ({ before: earlier }) =>
      earlier < 2 ? 'cut' : 'done',
    )
    expect(right(await store.get('cells/a')())).toBe(true)
    expect(readFileSync(join(store.folder, 'cells/a/samples.jsonl'), 'utf8')).toBe('rows')
    expect(readdirSync(join(store.folder, 'cells'))).toEqual(['a'])
  })

  it('has another object than was uploaded: it is not taken', async () => {
    const prefix = prefixed()
    right(await (await open(prefix)).put('cells/a', filling('right'))())
    const key = `${prefix}cells/a/cell.json`
    const there = server().objects.get(key)
    if (there !== undefined) server().objects.set(key, { ...there, body: Buffer.from('wrong') })
    const store = await open(prefix)
    expect(await store.get('cells/a')()).toMatchObject({
      left: {
        _tag: 'StoreFailed',
        kind: 'failure',
        message: expect.stringContaining('not what was uploaded') as unknown,
      },
    })
    expect(readdirSync(store.folder)).not.toContain('cells')
  })

  it('fails in the middle of an upload: the copy keeps the piece, and who needs it next uploads it', async () => {
    const [prefix, folder] = [prefixed(), temporaryFolder()]
    const store = await open(prefix, {}, folder)
    server().answer = answering('PUT', 'cell.json', () => ({ status: 400 }))
    expect(await store.put('cells/a', filling('computed'))()).toMatchObject({ left: { _tag: 'StoreFailed' } })
    server().answer = () => 'done'
    const other = await open(prefix)
    expect(right(await other.list('cells')())).toEqual([])
    expect(right(await (await open(prefix, {}, folder)).get('cells/a')())).toBe(true)
    expect(right(await other.list('cells')())).toEqual(['a'])
  })

  it('takes large files in parts, once', async () => {
    const prefix = prefixed()
    const sizes = { parts: { whole: 10, part: 7 } }
    const text = 'a text of several parts, the last of which is short'
    // The first request with that key begins the upload, the second completes it.
    server().answer = (request) =>
      request.method === 'POST' && request.before === 1 ? 'lost' : firstly('lost')(request)
    const store = await open(prefix, sizes)
    right(await store.put('work/a', filling('key', { 'adapter.bin': text }))())
    expect(server().objects.get(`${prefix}work/a/adapter.bin`)?.body.toString()).toBe(text)
    const other = await open(prefix, sizes)
    expect(right(await other.get('work/a')())).toBe(true)
    expect(readFileSync(join(other.folder, 'work/a/adapter.bin'), 'utf8')).toBe(text)
  })

  it('writes in spite of conditions is refused when it is opened', async () => {
    server().keepsConditions = false
    expect(await tried(prefixed())).toMatchObject({
      left: {
        _tag: 'StoreUnsupported',
        kind: 'input',
        message: expect.stringContaining('If-None-Match') as unknown,
      },
    })
    server().keepsConditions = true
    server().answer = ({ headers }) =>
      headers['if-none-match'] === undefined ? 'done' : { status: 501, code: 'NotImplemented' }
    expect(await tried(prefixed())).toMatchObject({ left: { _tag: 'StoreUnsupported', kind: 'input' } })
  })

  it('has no conditional removal still removes what is released', async () => {
    const prefix = prefixed()
    const store = await open(prefix)
    server().answer = ({ method, headers }) =>
      method === 'DELETE' && headers['if-match'] !== undefined
        ? { status: 501, code: 'NotImplemented' }
        : 'done'
    await held(await store.lease('step')()).release()
    expect(right(await store.documents.list('leases')())).toEqual([])
  })
})

describe('the requests of a store of S3', () => {
  it('are as few as the page about stores says', async () => {
    const prefix = prefixed()
    const counted = async (work: () => Promise<unknown>): Promise<number> => {
      const from = server().log.length
      await work()
      return server().log.length - from
    }
    const settings = { leases: { ...leaseDefaults, renewEveryMs: 60_000 } }
    const from = server().log.length
    const store = await open(prefix, settings)
    expect(server().log.length - from).toBe(8)
    const leases: Lease[] = []
    expect(await counted(() => store.get('cells/a')())).toBe(1)
    expect(await counted(async () => leases.push(held(await store.lease('cells/a')())))).toBe(1)
    expect(await counted(() => store.put('cells/a', filling('1', { 'samples.jsonl': '' }))())).toBe(4)
    expect(await counted(() => Promise.all(leases.map(({ release }) => release())))).toBe(2)
    expect(await counted(() => store.get('cells/a')())).toBe(0)
    expect(await counted(() => store.list('cells')())).toBe(1)
    const other = await open(prefix, settings)
    expect(await counted(() => other.get('cells/a')())).toBe(4)
  })
})

describe('the copy of a store of S3 on this machine', () => {
  it('keeps what a process was writing until that process has ended', async () => {
    const [prefix, folder] = [prefixed(), temporaryFolder()]
    const store = await open(prefix, {}, folder)
    const seen = { temporary: '' }
    right(
      await store.put('work/a', (temporary) => {
        seen.temporary = temporary
        return TE.chain(() => store.sweep)(filling('whole')(temporary))
      })(),
    )
    // As its process would have left it.
    mkdirSync(seen.temporary, { recursive: true })
    writeFileSync(join(seen.temporary, 'half'), '')
    right(await store.sweep())
    expect(readdirSync(join(folder, '.incoming'))).toHaveLength(1)
    const later = { ...leaseDefaults, view: { ...systemView, began: () => 'later' } }
    right(await (await open(prefix, { leases: later }, folder)).sweep())
    expect(readdirSync(folder)).toEqual(['work'])
  })

  it('is not believed where the store does not have what it has', async () => {
    const folder = temporaryFolder()
    right(await (await open(prefixed(), {}, folder)).put('cells/a', filling('here'))())
    const prefix = prefixed()
    const store = await open(prefix, {}, folder)
    expect(right(await store.list('cells')())).toEqual([])
    expect(right(await store.get('cells/a')())).toBe(true)
    expect(right(await store.list('cells')())).toEqual(['a'])
  })
})
