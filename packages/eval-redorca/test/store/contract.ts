/** What every store does, whatever it is kept in: run for the folder, for a small server of S3 and for a real one. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { type Fault, failure } from '@safe/tensor-core/contracts'
import { type Holder, type Lease, type Piece, type ResultStore, leasing } from '../../src/store'
import { type LeaseSettings, leaseDefaults } from '../../src/store/leaseFile'
import { type ProcessView, systemView } from '../../src/store/processIdentity'

// subjects ---------------------------------------------------------------------------------------

/** Opens the same store again, as another process or machine does. */
export type Open = (leases?: LeaseSettings) => Promise<ResultStore>

export interface Subject {
  readonly name: string
  /** A new store with nothing in it. */
  readonly fresh: () => Open
  /** Whether it goes on while this process's event loop is blocked; only then can it be seen that a blocked holder renews its lease. */
  readonly elsewhere: boolean
}

// helpers ----------------------------------------------------------------------------------------

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'redorca-store-'))

export const right = <A>(result: E.Either<Fault, A>): A => {
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left))
  return result.right
}

/** Writes a piece's files, the mark of both kinds among them. */
export const filling =
  (text: string, more: Readonly<Record<string, string>> = {}) =>
  (temporary: string): TE.TaskEither<Fault, void> =>
    TE.fromIO(() =>
      Object.entries({ 'cell.json': text, 'key.json': text, ...more }).forEach(([name, content]) => {
        mkdirSync(dirname(join(temporary, name)), { recursive: true })
        writeFileSync(join(temporary, name), content)
      }),
    )

export const held = (result: E.Either<Fault, E.Either<Holder, Lease>>): Lease => {
  const lease = right(result)
  if (E.isLeft(lease)) throw new Error(`held by ${JSON.stringify(lease.left)}`)
  return lease.right
}

const isHeld = (result: E.Either<Fault, E.Either<Holder, Lease>>): boolean => E.isRight(right(result))

/** As from another container on this machine: its processes cannot be seen from here. */
const container = (space: string): ProcessView => ({
  ...systemView,
  here: () => ({ ...systemView.here(), space }),
})

const quick: LeaseSettings = { endsAfterMs: 400, renewEveryMs: 60_000, view: container('pid:[2]') }

const until = async (isSo: () => Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await after(50)
}

// tests ------------------------------------------------------------------------------------------

