/** `redorca check`: the benchmark of one cell that a suite and a model make; docs/ci.md runs it. */
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { parse, stringify } from 'yaml'
import { type LoraAdapter, failure, matrix } from '@safe/tensor-core/contracts'
import { type Checking, checkDocument } from '../src/config/checkConfig'
import { configDocument } from '../src/config/config'
import { decodeConfig } from '../src/config/configCodec'
import { openBench } from '../src/plan/bench'
import { type Cell, firstCells } from '../src/plan/cells'
import { smallModelRates } from '../src/plan/expected'
import type { BenchPorts } from '../src/plan/ports'
import { headline, markdown, page } from '../src/report'
import { readResults } from '../src/results/resultsFile'
import { ports } from '../src/work/lmPorts'
import { openModels } from '../src/work/models'
import { timedRates } from '../src/work/probe'
import { folderStore } from '../src/store'
import { workStore } from '../src/work/workStore'
import { file, folder, runWith } from './fakes/commandLine'
import { itemsOf } from './fakes/gateFolder'
import { ports as fakePorts } from './fakes/ports'
import { cellOf, resultsFolder } from './fakes/resultsFolder'

const run = runWith()
const model = (name: string): string => join(__dirname, '..', 'assets', name)
const checking: Checking = { model: model('aligned'), adapter: undefined, judges: [], template: undefined }

const rows = (set: string, n = 4): string =>
  file(
    `${set}.jsonl`,
    ...Array.from({ length: n }, (_, i) => ({ id: i, prompt: `${set} ${i}`, response: `word ${i}` })),
  )
const suite = {
  name: 'mine',
  evaluation: { harmful: rows('harmful'), lookalike: rows('lookalike'), task: rows('task') },
  validation: 0.5,
  judge: ['refusal', 'refusal-gcg'],
  headline: 'refusal-gcg@2',
  'max-new-tokens': 5,
}
const adapter = (value: number): LoraAdapter => ({
  modules: [
    { name: 'm', A: matrix(1, 1, Float32Array.of(value)), B: matrix(1, 1, Float32Array.of(1)), scale: 1 },
  ],
  ...{ config: {}, metadata: {}, dtype: 'F32', extras: [] },
})

const right = <A>(e: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(e)) throw new Error(e.left.message)
  return e.right
}
const planned = async (
  document: unknown,
  more: Partial<Checking> = {},
  read: LoraAdapter = adapter(1),
): Promise<ReadonlyArray<Cell>> => {
  const made = right(checkDocument(document, { ...checking, ...more }, 'suite.yaml'))
  const config = right(decodeConfig(made, 'suite.yaml'))
  // config.yaml of the folder is read back by rescore and by the same command.
  const written = configDocument(config)
  expect(configDocument(right(decodeConfig(parse(stringify(written)), 'config.yaml')))).toEqual(written)
  const bench = right(await openBench({ ...ports, adapter: () => TE.right(read) }, config)())
  return right(firstCells(bench, { engine: 'wasm', device: '', versions: {} }))
}
const idOf = async (...given: Parameters<typeof planned>): Promise<string> =>
  (await planned(...given))[0]?.id ?? ''

