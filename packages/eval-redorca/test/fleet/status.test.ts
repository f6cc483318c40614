import { mkdtempSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import type { Fault } from '@safe/tensor-core/contracts'
import { statusText } from '../../src/cli/status'
import { undefended } from '../../src/plan/factors'
import type { Job } from '../../src/plan/plan'
import { folderStore } from '../../src/store'
import { claiming, joining } from '../../src/work/claim'
import { presenceIn } from '../../src/work/fleet/presence'
import { statusOf } from '../../src/work/fleet/status'
import type { WorkerFile } from '../../src/work/fleet/workerFiles'
import { runWith } from '../fakes/commandLine'
import { answers, cellOf, resultsFolder } from '../fakes/resultsFolder'

// a folder of a run ------------------------------------------------------------------------------

const folder = (): string => mkdtempSync(join(tmpdir(), 'redorca-status-'))
const setup = {
  suite: 'fake',
  stamp: {
    ...{ engine: 'fake', device: '', dtype: 'float32', versions: {}, seeds: [1] },
    hashes: { data: {}, models: {}, templates: {} },
  },
}
const now = new Date('2026-01-01T12:00:00Z')
const before = (seconds: number): string => new Date(now.getTime() - seconds * 1000).toISOString()

const worker = (id: string, more: Partial<WorkerFile> = {}): WorkerFile => ({
  ...{ id, process: id, host: 'h', pid: 1, job: 'evaluated csulora', cell: true },
  ...{ since: before(60), lastSeen: before(3), work: 1200 },
  ...more,
})

const written = (out: string, name: string, value: unknown): void => {
  mkdirSync(join(out, name, '..'), { recursive: true })
  writeFileSync(join(out, name), JSON.stringify(value))
}

/** Five planned cells and one that follows; two are finished, one failed. */
const runFolder = (...workers: ReadonlyArray<WorkerFile>): string => {
  const out = folder()
  const cells = ['a', 'b', 'c', 'd', 'e']
  written(out, 'plan.json', { format: 1, written: before(600), first: 'f', cells, later: 1, setup })
  // A cell of an earlier configuration does not count.
  for (const id of ['a', 'b', 'old']) written(out, `cells/${id}/cell.json`, {})
  written(out, 'failed/c.json', {})
  written(out, 'failed/job-1.json', {})
  workers.forEach((file) => written(out, `workers/${file.id}.json`, file))
  return out
}

const right = <A>(result: E.Either<Fault, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}

// tests ------------------------------------------------------------------------------------------

describe('the status of a run', () => {
  it('counts cells, shows workers with their last sign of life, and shares the work that is left among those that live', async () => {
    const out = runFolder(
      worker('one'),
      worker('two', { work: 1000, job: null, cell: false }),
      worker('dead', { lastSeen: before(600) }),
      worker('gone', { lastSeen: before(9000) }),
    )
    const status = right(await statusOf(folderStore(out), now)())
    expect(status.cells).toEqual({ done: 2, running: 1, failed: 1, waiting: 2 })
    expect(status.workers.map(({ id, alive }) => [id, alive]).sort()).toEqual([
      ['dead', false],
      ['one', true],
      ['two', true],
    ])
    expect(status.secondsLeft).toBe(550)
    expect(statusText(status, now.getTime())).toBe(
      [
        '2 of 6 cells done, 1 running, 1 failed, 2 waiting; about 9 min left',
        'workers:',
        ...[
          '  dead  last seen 10 min ago, at evaluated csulora',
          '  one   evaluated csulora, since 60 s',
          '  two   waiting, since 60 s',
        ],
      ].join('\n'),
    )
  })

  it('is told as JSON, says nothing of the time left while nobody works, and refuses a folder of anything else', async () => {
    const redorca = runWith()
    const told = await redorca('status', '--results', runFolder(), '--json')
    expect(told.json()).toEqual({
      cells: { done: 2, running: 0, failed: 1, waiting: 3 },
      ...{ workers: [], secondsLeft: null },
    })
    for (const wrong of [folder(), join(folder(), 'missing')]) {
      const { code, err } = await redorca('status', '--store', wrong)
      expect([code, err.trim().split('\n').length]).toEqual([2, 1])
    }
    expect((await redorca('status')).code).toBe(2)
  })
})

describe('who works in a folder', () => {
  const job: Job = {
    ...{ id: 'cell|x', kind: 'cell', needs: [], cost: 1 },
    factors: { model: 'aligned', regime: 'r', ...undefended, seed: 1 },
  }
  const claimant = { signal: new AbortController().signal, note: () => undefined }

  it('any number of processes of a fleet, and no run beside them; they show themselves and leave nothing', async () => {
    const out = folder()
    const [one, two, alone] = [folderStore(out), folderStore(out), folderStore(out)]
    const [first, second] = [presenceIn(one, 20), presenceIn(two, 20)]
    const seen = await joining(
      one,
      first,
      claimant,
      joining(two, second, claimant, async () => {
        first.started(job)
        await new Promise((done) => setTimeout(done, 60))
        const refused = await claiming(alone, claimant, TE.right('ran'))()
        // As a reader lists them: a file may be being written, under a temporary name.
        return E.right({ refused, shown: right(await alone.documents.list('workers')()) })
      }),
    )()
    const { refused, shown } = right(seen)
    expect(refused).toMatchObject({ left: { _tag: 'OutputBusy', kind: 'input' } })
    expect(shown).toHaveLength(2)
    expect(readdirSync(out)).toEqual([])
    expect(await claiming(alone, claimant, TE.right('ran'))()).toEqual(E.right('ran'))
    await Promise.all([one, two, alone].map(({ close }) => close()))
  })

  it('a run, and no process of a fleet beside it', async () => {
    const out = folder()
    const [run, member] = [folderStore(out), folderStore(out)]
    const refused = await claiming(
      run,
      claimant,
      TE.fromTask(joining(member, presenceIn(member), claimant, TE.right('ran'))),
    )()
    expect(refused).toMatchObject({ right: { left: { _tag: 'OutputBusy' } } })
    await Promise.all([run, member].map(({ close }) => close()))
  })
})

describe('a plan', () => {
  it('names cells of its own folder alone', async () => {
    const outside = await resultsFolder([
      cellOf(
        'secret',
        {},
        answers('harmful', 2, 0, () => 'of another'),
      ),
    ])
    const out = folder()
    const cells = [`../../${basename(outside)}/cells/secret`]
    written(out, 'plan.json', { format: 1, written: before(600), first: 'f', cells, later: 0, setup })
    const { code, err } = await runWith()('report', '--results', out)
    expect([code, err]).toEqual([2, expect.stringContaining('contains no results.json')])
    expect(readdirSync(out)).toEqual(['plan.json'])
  })
})
