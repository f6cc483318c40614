/** Models, adapters and files from a hub in `check`, `gate` and `bench`, against a server on this machine. */
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { stringify } from 'yaml'
import { failure } from '@safe/tensor-core/contracts'
import { configDocument } from '../src/config/config'
import { openBench } from '../src/plan/bench'
import { readResults } from '../src/results/resultsFile'
import { setupOf } from '../src/work/runResults'
import type * as Run from '../src/work/run'
import { file, folder, runWith } from './fakes/commandLine'
import { itemsOf } from './fakes/gateFolder'
import { type HubServer, hubServer, mainCommit } from './fakes/hubServer'
import { cellOf, resultsFolder } from './fakes/resultsFolder'

/** Models and files are opened as a run opens them; only the answers are made up. */
jest.mock('../src/work/run', () => {
  const real = jest.requireActual<typeof Run>('../src/work/run')
  const run: typeof real.run =
    ({ ports, config, out }) =>
    async () => {
      const bench = await openBench(ports, config)()
      if (bench._tag === 'Left') return bench
      const { stamp, suite } = setupOf(bench.right, { engine: 'wasm', device: '', versions: {} })
      const cell = cellOf('c0ffee01', { regime: 'none' }, itemsOf('harmful', { n: 4 }))
      const made = await resultsFolder([cell], stamp)
      cpSync(made, out, { recursive: true })
      writeFileSync(
        join(out, 'results.json'),
        readFileSync(join(out, 'results.json'), 'utf8').replace('"suite":"small"', `"suite":"${suite}"`),
      )
      writeFileSync(join(out, 'config.yaml'), stringify(configDocument(bench.right.config)))
      const read = await readResults(out)()
      return read._tag === 'Left'
        ? TE.left(failure('NotFaked', read.left.message))()
        : TE.right({ ...read.right, failed: [] })()
    }
  return { ...real, run }
})

// the hub ----------------------------------------------------------------------------------------

const tagged = 'a'.repeat(40)
const rows = (): string => {
  const made = folder()
  writeFileSync(join(made, 'rows.jsonl'), '{"prompt":"a","response":"b"}\n')
  return made
}
const adapterFolder = join(__dirname, '../../tensor-core/test/golden/lm/grouped/adapter')

let hub: HubServer
beforeAll(async () => {
  hub = await hubServer({
    'models/org/tiny': {
      folder: join(__dirname, '..', 'assets', 'aligned'),
      revisions: { 'v1.0': tagged },
    },
    'models/org/tuned': { folder: adapterFolder },
    'datasets/org/data': { folder: rows() },
  })
})
afterAll(() => hub.close())

const before = process.env
let cache: string
beforeEach(() => {
  cache = join(folder(), 'cache')
  hub.requests.length = 0
  hub.refuses = undefined
  process.env = { ...before, HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: cache, HF_HOME: folder() }
  delete process.env['HF_TOKEN']
  delete process.env['HF_HUB_OFFLINE']
})
afterEach(() => {
  process.env = before
})

const run = runWith()
const suite = (): string =>
  file('suite.yaml', {
    ...{ name: 'small', judge: 'refusal', evaluation: { harmful: 'hub:org/data/rows.jsonl' } },
  })
const check = (...more: string[]): ReturnType<typeof run> =>
  run('check', '--suite', suite(), '--out', join(folder(), 'out'), ...more)

/** Every text that a results folder shows. */
const pagesOf = (out: string): string =>
  ['report.html', 'report.md', 'samples.html', 'config.yaml', 'results.json']
    .map((name) => readFileSync(join(out, name), 'utf8'))
    .join('\n')

// tests ------------------------------------------------------------------------------------------

