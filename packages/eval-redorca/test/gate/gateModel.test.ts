/** `redorca gate --model`: what it measures, into where, and what it does with what is there; the measuring itself is a stand-in. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { parse, stringify } from 'yaml'
import { badInput, failure, interrupted } from '@safe/tensor-core/contracts'
import { configDocument, isArena } from '../../src/config/config'
import { cellOf, resultsFolder } from '../fakes/resultsFolder'
import { readResults } from '../../src/results/resultsFile'
import type * as Run from '../../src/work/run'
import { file, folder, runWith } from '../fakes/commandLine'
import { gateFolder, itemsOf } from '../fakes/gateFolder'

const model = join(__dirname, '..', '..', 'assets', 'aligned')
/** Harmful requests alone: what measuring gives needs no more. */
const mockAnswers = (bad: number): ReturnType<typeof itemsOf> => itemsOf('harmful', { n: 150, bad })
/** What was measured, as `model+adapter`, and how the next one ends. */
const measured: { names: string[]; ends?: 'interrupted' | 'failed' | 'cell' } = { names: [] }

jest.mock('../../src/work/run', () => {
  const real = jest.requireActual<typeof Run>('../../src/work/run')
  const run: typeof real.run = ({ config, out, terminal }) => {
    if (isArena(config.suite)) return TE.left(failure('NotFaked', 'an arena'))
    const { adapter, models } = config.suite
    const tuned = typeof adapter === 'string'
    measured.names.push([models.aligned.split('/').at(-1), ...(tuned ? [adapter] : [])].join('+'))
    if (!existsSync(models.aligned)) return TE.left(badInput('FileMissing', 'is not there'))
    if (measured.ends === 'interrupted') return TE.left(interrupted('Interrupted', 'the run was stopped'))
    if (measured.ends === 'failed') return TE.left(failure('EngineFailed', 'no memory'))
    // An adapter named spoiled does harm.
    const samples = mockAnswers(adapter === 'spoiled' ? 60 : 0)
    return TE.tryCatch(
      async () => {
        const made = await resultsFolder([cellOf('c0ffee01', { regime: tuned ? 'given' : 'none' }, samples)])
        mkdirSync(join(out, 'cells', 'c0ffee01'), { recursive: true })
        for (const name of ['results.json', 'cells/c0ffee01/cell.json', 'cells/c0ffee01/samples.jsonl'])
          writeFileSync(join(out, name), readFileSync(join(made, name)))
        writeFileSync(join(out, 'config.yaml'), stringify(configDocument(config)))
        const read = await readResults(out)()
        if (read._tag === 'Left') throw new Error(read.left.message)
        terminal.note('measured')
        const [cell] = read.right.results.cells
        if (measured.ends !== 'cell' || cell === undefined) return { ...read.right, failed: [] }
        const fault = badInput('BadAdapter', 'is of another model', {
          ...{ where: 'adapter', remedy: 'use its own' },
        })
        return {
          ...read.right,
          results: {
            ...read.right.results,
            ...{ cells: [], failed: [{ factors: cell.factors, message: fault.message }] },
          },
          failed: [
            {
              job: { id: 'cell|c0ffee01', kind: 'cell' as const, factors: cell.factors, needs: [], cost: 1 },
              fault,
            },
          ],
        }
      },
      (cause) => failure('NotFaked', String(cause)),
    )
  }
  return { ...real, run }
})

beforeEach(() => {
  measured.names = []
  delete measured.ends
})

const run = runWith()
const prompts = file('prompts.jsonl', { prompt: 'a', response: 'b' })
const suite = (): string =>
  file('suite.yaml', {
    ...{ name: 'small', judge: 'refusal', evaluation: { harmful: prompts, lookalike: prompts } },
  })
const gate = (...more: string[]): ReturnType<typeof run> => run('gate', ...more)
const json = ({ json: parsed }: Awaited<ReturnType<typeof run>>): Readonly<Record<string, unknown>> =>
  parsed() as Readonly<Record<string, unknown>>