export const storeContract = ({ name, fresh, elsewhere }: Subject): void => {
  const opened: ResultStore[] = []
  const kept =
    (open: Open): Open =>
    async (leases) => {
      const store = await open(leases)
      opened.push(store)
      return store
    }
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(({ close }) => close()))
  })
  const text = ({ folder }: ResultStore, file: string): string => readFileSync(join(folder, file), 'utf8')

  describe(`pieces of ${name}`, () => {
    it('are there when they are whole; the first of two stays, and others can get it', async () => {
      const open = kept(fresh())
      const [one, other] = [await open(), await open()]
      expect(right(await one.get('cells/a')())).toBe(false)
      right(
        await one.put(
          'cells/a',
          filling('first', { 'samples.jsonl': 'rows', empty: '', 'deeper/file': 'in it' }),
        )(),
      )
      right(await other.put('cells/a', filling('second'))())
      expect(right(await one.get('cells/a')())).toBe(true)
      expect(text(one, 'cells/a/cell.json')).toBe('first')
      const third = await open()
      expect(right(await third.get('cells/a')())).toBe(true)
      expect(text(third, 'cells/a/cell.json')).toBe('first')
      expect(text(third, 'cells/a/samples.jsonl')).toBe('rows')
      expect(text(third, 'cells/a/empty')).toBe('')
      expect(text(third, 'cells/a/deeper/file')).toBe('in it')
      expect(readdirSync(join(third.folder, 'cells'))).toEqual(['a'])
    })

    it('are listed by their kind, more than a page of them', async () => {
      const store = await kept(fresh())()
      const ids = Array.from({ length: 9 }, (_, i) => `piece${i}`)
      for (const id of ids) right(await store.put(`cells/${id}`, filling(id))())
      right(await store.put('work/step', filling('step'))())
      expect([...right(await store.list('cells')())].sort()).toEqual(ids)
      expect(right(await store.list('work')())).toEqual(['step'])
    })

    it('leave nothing behind where one fails', async () => {
      const store = await kept(fresh())()
      const fault = failure('Broken', 'no')
      const half: (folder: string) => TE.TaskEither<Fault, void> = (folder) => {
        writeFileSync(join(folder, 'key.json'), 'half')
        return TE.left(fault)
      }
      expect(await store.put('work/a', half)()).toEqual(E.left(fault))
      expect(right(await store.list('work')())).toEqual([])
      expect(right(await store.get('work/a')())).toBe(false)
    })

    it('are put by several at once, and are one', async () => {
      const open = kept(fresh())
      const stores = await Promise.all([open(), open(), open()])
      const piece: Piece = 'work/same'
      const results = await Promise.all(stores.map((store) => store.put(piece, filling('same'))()))
      results.forEach(right)
      expect(right(await stores[0].list('work')())).toEqual(['same'])
    })
  })

  describe(`documents of ${name}`, () => {
    it('are read, replaced, listed and removed', async () => {
      const { documents } = await kept(fresh())()
      expect(right(await documents.read('config.yaml')())).toBeUndefined()
      right(await documents.write('config.yaml', 'a: 1')())
      right(await documents.write('config.yaml', 'a: 2, ü')())
      expect(right(await documents.read('config.yaml')())).toBe('a: 2, ü')
      right(await documents.write('workers/one.json', '{}')())
      expect(right(await documents.list('workers')())).toEqual(['one.json'])
      right(await documents.remove('workers/one.json')())
      right(await documents.remove('workers/one.json')())
      expect(right(await documents.list('workers')())).toEqual([])
      expect(right(await documents.list('nowhere')())).toEqual([])
    })

    it('are new for one of many', async () => {
      const open = kept(fresh())
      const stores = await Promise.all([open(), open(), open()])
      const made = await Promise.all(stores.map(({ documents }, i) => documents.writeNew('one', `${i}`)()))
      expect(made.map(right).filter((isNew) => isNew)).toHaveLength(1)
      expect(right(await stores[0].documents.writeNew('one', 'again')())).toBe(false)
      expect(right(await stores[1].documents.read('one')())).toBe(`${made.map(right).indexOf(true)}`)
    })
  })

  describe(`a lease of ${name}`, () => {
    it('is given to one at a time, and again when it is released', async () => {
      const open = kept(fresh())
      const [one, other] = [await open(), await open()]
      const lease = held(await one.lease('cells/a')())
      expect(right(await other.lease('cells/a')())).toMatchObject({
        left: { pid: process.pid, host: systemView.here().host },
      })
      held(await other.lease('cells/b')())
      await lease.release()
      await held(await other.lease('cells/a')()).release()
      expect(right(await one.documents.list('leases')())).toEqual(['cells-b.json'])
    })

    it('is given to one of many that ask at once', async () => {
      const open = kept(fresh())
      const stores = await Promise.all([open(), open(), open()])
      const asked = await Promise.all([...stores, ...stores].map((store) => store.lease('run')()))
      expect(asked.filter(isHeld)).toHaveLength(1)
    })

    if (elsewhere)
      it('stays with a holder that renews it, though its event loop is blocked', async () => {
        const open = kept(fresh())
        const times = { endsAfterMs: 1500, renewEveryMs: 100 }
        const holder = await open({ ...times, view: container('pid:[1]') })
        const other = await open({ ...times, view: container('pid:[2]') })
        const lease = held(await holder.lease('step')())
        const first = right(await other.documents.read('leases/step.json')())
        // The thread needs a while to start.
        await until(async () => right(await other.documents.read('leases/step.json')()) !== first)
        expect(isHeld(await other.lease('step')())).toBe(false)
        const end = performance.now() + 2000
        while (performance.now() < end);
        expect(isHeld(await other.lease('step')())).toBe(false)
        await lease.release()
        held(await other.lease('step')())
      })

    it('is taken over by one when it was not renewed, and the one who lost it leaves it alone', async () => {
      const open = kept(fresh())
      const holder = await open({ ...quick, view: container('pid:[1]') })
      const others = await Promise.all([open(quick), open(quick), open(quick)])
      const lost = held(await holder.lease('step')())
      for (const other of others) expect(isHeld(await other.lease('step')())).toBe(false)
      await after(500)
      const asked = await Promise.all(others.map((other) => other.lease('step')()))
      expect(asked.filter(isHeld)).toHaveLength(1)
      await lost.release()
      expect(isHeld(await holder.lease('step')())).toBe(false)
    })

    it('of a process that has ended is taken at once, or swept', async () => {
      const open = kept(fresh())
      const holder = await open()
      // Its process number runs, but began at another time.
      const later: ProcessView = { ...systemView, began: () => 'later' }
      const other = await open({ ...leaseDefaults, view: later })
      held(await holder.lease('step')())
      held(await holder.lease('other')())
      await held(await other.lease('step')()).release()
      right(await other.sweep())
      expect(right(await other.documents.list('leases')())).toEqual([])
    })

    it('of a running process is not swept', async () => {
      const open = kept(fresh())
      const [one, other] = [await open(), await open()]
      held(await one.lease('step')())
      right(await other.sweep())
      expect(isHeld(await other.lease('step')())).toBe(false)
    })
  })

  describe(`work under a lease of ${name}`, () => {
    it('is done by one at a time, and the lease is given back when it fails', async () => {
      const store = await kept(fresh())()
      const state = { running: 0, most: 0 }
      const work = (): TE.TaskEither<Fault, void> => async () => {
        state.running += 1
        state.most = Math.max(state.most, state.running)
        await after(20)
        state.running -= 1
        return state.most > 1 ? E.right(undefined) : E.left(failure('Broken', 'no'))
      }
      const { signal } = new AbortController()
      await Promise.all([1, 2, 3].map(() => leasing(store, 'work/a', signal, work)()))
      expect(state).toEqual({ running: 0, most: 1 })
    })
  })
}
