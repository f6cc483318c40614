import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { type Fault, failure } from '@safe/tensor-core/contracts'
import { type ResultStore, folderStore, leasing } from '../../src/store'

// helpers ----------------------------------------------------------------------------------------

const folder = (): string => mkdtempSync(join(tmpdir(), 'redorca-store-'))

const right = <A>(result: E.Either<Fault, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}

const filling =
  (text: string, name = 'cell.json') =>
  (temporary: string): TE.TaskEither<Fault, void> =>
    TE.fromIO(() => writeFileSync(join(temporary, name), text))

const opened: ResultStore[] = []
const storeIn = (at: string): ResultStore => {
  const store = folderStore(at)
  opened.push(store)
  return store
}
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ close }) => close()))
})

// tests ------------------------------------------------------------------------------------------

describe('a store that is a folder', () => {
  it('has a piece when it is whole, and keeps the first of two', async () => {
    const out = folder()
    const store = storeIn(out)
    expect(right(await store.get('cells/a')())).toBe(false)
    right(await store.put('cells/a', filling('first'))())
    right(await store.put('cells/a', filling('second'))())
    expect(readFileSync(join(out, 'cells', 'a', 'cell.json'), 'utf8')).toBe('first')
    expect(right(await store.get('cells/a')())).toBe(true)
    expect(right(await store.list('cells')())).toEqual(['a'])
    expect(right(await store.list('work')())).toEqual([])
    expect(readdirSync(join(out, 'cells'))).toEqual(['a'])
  })

  it('leaves nothing of a piece that fails', async () => {
    const out = folder()
    const fault = failure('Broken', 'no')
    expect(await storeIn(out).put('work/a', () => TE.left<Fault>(fault))()).toEqual(E.left(fault))
    expect(readdirSync(join(out, 'work'))).toEqual([])
  })

  it('does not list what has not the mark of a whole piece', async () => {
    const out = folder()
    mkdirSync(join(out, 'cells', 'half'), { recursive: true })
    mkdirSync(join(out, 'cells', '.b.0123456789ab.tmp'))
    right(await storeIn(out).put('cells/a', filling('whole'))())
    expect(right(await storeIn(out).list('cells')())).toEqual(['a'])
  })

  it('reads, writes, lists and removes documents; a new one is written once', async () => {
    const { documents } = storeIn(folder())
    expect(right(await documents.read('config.yaml')())).toBeUndefined()
    right(await documents.write('config.yaml', 'a: 1')())
    expect(right(await documents.read('config.yaml')())).toBe('a: 1')
    expect(right(await documents.writeNew('workers/one.json', '{}')())).toBe(true)
    expect(right(await documents.writeNew('workers/one.json', '[]')())).toBe(false)
    expect(right(await documents.read('workers/one.json')())).toBe('{}')
    expect(right(await documents.list('workers')())).toEqual(['one.json'])
    right(await documents.remove('workers/one.json')())
    expect(right(await documents.list('workers')())).toEqual([])
    expect(right(await documents.list('nowhere')())).toEqual([])
  })

  it('sweeps the temporary folders of killed writers, but not of a piece that is being worked on', async () => {
    const out = folder()
    const store = storeIn(out)
    for (const name of ['.dead.0123456789ab.tmp', '.busy.0123456789ab.tmp'])
      mkdirSync(join(out, 'work', name), { recursive: true })
    const old = join(out, '.results.json.0123456789ab.tmp')
    writeFileSync(old, 'half')
    writeFileSync(join(out, '.report.html.0123456789ab.tmp'), 'being written')
    utimesSync(old, 1, 1)
    const lease = right(await store.lease('work/busy')())
    right(await store.sweep())
    expect(readdirSync(join(out, 'work'))).toEqual(['.busy.0123456789ab.tmp'])
    expect(existsSync(old)).toBe(false)
    expect(existsSync(join(out, '.report.html.0123456789ab.tmp'))).toBe(true)
    if (E.isRight(lease)) await lease.right.release()
    right(await store.sweep())
    expect(readdirSync(join(out, 'work'))).toEqual([])
    expect(existsSync(join(out, 'leases'))).toBe(false)
  })

  it('says what is in the way', async () => {
    const out = join(folder(), 'file')
    writeFileSync(out, '')
    const store = storeIn(out)
    expect(await store.lease('run')()).toMatchObject({ left: { _tag: 'StoreFailed', kind: 'failure' } })
    expect(await store.list('cells')()).toMatchObject({ left: { _tag: 'StoreFailed' } })
    expect(await store.put('cells/a', filling('no'))()).toMatchObject({ left: { _tag: 'WriteFailed' } })
  })
})

describe('work under a lease', () => {
  const { signal } = new AbortController()

  it('is done by one at a time, and the lease is given back when it fails', async () => {
    const store = storeIn(folder())
    const state = { running: 0, most: 0 }
    const work = (): TE.TaskEither<Fault, void> => async () => {
      state.running += 1
      state.most = Math.max(state.most, state.running)
      await new Promise((done) => setTimeout(done, 20))
      state.running -= 1
      return state.most > 1 ? E.right(undefined) : E.left(failure('Broken', 'no'))
    }
    await Promise.all([1, 2, 3].map(() => leasing(store, 'work/a', signal, work)()))
    expect(state).toEqual({ running: 0, most: 1 })
  })

  it('is given up where the signal comes while it waits', async () => {
    const store = storeIn(folder())
    right(await store.lease('work/a')())
    const abort = new AbortController()
    setTimeout(() => abort.abort(), 50)
    expect(await leasing(store, 'work/a', abort.signal, () => TE.right(undefined))()).toMatchObject({
      left: { kind: 'interrupted' },
    })
  })
})