describe('a check', () => {
  it('is a benchmark of one cell: the model as it is, or with its adapter', async () => {
    expect(await planned(suite)).toMatchObject([{ factors: { model: 'aligned', regime: 'none' } }])
    expect(await planned(suite, { adapter: 'tuned' })).toMatchObject([
      { factors: { model: 'aligned', regime: 'given-adapter', weights: 'none' } },
    ])
    expect(await planned('arena')).toMatchObject([{ factors: { regime: 'none' } }])
    expect(await planned('arena', { adapter: 'tuned' })).toMatchObject([
      { factors: { regime: 'given-adapter' } },
    ])
  })
  it('has an id that everything decides, and nothing else', async () => {
    const id = await idOf(suite)
    expect(
      await idOf({ suite: { ...suite, models: { aligned: 'x' }, training: { regimes: { a: 'f' } } } }),
    ).toBe(id)
    const others = await Promise.all([
      idOf(suite, { model: model('anchor') }),
      idOf(suite, { template: 'qa' }),
      idOf({ ...suite, 'max-new-tokens': 6 }),
      idOf({ ...suite, judge: 'refusal', headline: undefined }),
      idOf({ ...suite, match: 'last-number' }),
      idOf({ ...suite, validation: undefined }),
      idOf({ ...suite, evaluation: { ...suite.evaluation, task: rows('task', 5) } }),
      idOf(suite, { adapter: 'tuned' }, adapter(1)),
      idOf(suite, { adapter: 'tuned' }, adapter(2)),
      idOf('arena'),
      idOf('arena', { model: model('anchor') }),
      idOf('arena', { adapter: 'tuned' }),
    ])
    expect(new Set([id, ...others]).size).toBe(13)
  })
  it('is described by a file of its own, or by a configuration of bench, and other judges by the option', async () => {
    const print = async (...args: string[]): Promise<unknown> => {
      const { code, err, json } = await run(
        ...['check', '--model', model('aligned'), '--out', join(folder(), 'out')],
        ...['--print-config', '--json', ...args],
      )
      if (code !== 0) throw new Error(err)
      return json()
    }
    expect(await print('--suite', file('suite.json', JSON.stringify(suite)))).toMatchObject({
      suite: { judge: ['refusal', 'refusal-gcg'], headline: 'refusal-gcg@2', validation: { share: 0.5 } },
      ...{ untuned: ['aligned'], regimes: [], sweep: 'none' },
    })
    const judged = await print('--suite', file('bench.yaml', { suite, regimes: ['x'] }), '--judge', 'refusal')
    expect(judged).toMatchObject({ suite: { name: 'mine', judge: 'refusal' }, regimes: [] })
    expect(judged).not.toHaveProperty('suite.headline')
    expect(await print('--suite', 'arena')).toMatchObject({ suite: { arena: { aligned: model('aligned') } } })
  })
  it.each<[string, unknown, ReadonlyArray<string>, string]>([
    ['a key that no suite has', { ...suite, evalution: {} }, [], 'has the unknown key evalution'],
    ['no evaluation', { name: 'x' }, [], 'suite.evaluation'],
    ['what is no suite', ['a'], [], 'is not a suite'],
    [
      'a judge beside the arena',
      { suite: 'arena' },
      ['--judge', 'refusal'],
      '--judge cannot be given with the arena',
    ],
    ['a model that is not there', suite, ['--model', 'no-such-model'], 'no-such-model'],
  ])('refuses %s with exit 2', async (_, document, args, message) => {
    const { code, err } = await run(
      ...['check', '--out', join(folder(), 'out'), '--suite', file('s.yaml', document), '--print-config'],
      ...(args.includes('--model') ? [] : ['--model', model('aligned')]),
      ...args,
    )
    expect([code, err]).toEqual([2, expect.stringContaining(message)])
  })
})

describe('the time that a check takes', () => {
  afterEach(() => {
    delete process.env['FAKE_SUITE']
  })
  it.each([[undefined], [model('aligned')]])(
    'is told without training anything, with the adapter %p',
    async (given) => {
      if (given !== undefined) process.env['FAKE_SUITE'] = JSON.stringify({ adapter: folder() })
      const train: BenchPorts['train'] = () => TE.left(failure('TrainingStarted', 'a check trains nothing'))
      const made = right(checkDocument(suite, { ...checking, adapter: given }, 'suite.yaml'))
      const faked = { ...fakePorts, adapter: () => TE.right(adapter(1)), train }
      const bench = right(await openBench(faked, right(decodeConfig(made, 'suite.yaml')))())
      const { signal } = new AbortController()
      const store = folderStore(folder())
      const rates = await timedRates({
        ...{
          bench,
          engine: { engine: 'fake', device: '', versions: {} },
          store,
          memo: workStore(store, signal),
        },
        ...{ models: openModels(faked), signal, onProgress: () => undefined },
      })()
      expect(right(rates)).toMatchObject([{ step: smallModelRates.step }])
    },
  )
})

describe('the report of a check', () => {
  const reported = async (regime: string): Promise<ReadonlyArray<string>> => {
    const samples = [...itemsOf('harmful', { n: 40, bad: 10 }), ...itemsOf('task', { n: 20, bad: 5 })]
    const read = right(await readResults(await resultsFolder([cellOf('c1', { regime }, samples)]))())
    return [
      headline(read.results),
      markdown(read.results, read.samples),
      page({ ...read, config: {}, linked: true }),
    ]
  }
  it('says what a model does as it is, with its rates and some answers', async () => {
    const [words = '', text = '', html = ''] = await reported('none')
    expect(words).toBe(
      'Nothing was fine-tuned. The aligned model complies with 25\u00a0% of harmful requests and solves 75\u00a0% of the task.',
    )
    expect(text).toContain('## Without fine-tuning')
    expect(text).toMatch(/\| aligned model \| 25\.0 /)
    expect(html).toContain('harmful  request')
    expect(html).not.toContain('fine-tuned, undefended')
  })
  it('does not say what an adapter was fine-tuned on, which it does not know', async () => {
    const [words = '', text = ''] = await reported('given-adapter')
    expect(words).toContain('With the given adapter, the model complies with 25\u00a0% of harmful requests')
    expect(text).toContain('## With the given adapter')
  })
})
