import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import * as E from 'fp-ts/Either'
import { type FolderLeases, folderLeases } from '../../src/store/folderLease'
import { lifeOf, ownIdentity, systemView } from '../../src/store/processIdentity'
import type { Lease } from '../../src/store/resultStore'

// helpers ----------------------------------------------------------------------------------------

const pathIn = (): string => join(mkdtempSync(join(tmpdir(), 'redorca-leases-')), 'leases', 'step.json')

const quick = { endsAfterMs: 400, renewEveryMs: 50 }
const opened: FolderLeases[] = []
const leasesOf = (times = quick): FolderLeases => {
  const made = folderLeases({ ...times, view: systemView })
  opened.push(made)
  return made
}
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ close }) => close()))
})

const held = (result: E.Either<unknown, Lease>): Lease => {
  if (E.isLeft(result)) throw new Error(`held by ${JSON.stringify(result.left)}`)
  return result.right
}

/** What a process that has ended left: a number that runs here, but began at another time. */
const left = (path: string, change: Readonly<Record<string, unknown>>): void => {
  const read: unknown = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(path, JSON.stringify({ ...(typeof read === 'object' ? read : {}), ...change }))
}

// tests ------------------------------------------------------------------------------------------

describe('a lease of a folder', () => {
  it('of a machine that was restarted is not judged by the process number, which may be another process', async () => {
    const path = pathIn()
    held(await leasesOf({ ...quick, renewEveryMs: 60_000 }).take(path))
    left(path, { boot: 'an earlier one' })
    const leases = leasesOf()
    expect(await leases.take(path)).toMatchObject({ left: { runs: false } })
    await after(500)
    held(await leases.take(path))
  })

  it('that was left empty or damaged is taken over after its time', async () => {
    const path = pathIn()
    const leases = leasesOf()
    await held(await leases.take(path)).release()
    writeFileSync(path, '')
    expect(await leases.take(path)).toMatchObject({ left: { host: '' } })
    await after(500)
    held(await leases.take(path))
  })
})

describe('whether a process runs', () => {
  const own = ownIdentity()

  it('is known of this one, and of one that cannot be there', () => {
    expect(lifeOf(own)).toBe(own.began === '' ? 'unknown' : 'runs')
    expect(lifeOf({ ...own, pid: 2 ** 30 })).toBe('ended')
  })

  it.each([{ host: 'other' }, { boot: 'other' }, { space: 'other' }])('is not known of %j', (change) => {
    expect(lifeOf({ ...own, ...change })).toBe('unknown')
  })
})
