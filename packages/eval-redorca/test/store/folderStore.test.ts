import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { type ResultStore, folderStore, leasing } from '../../src/store'
import { filling, right, storeContract, temporaryFolder } from './contract'

// helpers ----------------------------------------------------------------------------------------

const folder = temporaryFolder

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

storeContract({
  name: 'a folder',
  elsewhere: true,
  fresh: () => {
    const at = folder()
    return (leases) => Promise.resolve(folderStore(at, leases))
  },
})

describe('a store that is a folder', () => {
  it('does not list what has not the mark of a whole piece', async () => {
    const out = folder()
    mkdirSync(join(out, 'cells', 'half'), { recursive: true })
    mkdirSync(join(out, 'cells', '.b.0123456789ab.tmp'))
    right(await storeIn(out).put('cells/a', filling('whole'))())
    expect(right(await storeIn(out).list('cells')())).toEqual(['a'])
  })

  it('sweeps the temporary folders of killed writers, but not of a piece that is being worked on', async () => {
    const out = folder()
    const store = storeIn(out)
    for (const name of ['.dead.0123456789ab.tmp', '.busy.0123456789ab.tmp'])
      mkdirSync(join(out, 'work', name), { recursive: true })
    const old = join(out, '.results.json.0123456789ab.tmp')
    writeFileSync(old, 'half')
    writeFileSync(join(out, '.report.html.0123456789ab.tmp'), 'being written')
    // A worker was killed while it showed that it lives.
    const beat = join(out, 'workers', '.host-1.json.0123456789ab.tmp')
    mkdirSync(join(out, 'workers'))
    writeFileSync(beat, '{')
    for (const path of [old, beat]) utimesSync(path, 1, 1)
    const lease = right(await store.lease('work/busy')())
    right(await store.sweep())
    expect(readdirSync(join(out, 'work'))).toEqual(['.busy.0123456789ab.tmp'])
    expect([existsSync(old), existsSync(join(out, 'workers'))]).toEqual([false, false])
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