describe('gate with models', () => {
  it('measures both and decides, in one command; the same command measures nothing that is there', async () => {
    const out = folder()
    const junit = join(out, 'gate.xml')
    const asked = [
      ...['--baseline-model', model, '--model', model, '--adapter', 'spoiled', '--suite', suite()],
      ...['--out', out, '--junit', junit, '--json'],
    ]
    const found = await gate(...asked)
    expect([found.code, json(found)['passed']]).toEqual([3, false])
    expect(json(found)['measured']).toEqual({
      baseline: { out: join(out, 'baseline'), report: join(out, 'baseline', 'report.html') },
      candidate: { out: join(out, 'candidate'), report: join(out, 'candidate', 'report.html') },
    })
    expect(measured.names).toEqual(['aligned', 'aligned+spoiled'])
    expect(readFileSync(junit, 'utf8')).toContain('failures="1"')
    const kept = join(out, 'candidate', 'cells', 'kept')
    writeFileSync(kept, '')
    expect((await gate(...asked, '--overwrite')).code).toBe(3)
    expect(existsSync(kept)).toBe(true)
  })
  it('takes the suite of the results that it compares with, and keeps its own where it is told', async () => {
    const out = folder()
    const [before, after] = [join(out, 'before'), join(out, 'after')]
    const both = ['--baseline-model', model, '--baseline', before, '--model', model, '--suite', suite()]
    expect((await gate(...both, '--out', out)).code).toBe(0)
    const found = await gate('--baseline', before, '--model', model, '--candidate', after)
    expect([found.code, existsSync(join(after, 'samples.html'))]).toEqual([0, true])
    const config = (folder: string): unknown => parse(readFileSync(join(folder, 'config.yaml'), 'utf8'))
    expect(config(after)).toEqual(config(before))
  })
  it('reads what is there before it measures anything', async () => {
    const before = gateFolder(mockAnswers(0))
    const asked = ['--baseline', before, '--model', model, '--suite', suite(), '--out', folder()]
    const cell = await gate(...asked, '--baseline-cell', 'zz')
    expect([cell.code, cell.err]).toEqual([2, expect.stringContaining('has no cell zz')])
    const judge = await gate(...asked, '--judge', 'guard@2')
    expect([judge.code, judge.err]).toEqual([2, expect.stringContaining('has no verdicts of guard@2')])
    const card = await gate(...asked, '--card', file('README.md', '# mine'))
    expect([card.code, card.err]).toEqual([2, expect.stringContaining('exists already')])
    const summary = await gate(...asked, '--summary', folder())
    expect([summary.code, summary.err]).toEqual([2, expect.stringContaining('is a folder')])
    const other = file('other.yaml', { name: 'large', judge: 'refusal', evaluation: { harmful: prompts } })
    const suites = await gate('--baseline', before, '--model', model, '--suite', other, '--out', folder())
    expect([suites.code, suites.err]).toEqual([2, expect.stringContaining('different suites (small, large)')])
    expect(measured.names).toEqual([])
  })
  it('does not take results of another measurement for those it was asked for', async () => {
    const out = folder()
    const asked = [
      '--baseline',
      gateFolder(mockAnswers(0)),
      '--model',
      model,
      '--suite',
      suite(),
      '--out',
      out,
    ]
    expect((await gate(...asked)).code).toBe(0)
    const other = await gate(...asked, '--adapter', 'spoiled')
    expect([other.code, other.err]).toEqual([
      2,
      expect.stringMatching(
        /another configuration \(suite\.adapter: .*\); add --overwrite to measure it again from the start, or give another --candidate\n$/,
      ),
    ])
    expect((await gate(...asked, '--adapter', 'spoiled', '--overwrite')).code).toBe(3)
  })
  it('keeps what it has measured where the other side cannot be', async () => {
    const out = folder()
    const asked = ['--baseline-model', model, '--suite', suite(), '--out', out]
    expect((await gate(...asked, '--model', 'no-such-model')).code).toBe(2)
    expect(existsSync(join(out, 'baseline', 'results.json'))).toBe(true)
    expect((await gate(...asked, '--model', model)).code).toBe(0)
  })
  it('says how to go on where it was stopped, and fails with 1 where measuring fails', async () => {
    const asked = ['--baseline', gateFolder(mockAnswers(0)), '--model', model, '--suite', suite()]
    measured.ends = 'interrupted'
    const stopped = await gate(...asked, '--out', folder())
    expect([stopped.code, stopped.err]).toEqual([
      130,
      expect.stringContaining('the run was stopped; run the same command again to continue'),
    ])
    measured.ends = 'failed'
    const junit = join(folder(), 'gate.xml')
    expect((await gate(...asked, '--out', folder(), '--junit', junit)).code).toBe(1)
    expect(existsSync(junit)).toBe(false)
    measured.ends = 'cell'
    const cell = await gate(...asked, '--out', folder())
    expect([cell.code, cell.err.trim().split('\n').at(-1)]).toEqual([
      2,
      'redorca: adapter: is of another model; use its own',
    ])
  })
  it.each<[string, ReadonlyArray<string>, string]>([
    ['no baseline', ['--candidate', 'x'], '--baseline is required; give a results folder of redorca check'],
    ['no candidate', ['--baseline', 'x'], '--candidate is required'],
    ['a model in the place of results', ['--baseline', model, '--candidate', 'x'], 'as --baseline-model'],
    ['a name of the hub there', ['--baseline', 'x', '--candidate', 'hub:a/b'], 'as --model to measure'],
    ['an adapter alone', ['--baseline', 'x', '--adapter', 'y'], 'there is no --model'],
    ['no suite for both', ['--baseline-model', model, '--model', model], '--suite is required to measure'],
    ['no suite', ['--baseline', 'x', '--model', model], 'have no config.yaml beside them'],
    [
      'a suite and nothing to measure',
      ['--baseline', 'x', '--candidate', 'y', '--suite', 'arena'],
      '--suite is for models to measure',
    ],
    [
      'a judge and nothing to measure',
      ['--baseline', 'x', '--candidate', 'y', '--suite-judge', 'refusal'],
      '--suite-judge is for models',
    ],
  ])('refuses %s', async (_, args, message) => {
    const { code, err, out } = await gate(...args)
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(message)])
  })
})
