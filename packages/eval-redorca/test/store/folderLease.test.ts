import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import * as E from 'fp-ts/Either'
import { type FolderLeases, folderLeases } from '../../src/store/folderLease'
import { type ProcessView, lifeOf, ownIdentity, systemView } from '../../src/store/processIdentity'
import type { Lease } from '../../src/store/resultStore'

// helpers ----------------------------------------------------------------------------------------

const pathIn = (): string => join(mkdtempSync(join(tmpdir(), 'redorca-leases-')), 'leases', 'step.json')

/** As from another container on this machine: its processes cannot be seen from here. */
const elsewhere = (space: string): ProcessView => ({
  ...systemView,
  here: () => ({ ...systemView.here(), space }),
})

const quick = { endsAfterMs: 400, renewEveryMs: 50 }
const opened: FolderLeases[] = []
const leasesOf = (view: ProcessView = systemView, times = quick): FolderLeases => {
  const made = folderLeases({ ...times, view })
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
  it('is given to one at a time, and again when it is released', async () => {
    const path = pathIn()
    const leases = leasesOf()
    const first = held(await leases.take(path))
    expect(await leases.take(path)).toEqual(
      E.left({
        host: expect.any(String) as unknown,
        pid: process.pid,
        since: expect.any(String) as unknown,
        runs: true,
      }),
    )
    await first.release()
    await held(await leases.take(path)).release()
    expect(readdirSync(join(path, '..'))).toEqual([])
  })

  it('is given to one of many that ask at once', async () => {
    const path = pathIn()
    const asked = await Promise.all(Array.from({ length: 8 }, () => leasesOf().take(path)))
    expect(asked.filter(E.isRight)).toHaveLength(1)
  })

  it('stays with a holder in another container that renews it, though the event loop is blocked', async () => {
    const path = pathIn()
    const [one, other] = [leasesOf(elsewhere('pid:[1]')), leasesOf(elsewhere('pid:[2]'))]
    const lease = held(await one.take(path))
    // Lets the thread start.
    await after(200)
    expect(E.isLeft(await other.take(path))).toBe(true)
    const until = performance.now() + 700
    while (performance.now() < until);
    expect(E.isLeft(await other.take(path))).toBe(true)
    await lease.release()
    held(await other.take(path))
  })

  it('is taken over when it was not renewed for its time, and the one who lost it leaves it alone', async () => {
    const path = pathIn()
    const never = { ...quick, renewEveryMs: 60_000 }
    const [one, other] = [leasesOf(elsewhere('pid:[1]'), never), leasesOf(elsewhere('pid:[2]'), never)]
    const lost = held(await one.take(path))
    expect(E.isLeft(await other.take(path))).toBe(true)
    await after(500)
    const taken = held(await other.take(path))
    await lost.release()
    expect(E.isLeft(await one.take(path))).toBe(true)
    await taken.release()
    expect(readdirSync(join(path, '..'))).toEqual([])
  })

  it('is taken over by one of many at its end', async () => {
    const path = pathIn()
    const never = { ...quick, renewEveryMs: 60_000 }
    held(await leasesOf(elsewhere('pid:[1]'), never).take(path))
    const others = Array.from({ length: 6 }, () => leasesOf(elsewhere('pid:[2]'), never))
    await Promise.all(others.map(({ take }) => take(path)))
    await after(500)
    const taken = await Promise.all(others.map(({ take }) => take(path)))
    expect(taken.filter(E.isRight)).toHaveLength(1)
  })

  it('of a process that has ended is taken at once: its number runs, but began at another time', async () => {
    const path = pathIn()
    held(await leasesOf().take(path))
    left(path, { began: '1' })
    held(await leasesOf().take(path))
  })

  it('of a machine that was restarted is not judged by the process number, which may be another process', async () => {
    const path = pathIn()
    held(await leasesOf(systemView, { ...quick, renewEveryMs: 60_000 }).take(path))
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
