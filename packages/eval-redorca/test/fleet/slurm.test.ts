/**
 * A benchmark started by a real Slurm, with the file that `submit` prints. Counted as skipped where no cluster answers:
 * docs/schedulers.md has a configuration of one on this machine.
 */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { stringify } from 'yaml'
import { shellWord } from '../../src/submit/job'
import { slurmScript } from '../../src/submit'

// cluster ----------------------------------------------------------------------------------------

const said = (program: string, ...args: ReadonlyArray<string>): string => {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', cwd: folder })
  return status === 0 ? stdout.trim() : ''
}

/** A shared folder of the nodes: here they are this machine. */
const folder = mkdtempSync(join(tmpdir(), 'redorca-slurm-'))
const isThere = said('sinfo', '--noheader', '--states=idle,mixed', '--format=%T') !== ''
if (!isThere) process.stderr.write('no cluster of Slurm answers: its tests are skipped\n')
const whereThere = isThere ? describe : describe.skip

/** `COMPLETED 0:0`. */
const stateOf = (task: string): string => {
  const shown = said('scontrol', '--oneliner', 'show', 'job', task)
  const value = (name: string): string => new RegExp(` ${name}=(\\S+)`).exec(` ${shown}`)?.[1] ?? ''
  return `${value('JobState')} ${value('ExitCode')}`
}

const until = async (holds: () => boolean): Promise<void> => {
  for (let i = 0; i < 900 && !holds(); i += 1) await pause(200)
  expect(holds()).toBe(true)
}

// redorca ----------------------------------------------------------------------------------------

const command = [
  process.execPath,
  ...['--conditions=@safe/source', '--import', pathToFileURL(require.resolve('tsx')).href],
  join(__dirname, '..', '..', 'src', 'bin', 'redorca.ts'),
]

const installed = (): void => {
  const commands = join(folder, 'node_modules', '.bin')
  mkdirSync(commands, { recursive: true })
  writeFileSync(join(commands, 'redorca'), `#!/bin/sh\nexec ${command.map(shellWord).join(' ')} "$@"\n`)
  chmodSync(join(commands, 'redorca'), 0o755)
}

const config = (epochs: number): Readonly<Record<string, unknown>> => ({
  ...{
    suite: 'arena',
    regimes: ['poison:0.05', 'poison:0.25'],
    seeds: [1],
    untuned: ['aligned'],
    workers: 1,
  },
  ...{ sweep: 'none', recipe: { epochs }, stages: { data: [], training: [], weights: [], decoding: [] } },
})

/** Submits an array of two tasks. @returns the id of the job */
const submitted = (store: string, epochs: number): string => {
  const job = { name: 'redorca-test', config: config(epochs), store, count: 2, sharing: 'worker' } as const
  const script = slurmScript({ ...job, gpus: 0, cpus: 1, memory: 1, hours: 0.2 })
  writeFileSync(join(folder, 'job.sbatch'), script)
  return said('sbatch', '--parsable', 'job.sbatch')
}

const samplesIn = (out: string): ReadonlyArray<string> =>
  readdirSync(join(out, 'cells'))
    .sort()
    .map((id) => `${id} ${readFileSync(join(out, 'cells', id, 'samples.jsonl'), 'utf8')}`)

const filesIn = (out: string, ...names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.map((name) => join(out, name)).flatMap((path) => (existsSync(path) ? readdirSync(path) : []))

// tests ------------------------------------------------------------------------------------------

whereThere('Slurm', () => {
  beforeAll(installed)

  it('ends the tasks of an array that is cancelled, and they leave nothing behind', async () => {
    const store = join(folder, 'cancelled')
    const job = submitted(store, 500)
    await until(
      () =>
        filesIn(store, 'leases').some((name) => name.startsWith('work-')) &&
        filesIn(store, 'workers').length === 2,
    )
    said('scancel', job)
    const tasks = [`${job}_0`, `${job}_1`]
    await until(() => tasks.every((task) => stateOf(task) === 'CANCELLED 130:0'))
    expect(filesIn(store, 'leases', 'workers')).toEqual([])
    expect(readFileSync(join(folder, `redorca-test-${job}_0.log`), 'utf8')).toContain(
      'stopped; finished work',
    )
  }, 300_000)

  it('runs an array to the results of one process', async () => {
    const [store, alone] = [join(folder, 'store'), join(folder, 'alone')]
    const job = submitted(store, 1)
    const tasks = [`${job}_0`, `${job}_1`]
    await until(() => tasks.every((task) => !/^(PENDING|RUNNING|COMPLETING|CONFIGURING)/.test(stateOf(task))))
    expect(tasks.map(stateOf)).toEqual(['COMPLETED 0:0', 'COMPLETED 0:0'])
    writeFileSync(join(folder, 'alone.yaml'), stringify(config(1)))
    const [program = '', ...args] = command
    const bench = spawnSync(program, [
      ...args,
      'bench',
      '--config',
      join(folder, 'alone.yaml'),
      '--out',
      alone,
    ])
    expect(bench.status).toBe(0)
    expect(samplesIn(store)).toEqual(samplesIn(alone))
  }, 300_000)
})