describe('a model of the hub', () => {
  it.each([
    ['hub:org/tiny@v1.0', tagged],
    ['hub:org/tiny', mainCommit],
    ['org/tiny@v1.0', tagged],
  ])('%s is measured under its name, at its commit', async (model, commit) => {
    const out = join(folder(), 'out')
    const { code, err } = await check('--model', model, '--adapter', 'hub:org/tuned', '--out', out)
    expect([code, err]).toEqual([0, expect.any(String)])
    expect(readdirSync(join(cache, 'models--org--tiny', 'snapshots'))).toEqual([commit])
    const pages = pagesOf(out)
    expect(pages).toContain(`aligned: ${model}`)
    expect(pages).toContain('adapter: hub:org/tuned')
    expect(pages).toContain('harmful: hub:org/data/rows.jsonl')
    expect(pages).not.toContain(cache)
    expect(pages).not.toContain(commit)
  })
  it('is measured in the arena as well', async () => {
    const out = join(folder(), 'out')
    const asked = ['--model', 'hub:org/tiny@v1.0', '--adapter', 'hub:org/tuned', '--suite', 'arena']
    const { code, err } = await run('check', ...asked, '--out', out)
    expect([code, err]).toEqual([0, expect.any(String)])
    expect(pagesOf(out)).toMatch(/aligned: hub:org\/tiny@v1\.0\n\s+adapter: hub:org\/tuned/)
    expect(pagesOf(out)).not.toContain(cache)
    expect(existsSync(join(cache, 'models--org--tuned'))).toBe(true)
  })
  it('is gated by its name, and named so in the card', async () => {
    const out = folder()
    const card = join(out, 'card.md')
    const { code, err } = await run(
      ...['gate', '--baseline-model', 'hub:org/tiny', '--model', 'org/tiny@v1.0', '--suite', suite()],
      ...['--out', out, '--margin', 'attackSuccess=1', '--card', card],
    )
    expect([code, err]).toEqual([0, expect.any(String)])
    expect(readFileSync(card, 'utf8')).toContain('name: org/tiny\n')
    expect(readFileSync(card, 'utf8')).not.toContain(cache)
  })
  it('and its files stand in a configuration of bench', async () => {
    const config = file('bench.yaml', {
      suite: {
        models: { aligned: 'hub:org/tiny@v1.0' },
        adapter: {},
        evaluation: { harmful: 'hub:org/data/rows.jsonl' },
      },
      ...{ untuned: ['aligned'], regimes: [], sweep: 'none' },
      stages: { data: [], training: [], weights: [], decoding: [] },
    })
    const out = join(folder(), 'out')
    const { code, err } = await run('bench', '--config', config, '--out', out)
    expect([code, err]).toEqual([0, expect.any(String)])
    expect(pagesOf(out)).toContain('aligned: hub:org/tiny@v1.0')
    expect(pagesOf(out)).not.toContain(cache)
  })
  it('is used offline where it has been fetched, and asked for nothing', async () => {
    expect((await check('--model', 'hub:org/tiny@v1.0')).code).toBe(0)
    hub.requests.length = 0
    process.env['HF_HUB_OFFLINE'] = '1'
    expect((await check('--model', 'hub:org/tiny@v1.0')).code).toBe(0)
    const other = await check('--model', 'hub:org/tiny')
    expect([other.code, other.err]).toEqual([2, expect.stringContaining('hub:org/tiny')])
    expect(hub.requests).toEqual([])
  })
})

describe('a repository that cannot be read', () => {
  it.each([
    ['is not there', 'hub:org/none', 404, 'redorca: hub:org/none: does not exist (404)'],
    ['has no such revision', 'hub:org/tiny@v9', 404, 'redorca: hub:org/tiny@v9: has no revision v9 (404)'],
    ['needs a token', 'hub:org/tiny', 401, 'redorca: hub:org/tiny: does not exist, or needs a token (401)'],
    ['is not for this token', 'hub:org/tiny', 403, 'redorca: hub:org/tiny: may not be read with this token'],
    ['is no name', 'hub:tiny', 404, 'redorca: hub:tiny: is not the name of a repository'],
  ])('%s: exit 2 and one line, from each command', async (_, model, status, message) => {
    if (status !== 404) hub.refuses = status
    const lone = join(folder(), 'deep')
    mkdirSync(lone)
    const config = file('bench.yaml', {
      suite: { models: { aligned: model }, adapter: {}, evaluation: { harmful: 'rows.jsonl' } },
      ...{ regimes: [], sweep: 'none' },
    })
    const found = [
      await check('--model', model),
      await run('check', '--suite', 'arena', '--model', model, '--out', join(lone, 'a')),
      await run('bench', '--config', config, '--out', join(lone, 'b')),
      await run('gate', '--baseline-model', model, '--model', 'x', '--suite', suite(), '--out', lone),
    ]
    for (const { code, out, err } of found) {
      const lines = err.trim().split('\n')
      expect([code, out, lines.at(-1)]).toEqual([2, '', expect.stringContaining(message)])
    }
  })
})
