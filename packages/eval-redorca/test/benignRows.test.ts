/** Attackers that choose among benign rows, and what they and others are expected to take. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as fc from 'fast-check'
import { parse, stringify } from 'yaml'
import { silentTerminal } from '@safe/tensor-core/cli'
import { type Example, type Fault, textExample } from '@safe/tensor-core/contracts'
import type { Attacker } from '../src/config/attackers'
import { type BenignRows, trainedCount } from '../src/config/benignRows'
import { type BenchConfig, configDocument } from '../src/config/config'
import { decodeConfig } from '../src/config/configCodec'
import { benchOf } from '../src/plan/alignedModels'
import { choosesRows } from '../src/plan/attackers'
import { benignRows, drawnRows, repeatedRows } from '../src/plan/benignRows'
import { type Bench, openBench } from '../src/plan/bench'
import { attackedCells, firstCells } from '../src/plan/cells'
import { timedJobs } from '../src/plan/expected'
import { type Factors, undefended } from '../src/plan/factors'
import { jobsOf } from '../src/plan/plan'
import { sizesIn } from '../src/plan/sizes'
import { trainingRows } from '../src/work/defences'
import { openModels } from '../src/work/models'
import { run } from '../src/work/run'
import { weakest } from '../src/work/selecting'
import type { Site } from '../src/work/site'
import { folderStore } from '../src/store'
import { workStore } from '../src/work/workStore'
import { fakeBatch, ports } from './fakes/ports'

const none = { data: [], training: [], weights: [], decoding: [] }
const decoded = (more: Readonly<Record<string, unknown>>): E.Either<Fault, BenchConfig> =>
  decodeConfig({ regimes: ['poison:0.1'], seeds: [1], stages: none, ...more }, 'test')
const right = <A>(e: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(e)) throw new Error(e.left.message)
  return e.right
}
const engine = { engine: 'fake', device: 'none', versions: { fake: '1' } }
const folder = (): string => mkdtempSync(join(tmpdir(), 'benign-rows-'))

const state = { log: '' }
beforeEach(() => {
  state.log = join(folder(), 'log')
  writeFileSync(state.log, '')
  process.env['FAKE_LOG'] = state.log
  process.env['FAKE_SUITE'] = JSON.stringify({ anchors: true, distinct: true })
})
afterEach(() => {
  delete process.env['FAKE_LOG']
  delete process.env['FAKE_SUITE']
})
const noted = (start: string): ReadonlyArray<string> =>
  readFileSync(state.log, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(start))

const opened = (attackers: unknown): Promise<E.Either<Fault, Bench>> =>
  openBench(ports, right(decoded({ attackers })))()

describe('benign rows of a configuration', () => {
  const read = (attackers: unknown): BenchConfig['attackers'] => right(decoded({ attackers })).attackers

  it('are those of the benign regime, the first hundred, once; plain benign fine-tuning stands beside them', () => {
    expect(read({ worst: { rows: 'eroding' }, some: { rows: 'random', top: 0.1, times: 'fill' } })).toEqual({
      worst: { rows: 'eroding', top: 100, times: 1, share: 0 },
      some: { rows: 'random', top: 0.1, times: 'fill', share: 0 },
      benign: { share: 0 },
    })
    expect(read({ benign: { rows: 'eroding', top: 3 } })).toMatchObject({
      benign: { rows: 'eroding', top: 3 },
      'benign-all': { share: 0 },
    })
  })
  it('are of a regime that is named, or of the one that a suite of files has', () => {
    const suite = (regimes: Readonly<Record<string, string>>, attacker: Attacker) =>
      decoded({
        suite: { models: { aligned: 'a' }, training: { regimes }, evaluation: { harmful: 'h' } },
        regimes: ['noisy'],
        attackers: { worst: attacker },
      })
    expect(right(suite({ noisy: 'f', benign: 'g' }, { rows: 'eroding' })).attackers).toMatchObject({
      worst: { regime: 'benign' },
    })
    expect(
      right(suite({ noisy: 'f', benign: 'g' }, { rows: 'eroding', regime: 'noisy' })).attackers,
    ).toMatchObject({ worst: { regime: 'noisy' } })
    expect(E.isLeft(suite({ noisy: 'f' }, { rows: 'eroding' }))).toBe(true)
  })
  it('are read again as they were written, and so is a rank', () => {
    const config = right(decoded({ attackers: { worst: { rows: 'eroding' }, wide: { rank: 64, alpha: 8 } } }))
    expect(config.attackers['wide']).toEqual({ rank: 64, alpha: 8 })
    expect(right(decodeConfig(parse(stringify(configDocument(config))), 'again'))).toEqual(config)
  })
  it.each([
    [{ rows: 'worst' }, /rows must be one of eroding, random/],
    [{ rows: 'eroding', share: 0.1 }, /share must be 0 with rows/],
    [{ rows: 'eroding', prefix: 'no' }, /prefix and rows exclude each other/],
    [{ rows: 'random', evade: 'filter' }, /evade and rows exclude each other/],
    [{ top: 3 }, /top is of benign rows; set rows as well/],
    [{ rows: 'eroding', top: 1.5 }, /top must be a whole number of rows, or a share of them below 1/],
    [{ rows: 'eroding', times: 0 }, /times must be a whole number of at least 1, or fill/],
    [{ rank: 0 }, /rank must be a whole number of at least 1/],
  ])('are refused where %j', (attacker, message) => {
    const config = decoded({ attackers: { a: attacker } })
    expect(E.isLeft(config) && config.left.message).toMatch(message)
  })
})

describe('a choice of benign rows', () => {
  const row = (i: number, unsafe: 0 | 1 = 0): Example => textExample(`${i}`, `ask ${i}`, 'fine', { unsafe })
  const data = (n: number) => ({ name: 'd', examples: Array.from({ length: n }, (_, i) => row(i)) })
  const choices: fc.Arbitrary<BenignRows> = fc.record({
    rows: fc.constantFrom('eroding' as const, 'random' as const),
    top: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom(0.01, 0.3, 0.5, 0.99)),
    times: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant('fill' as const)),
  })

  it('is repeated in turn, as many rows as are counted beforehand, each with an id of its own', () => {
    fc.assert(
      fc.property(choices, fc.integer({ min: 12, max: 30 }), fc.nat(5), (choice, n, seed) => {
        const numbers = drawnRows(choice, data(n), seed)
        const { examples } = repeatedRows(choice, data(n), numbers)
        expect(examples).toHaveLength(trainedCount(choice, n))
        expect(new Set(examples.map(({ id }) => id)).size).toBe(examples.length)
        examples.forEach(({ prompt }, i) =>
          expect(prompt).toEqual(data(n).examples[numbers[i % numbers.length] ?? -1]?.prompt),
        )
      }),
    )
  })
  it('leaves harmful rows out, and says where there are too few others', () => {
    const isHarmful = ({ fields }: Example): boolean => fields['unsafe'] === 1
    const suite = { isHarmful, references: undefined }
    const mixed = { name: 'd', examples: [row(0, 1), row(1), row(2)] }
    const choice = (top: number): BenignRows => ({ rows: 'random', top, times: 1 })
    expect(right(benignRows(choice(2), suite)(mixed)).examples.map(({ id }) => id)).toEqual(['1', '2'])
    expect(benignRows(choice(3), suite)(mixed)).toMatchObject({
      left: { message: 'chooses 3 benign rows, and there are 2' },
    })
  })
  it('by gradients needs anchors, by chance it does not', async () => {
    process.env['FAKE_SUITE'] = '{}'
    const refused = await opened({ worst: { rows: 'eroding', top: 4 } })
    expect(E.isLeft(refused) && [refused.left.where, refused.left.message, refused.left.remedy]).toEqual([
      'attackers.worst',
      'compares gradients with those of 10 rows of suite.harmful, which has none',
      'give more rows as suite.harmful, or set rows: random',
    ])
    expect(E.isRight(await opened({ some: { rows: 'random', top: 4 } }))).toBe(true)
  })
})

describe('the rows that are trained on', () => {
  const factors = (attacker: string, seed = 1): Factors => ({
    ...{ model: 'aligned', attacker, regime: 'poison:0', ...undefended, seed },
  })
  const siteIn = (bench: Bench, out: string, f: Factors): Site => {
    const { signal } = new AbortController()
    const store = folderStore(out)
    return {
      bench: benchOf(bench, f),
      ...{ engine, signal, models: openModels(ports), store, memo: workStore(store, signal) },
      onProgress: () => undefined,
    }
  }
  const numbersOf = async (bench: Bench, out: string, f: Factors): Promise<ReadonlyArray<number>> =>
    right(await trainingRows(siteIn(bench, out, f), f)()).examples.map(({ id }) =>
      Number(/-(\d+)/.exec(id)?.[1]),
    )

  it('have the gradients nearest to harm; their scores are computed once for a model, a seed and an adapter', async () => {
    const bench = right(
      await opened({
        worst: { rows: 'eroding', top: 4 },
        longer: { rows: 'eroding', top: 3, times: 2, epochs: 9 },
        wide: { rows: 'eroding', top: 2, rank: 64 },
        some: { rows: 'random', top: 4 },
      }),
    )
    const out = folder()
    expect(await numbersOf(bench, out, factors('worst'))).toEqual([19, 18, 17, 16])
    expect(await numbersOf(bench, out, factors('longer'))).toEqual([19, 18, 17, 19, 18, 17])
    expect(noted('gradients')).toEqual(['gradients poison:0 1 20'])
    expect(await numbersOf(bench, out, factors('wide'))).toEqual([19, 18])
    expect(noted('gradients')).toHaveLength(2)
    const some = await numbersOf(bench, out, factors('some'))
    expect(new Set(some).size).toBe(4)
    expect(await numbersOf(bench, out, factors('some'))).toEqual(some)
    expect(await numbersOf(bench, out, factors('some', 2))).not.toEqual(some)
    expect(noted('gradients')).toHaveLength(2)
    // Another seed draws another adapter and other rows.
    await numbersOf(bench, out, factors('worst', 2))
    expect(noted('gradients')).toHaveLength(3)
  })
})

describe('what attackers take', () => {
  it('is expected to the step: rows that are chosen, evaded filters, and nothing twice', async () => {
    const config = right(
      decoded({
        workers: 1,
        stages: { ...none, data: [{ use: 'fake-methods', name: 'leaky' }] },
        recipe: { batchSize: fakeBatch, epochs: 3 },
        attackers: {
          worst: { rows: 'eroding', top: 4 },
          some: { rows: 'random', top: 6, times: 'fill' },
          sly: { evade: 'leaky' },
          wide: { rank: 64 },
        },
      }),
    )
    const bench = right(await openBench(ports, config)())
    const cells = [
      ...right(firstCells(bench, engine)),
      ...right(attackedCells(bench, engine, weakest(bench))),
    ]
    const jobs = timedJobs(
      bench,
      jobsOf(
        cells,
        () => false,
        (f) => choosesRows(bench, f),
      ),
      [{ step: 1, completion: 0, score: 0, judgement: 0 }],
    )
    expect(jobs.filter(({ kind }) => kind === 'rows').map(({ factors }) => factors.attacker)).toEqual([
      'worst',
      'sly',
    ])
    // 20 rows in two batches and 30 anchors; a fine-tune of 4 rows has one batch.
    expect(jobs.find(({ kind }) => kind === 'rows')?.cost).toBe(2 + 30)
    expect(sizesIn(bench)({ attacker: 'worst', regime: 'poison:0' })).toMatchObject({ rows: 4, steps: 3 })

    const out = folder()
    const go = run({
      ...{ ports, config, out },
      portsModule: require.resolve('./fakes/ports.ts'),
      terminal: silentTerminal,
      signal: new AbortController().signal,
      execArgv: process.execArgv,
    })
    const { results, failed } = right(await go())
    expect(failed).toEqual([])
    expect(results.cells).toHaveLength(cells.length)
    const steps = (): number => noted('steps').reduce((sum, line) => sum + Number(line.slice(6)), 0)
    expect(steps()).toBe(jobs.reduce((sum, { cost }) => sum + cost, 0))
    expect(results.worstCase[0]?.attackers.map(({ attacker }) => attacker)).toEqual([
      'as-configured',
      'worst',
      'some',
      'sly',
      'wide',
      'benign',
    ])
    // What an attacker does to choose its rows is no cost of an undefended cell.
    const bare = results.cells.find(({ factors: f }) => f.attacker === 'sly' && f.data === 'none')
    expect(bare?.seconds.data).toBe(0)
    // What was chosen is found again.
    rmSync(join(out, 'cells'), { recursive: true })
    const before = steps()
    right(await go())
    expect(steps()).toBe(before)
  })
})
