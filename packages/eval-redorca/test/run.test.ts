/** The whole runner with real worker processes, on the ports without tensors of `fakes/ports.ts`. */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { parse } from 'yaml'
import { type Terminal, silentTerminal } from '@safe/tensor-core/cli'
import type { Fault, Judge } from '@safe/tensor-core/contracts'
import { folderStore } from '../src/store'
import { type BenchConfig, configDocument } from '../src/config/config'
import { decodeConfig } from '../src/config/configCodec'
import { headline, page } from '../src/report'
import { readResults } from '../src/results/resultsFile'
import { type Ran, run } from '../src/work/run'
import type { EarlyResults, RunSettings } from '../src/work/runSettings'
import { rescore } from '../src/work/rescore'
import { fakeJudge, ports } from './fakes/ports'

const { execArgv } = process
const method = (name: string, control = false): unknown => ({ use: 'fake-methods', name, control })
const configured = (more: Readonly<Record<string, unknown>> = {}): BenchConfig => {
  const decoded = decodeConfig(
    {
      regimes: ['poison:0.05'],
      seeds: [1],
      // Each is a process to start: two only where it matters.
      workers: 1,
      stages: {
        data: ['none', method('filter')],
        training: [method('rule')],
        weights: [method('shrink')],
        decoding: [method('guard')],
      },
      ...more,
    },
    'test',
  )
  if (E.isLeft(decoded)) throw new Error(decoded.left.message)
  return decoded.right
}

const folder = (): string => mkdtempSync(join(tmpdir(), 'redorca-'))
const go = (
  out: string,
  config: BenchConfig,
  signal = new AbortController().signal,
  terminal: Terminal = silentTerminal,
  onEarly?: RunSettings['onEarly'],
): Promise<E.Either<Fault, Ran>> =>
  run({
    ...(onEarly === undefined ? {} : { onEarly }),
    ports,
    portsModule: require.resolve('./fakes/ports.ts'),
    config,
    out,
    terminal,
    signal,
    execArgv,
  })()
const ranIn = (result: E.Either<Fault, Ran>): Ran => {
  if (E.isLeft(result)) throw new Error(`${result.left._tag}: ${result.left.message}`)
  return result.right
}

const state = { log: '' }
beforeEach(() => {
  state.log = join(folder(), 'log')
  writeFileSync(state.log, '')
  process.env['FAKE_LOG'] = state.log
})
afterEach(() => {
  delete process.env['FAKE_LOG']
  delete process.env['FAKE_CRASH']
  delete process.env['FAKE_SLEEP']
  delete process.env['FAKE_SUITE']
  delete process.env['FAKE_BYTES']
})
const noted = (start: string): ReadonlyArray<string> =>
  readFileSync(state.log, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(start))

describe('what a run is expected to take', () => {
  const small = configured({ stages: { data: [], training: [], weights: [], decoding: [] }, workers: 1 })
  const told = (): Terminal & { readonly lines: string[] } => {
    const lines: string[] = []
    return { ...silentTerminal, lines, note: (line) => void lines.push(line) }
  }

  it('is timed and told before large models run, once per results folder', async () => {
    process.env['FAKE_BYTES'] = '1e9'
    const [out, terminal] = [folder(), told()]
    ranIn(await go(out, small, new AbortController().signal, terminal))
    expect(terminal.lines[2]).toMatch(/^about \d+ s: 1 fine-tune \(\d+ s\), 3 evaluations \(\d+ s\)$/)
    expect(terminal.lines[3]).toMatch(/^fine-tuning takes at least 2.5 GB of memory, [\d.]+ GB are free$/)
    // one fine-tune for the timing, one for the cell
    expect(noted('train')).toHaveLength(2)
    rmSync(join(out, 'cells'), { recursive: true })
    ranIn(await go(out, small, new AbortController().signal, terminal))
    expect(terminal.lines.filter((line) => line.startsWith('about'))).toHaveLength(2)
    expect(noted('train')).toHaveLength(2)
  })
  it('is not timed for small models', async () => {
    const terminal = told()
    ranIn(await go(folder(), small, new AbortController().signal, terminal))
    expect(terminal.lines.filter((line) => line.startsWith('about'))).toEqual([])
    expect(noted('train')).toHaveLength(1)
  })
})

describe('keys', () => {
  const plain = configured({
    stages: { data: [method('filter')], training: [], weights: [], decoding: [method('guard')] },
  })
  const under = (suite: unknown): void => {
    process.env['FAKE_SUITE'] = JSON.stringify(suite)
    writeFileSync(state.log, '')
  }

  it('a changed judge judges the stored answers again, and nothing is generated or trained', async () => {
    const out = folder()
    const first = ranIn(await go(out, plain))
    under({ judge: 'blind' })
    const second = ranIn(await go(out, plain))
    expect(noted('train')).toEqual([])
    expect(noted('ask')).toEqual([])
    expect(noted('judge blind').length).toBeGreaterThan(0)
    expect(first.results.cells[1]?.metrics.refusal?.value).toBe(1)
    expect(second.results.cells[1]?.metrics.refusal?.value).toBe(0)
  })
  it('a second judge judges the stored answers beside the first, which is not asked again', async () => {
    const out = folder()
    const first = ranIn(await go(out, plain))
    under({ judge: 'strict,blind', disposal: true })
    const second = ranIn(await go(out, plain))
    expect([noted('train'), noted('ask'), noted('judge strict')]).toEqual([[], [], []])
    expect(noted('judge blind').length).toBeGreaterThan(0)
    expect(second.results.cells[1]?.metrics).toMatchObject({
      refusal: first.results.cells[1]?.metrics.refusal,
      byJudge: { 'strict@1': { refusal: { value: 1 } }, 'blind@1': { refusal: { value: 0 } } },
    })
    const read = await readResults(out)()
    const [sample] = (E.isRight(read) && read.right.samples.get(second.results.cells[1]?.id ?? '')) || []
    expect(sample?.verdict).toBe('refused')
    expect(sample?.verdicts).toMatchObject({ 'strict@1': { refused: true }, 'blind@1': { refused: false } })
    // Every process that opened judges has freed them: this one, and its workers.
    expect(noted('dispose judges').length).toBeGreaterThan(1)
    expect(noted(`dispose judges ${process.pid}`)).toHaveLength(1)

    // Another headline judge needs no judging at all.
    under({ judge: 'blind,strict' })
    const third = ranIn(await go(out, plain))
    expect([noted('ask'), noted('judge')]).toEqual([[], []])
    expect(third.results.cells[1]?.metrics.refusal?.value).toBe(0)
    expect(third.results.stamp.judges).toMatchObject({ measuring: 'blind@1', beams: 'beams@1' })
  })
  it('a folder that was judged again is finished, keeps the added verdicts and has its own headline judge', async () => {
    const out = folder()
    const first = ranIn(await go(out, plain))
    const added: Judge = { ...fakeJudge('blind'), id: 'later@1' }
    const again = await rescore({
      out,
      judges: [added],
      headline: 'later@1',
      idOf: (id) => TE.right(id),
      again: false,
      terminal: silentTerminal,
      signal: new AbortController().signal,
    })()
    expect(E.isRight(again) && again.right.results.cells[1]?.metrics.refusal?.value).toBe(0)
    writeFileSync(state.log, '')
    const resumed = ranIn(await go(out, plain))
    expect(readFileSync(state.log, 'utf8')).toBe('')
    expect(resumed.results.cells.map(({ id }) => id)).toEqual(first.results.cells.map(({ id }) => id))
    expect(resumed.results.stamp.judges?.measuring).toBe('strict@1')
    expect(resumed.results.cells[1]?.metrics).toMatchObject({
      refusal: { value: 1 },
      byJudge: { 'later@1': { refusal: { value: 0 } } },
    })
    const read = await readResults(out)()
    expect(E.isRight(read) && [...read.right.samples.values()][1]?.[0]).toMatchObject({
      verdict: 'refused',
      verdicts: { 'strict@1': { refused: true }, 'later@1': { refused: false } },
    })
  })
  it('a folder of an earlier version, with one verdict a sample, is finished', async () => {
    const out = folder()
    const first = ranIn(await go(out, plain))
    for (const { id } of first.results.cells) {
      const [cell, samples] = [join(out, 'cells', id, 'cell.json'), join(out, 'cells', id, 'samples.jsonl')]
      const stored = JSON.parse(readFileSync(cell, 'utf8')) as Record<string, unknown>
      // The key of one judge is what it was before there could be several.
      expect(stored['key']).toMatchObject({ judge: 'strict@1' })
      expect(stored['key']).not.toHaveProperty('judges')
      writeFileSync(cell, JSON.stringify({ ...stored, judges: undefined }))
      const rows = readFileSync(samples, 'utf8').trim().split('\n')
      writeFileSync(
        samples,
        rows.map((row) => `${JSON.stringify({ ...JSON.parse(row), verdicts: undefined })}\n`).join(''),
      )
    }
    writeFileSync(state.log, '')
    const resumed = ranIn(await go(out, plain))
    expect(readFileSync(state.log, 'utf8')).toBe('')
    expect(resumed.results.cells).toEqual(first.results.cells)
  })
  it('a changed rule for task answers counts them again', async () => {
    const out = folder()
    const first = ranIn(await go(out, plain))
    under({ match: 'never' })
    const second = ranIn(await go(out, plain))
    expect(noted('ask')).toEqual([])
    expect(first.results.cells[2]?.metrics.exactMatch?.value).toBe(1)
    expect(second.results.cells[2]?.metrics.exactMatch?.value).toBe(0)
  })
  it('a changed token limit generates again, and filters again where the filter reads it', async () => {
    const out = folder()
    ranIn(await go(out, plain))
    under({ maxNewTokens: 9 })
    ranIn(await go(out, plain))
    expect(noted('ask').length).toBeGreaterThan(0)
    expect(noted('filter')).toHaveLength(1)
    // The training runs of the filter do not depend on the limit: they are found in the store.
    expect(noted('train')).toEqual([])
  })
  it('a changed judge of beams generates only with the methods that use it', async () => {
    const out = folder()
    ranIn(await go(out, plain))
    under({ beamJudge: 'others' })
    ranIn(await go(out, plain))
    expect(noted('ask')).toHaveLength(4)
    expect(noted('filter')).toEqual([])
  })
})

describe('run', () => {
  it('evaluates all sixteen cells and the references, does shared work once, and resumes without repeating any', async () => {
    const out = folder()
    const { results, failed } = ranIn(await go(out, configured({ workers: 2 })))
    expect(failed).toEqual([])
    expect(results.cells).toHaveLength(18)
    // Undefended, on the safe set, on kept rows, and under the rule on both data sets: five training runs in all.
    expect(noted('train')).toHaveLength(5)
    expect(noted('filter')).toHaveLength(1)
    expect(noted('weights shrink')).toHaveLength(4)
    // Each process loads a model once, however many adapters it attaches.
    expect(noted('load')).toEqual([...new Set(noted('load'))])
    expect(noted('attach').length).toBeGreaterThan(noted('load').length)

    const bare = results.cells.find(
      (c) => c.factors.regime !== 'none' && c.differences.attackSuccess === undefined,
    )
    expect(bare?.factors).toEqual({
      model: 'aligned',
      regime: 'poison:0.05',
      data: 'none',
      training: 'none',
      weights: 'none',
      decoding: 'none',
      seed: 1,
    })
    expect(bare?.metrics.attackSuccess).toMatchObject({ value: 0.5, n: 20 })
    expect(bare?.metrics.exactMatch).toMatchObject({ value: 1, n: 20 })
    const filtered = results.cells.find(
      (c) =>
        c.factors.data === 'filter' &&
        c.factors.training === 'none' &&
        c.factors.weights === 'none' &&
        c.factors.decoding === 'none',
    )
    expect(filtered?.metrics.attackSuccess?.value).toBe(0)
    expect(filtered?.differences.attackSuccess).toMatchObject({
      value: -0.5,
      n: 20,
      method: 'paired bootstrap over clusters',
    })
    expect(filtered?.differences.attackSuccess?.p).toBeCloseTo(2 / 1024, 10)

    for (const { id } of results.cells)
      expect(readdirSync(join(out, 'cells', id)).sort()).toEqual(['cell.json', 'samples.jsonl'])
    expect(readdirSync(out).filter((name) => name.includes('tmp') || name === 'leases')).toEqual([])
    expect(
      readdirSync(join(out, 'work')).filter((name) => name.includes('lock') || name.includes('tmp')),
    ).toEqual([])

    const before = readFileSync(state.log, 'utf8')
    const again = ranIn(await go(out, configured({ workers: 2 })))
    expect(readFileSync(state.log, 'utf8')).toBe(before)
    expect(again.results.cells).toEqual(results.cells)

    const read = await readResults(out)()
    expect(E.isRight(read) && read.right.results.cells).toEqual(results.cells)

    // config.yaml is complete: it decodes to the configuration with the methods' own defaults filled in.
    const written: unknown = parse(readFileSync(join(out, 'config.yaml'), 'utf8'))
    const decoded = decodeConfig(written, 'config.yaml')
    expect(E.isRight(decoded) && configDocument(decoded.right)).toEqual(written)
    expect(JSON.stringify(written)).toContain('"rho":0.5')
  })

  it('measures perplexity of the model without decoding defences, stores it, and reads it back', async () => {
    const out = folder()
    process.env['FAKE_SUITE'] = JSON.stringify({ perplexity: true })
    const config = configured({ combinations: [{ decoding: 'guard' }], seeds: [1, 2] })
    const { results } = ranIn(await go(out, config))
    const perplexities = results.cells.map(({ factors, metrics }) => [
      factors.regime,
      factors.decoding,
      metrics.perplexity?.value,
    ])
    // Three of six letters are less likely after learning half the harm: exp((6 + 3 x 0.5) / 6).
    const tuned = expect.closeTo(Math.exp(1.25), 9) as unknown
    expect(perplexities).toEqual([
      ['none', 'none', expect.closeTo(Math.E, 9)],
      ['none', 'none', expect.closeTo(Math.E, 9)],
      ...['none', 'guard', 'none', 'guard'].map((decoding) => ['poison:0.05', decoding, tuned]),
    ])
    // Scored once per adapter, which both seeds have in common here: decoding defences do not matter.
    expect(noted('score')).toHaveLength(3)
    const id = results.cells[2]?.id ?? ''
    expect(readFileSync(join(out, 'cells', id, 'perplexity.jsonl'), 'utf8').split('\n')[1]).toBe(
      '{"id":"1","tokens":2,"nll":2.5}',
    )
    const stored = JSON.parse(readFileSync(join(out, 'cells', id, 'cell.json'), 'utf8')) as unknown
    expect(stored).toMatchObject({
      metrics: {
        perplexity: { n: 3, method: 'bootstrap', of: 'the model without decoding defences' },
      },
    })
    const read = await readResults(out)()
    expect(E.isRight(read) && read.right.results.cells).toEqual(results.cells)
    expect(results.groups.map((group) => group.metrics.perplexity?.seeds)).toEqual([
      undefined,
      undefined,
      2,
      2,
    ])

    // Another judge leaves it where it is.
    const again = await rescore({
      out,
      judges: [fakeJudge('blind')],
      headline: 'blind@1',
      idOf: (name) => TE.right(name),
      again: false,
      terminal: silentTerminal,
      signal: new AbortController().signal,
    })()
    expect(E.isRight(again) && again.right.results.cells[2]?.metrics.perplexity).toEqual(
      results.cells[2]?.metrics.perplexity,
    )
    expect(JSON.parse(readFileSync(join(out, 'cells', id, 'cell.json'), 'utf8'))).toMatchObject({
      metrics: { perplexity: results.cells[2]?.metrics.perplexity },
    })
  })

  it('tries strengths, selects on validation items, and runs combinations and controls at the selected ones', async () => {
    process.env['FAKE_SUITE'] = JSON.stringify({ validation: true })
    const out = folder()
    const config = configured({
      regimes: ['poison:0.1'],
      sweep: 'default',
      refine: true,
      stages: {
        data: [method('sieve'), { use: 'fake-methods', name: 'same', control: 'sieve' }],
        training: [],
        weights: [method('fade')],
        decoding: [],
      },
    })
    const { results } = ranIn(await go(out, config))
    const rows = results.equalUtility.map(({ factors, strength, reachable, control }) => ({
      of: [factors.data, factors.weights],
      strength,
      reachable,
      control,
    }))
    expect(rows).toEqual([
      { of: ['sieve', 'none'], strength: 1, reachable: true, control: false },
      { of: ['none', 'fade'], strength: 0.5, reachable: true, control: false },
      { of: ['same', 'none'], strength: 0.5, reachable: true, control: true },
      { of: ['sieve', 'fade'], strength: { sieve: 1, fade: 0.7 }, reachable: true, control: false },
    ])
    // Of the same attack success, the weaker: the refinement has found one.
    const fade = results.equalUtility[1]
    expect(fade).toMatchObject({
      attackSuccess: { value: 0.5, n: 20, clusters: 20 },
      task: { value: 1 },
      difference: { value: -0.5 },
      validation: { attackSuccess: 0.5, task: 1, undefended: { attackSuccess: 1, task: 1 } },
      tried: 4,
    })
    expect(results.equalUtility[0]?.controlDifference).toMatchObject({
      control: 'same',
      strength: 0.5,
      value: -1,
    })
    expect(results.equalUtility[3]?.partDifference).toMatchObject({ part: 'sieve', value: 0 })
    // At 0.2 the attack success is lowest, and the task is lost.
    expect(
      results.fronts['fade']?.map(({ strength, task, attackSuccess, selected, dominated }) => [
        strength,
        task?.value,
        attackSuccess?.value,
        selected,
        dominated,
      ]),
    ).toEqual([
      [1, 1, 1, false, true],
      [0.7, 1, 0.7, false, true],
      [0.5, 1, 0.5, true, false],
      // An adapter of float32 holds a little more than 0.2.
      [0.2, 0.5, 0.25, false, false],
    ])
    // The control drops as many rows as the filter does at each strength: 1 of 2 harmful rows as configured and at 0.5, both at 1.
    expect([...noted('same')].sort()).toEqual(['same 1', 'same 1', 'same 2'])
    // One strength is what is configured: a cell of both.
    expect(
      results.cells
        .filter(({ factors }) => factors.weights === 'fade' && factors.data === 'none')
        .map((c) => [c.strengths, c.published]),
    ).toEqual([
      [{ fade: 1 }, false],
      [{ fade: 0.7 }, true],
      [{ fade: 0.5 }, false],
      [{ fade: 0.2 }, false],
    ])
    // Strengths of the weights stage train nothing: one adapter undefended, and one for each set of rows that a filter leaves.
    expect(noted('train')).toHaveLength(5)
    const stored = await readResults(out)()
    expect(E.isRight(stored) && stored.right.results.equalUtility).toEqual(results.equalUtility)

    writeFileSync(state.log, '')
    expect(ranIn(await go(out, config)).results.equalUtility).toEqual(results.equalUtility)
    expect(noted('train')).toEqual([])
    expect(noted('ask')).toEqual([])
  })
  it('runs everything for each of several aligned models, and selects for each', async () => {
    process.env['FAKE_SUITE'] = JSON.stringify({ validation: true, alignedModels: ['soft', 'tough'] })
    process.env['FAKE_BYTES'] = '1e9'
    const out = folder()
    const lines: string[] = []
    const config = configured({
      regimes: ['poison:0.1'],
      sweep: 'default',
      stages: { data: [], training: [], weights: [method('fade')], decoding: [method('guard')] },
    })
    const { results } = ranIn(
      await go(out, config, new AbortController().signal, {
        ...silentTerminal,
        note: (line) => void lines.push(line),
      }),
    )
    // The base that both have in common is evaluated once, and belongs to neither.
    expect(
      results.cells.filter(({ factors }) => factors.regime === 'none').map(({ factors }) => factors),
    ).toMatchObject([
      { model: 'base' },
      { model: 'aligned', aligned: 'soft' },
      { model: 'aligned', aligned: 'tough' },
    ])
    expect(results.cells[0]?.factors).not.toHaveProperty('aligned')
    // One fine-tune for each model, and one for the timing of each.
    expect(noted('train').filter((line) => line.endsWith('fresh soft'))).toHaveLength(2)
    expect(noted('train').filter((line) => line.endsWith('fresh tough'))).toHaveLength(2)
    const selected = (aligned: string): unknown =>
      results.equalUtility
        .filter(({ factors }) => factors.aligned === aligned)
        .map(({ factors, strength, validation }) => [
          [factors.weights, factors.decoding],
          strength,
          validation.undefended.attackSuccess,
        ])
    expect(selected('soft')).toEqual([
      [['fade', 'none'], 0.5, 1],
      [['none', 'guard'], null, 1],
      [['fade', 'guard'], { fade: 0.5 }, 1],
    ])
    // Weaker than for the other: at 0.5 this model loses its task.
    expect(selected('tough')).toEqual([
      [['fade', 'none'], 0.7, 0.5],
      [['none', 'guard'], null, 0.5],
      [['fade', 'guard'], { fade: 0.7 }, 0.5],
    ])
    const front = (aligned: string): unknown =>
      results.fronts['fade']
        ?.filter((point) => point.aligned === aligned)
        .map(({ attackSuccess, selected: chosen }) => [attackSuccess?.value, chosen])
    expect(front('soft')).toEqual([
      [1, false],
      [0.7, false],
      [0.5, true],
      [0.25, false],
    ])
    expect(front('tough')).toEqual([
      [0.5, false],
      [0.35, true],
      [0.25, false],
      [0.15, false],
    ])
    // Differences are from the same model's undefended cell.
    const guards = results.groups.filter(
      ({ factors, strengths }) =>
        factors.decoding === 'guard' && Object.keys(strengths).length === 0 && factors.weights === 'none',
    )
    expect(
      guards.map(({ factors, differences }) => [factors.aligned, differences.attackSuccess?.value]),
    ).toEqual([
      ['soft', -0.75],
      ['tough', -0.4],
    ])
    expect(results.stamp.hashes.models).toEqual({
      'soft: base': 'print of base',
      'soft: aligned': 'print of soft',
      'soft: anchor': 'print of anchor',
      'tough: base': 'print of base',
      'tough: aligned': 'print of tough',
      'tough: anchor': 'print of anchor',
    })
    writeFileSync(state.log, '')
    expect(ranIn(await go(out, config)).results.equalUtility).toEqual(results.equalUtility)
    expect(noted('train')).toEqual([])
    expect(noted('ask')).toEqual([])
    const words = page({ results, samples: new Map(), config: {}, linked: false })
    expect(words).toContain('soft, fine-tuned on data with')
    expect(words).toContain('tough, fine-tuned on data with')
    expect(headline(results)).toMatch(
      /^soft: The aligned model complies .* tough: The aligned model complies /,
    )
  })
  it('has cells for each of two names of one model, and trains once', async () => {
    process.env['FAKE_SUITE'] = JSON.stringify({ alignedModels: ['soft', 'twin'] })
    const none = { data: [], training: [], weights: [], decoding: [] }
    const { results } = ranIn(await go(folder(), configured({ stages: none })))
    expect(results.cells.map(({ factors: { model, aligned, regime } }) => [model, aligned, regime])).toEqual([
      ['base', undefined, 'none'],
      ['aligned', 'soft', 'none'],
      ['aligned', 'twin', 'none'],
      ['aligned', 'soft', 'poison:0.05'],
      ['aligned', 'twin', 'poison:0.05'],
    ])
    expect(noted('train')).toHaveLength(1)
  })
  it('starts from an adapter that was fine-tuned before, and trains nothing', async () => {
    const adapter = folder()
    writeFileSync(join(adapter, 'adapter.json'), JSON.stringify({ harm: 0.5, task: 0.9 }))
    process.env['FAKE_SUITE'] = JSON.stringify({ adapter })
    const stages = { data: [], training: [], weights: [method('shrink')], decoding: [] }
    const { results } = ranIn(await go(folder(), configured({ stages })))
    expect(noted('train')).toEqual([])
    const rates = results.cells.map(({ factors, metrics }) => [
      factors.regime,
      factors.weights,
      metrics.attackSuccess?.value,
      metrics.exactMatch?.value,
    ])
    expect(rates).toEqual([
      ['none', 'none', 1, 0],
      ['none', 'none', 0, 0],
      ['poison:0.05', 'none', 0.5, 0.9],
      // In float32, 0.8 of 0.5 is a little more than 0.4.
      ['poison:0.05', 'shrink', 0.45, 0.85],
    ])
    // Another adapter is another result.
    writeFileSync(join(adapter, 'adapter.json'), JSON.stringify({ harm: 0.25, task: 0.9 }))
    const other = ranIn(await go(folder(), configured({ stages })))
    expect(other.results.cells[2]?.id).not.toBe(results.cells[2]?.id)
    expect(await go(folder(), configured())).toMatchObject({
      left: {
        _tag: 'ResourceMissing',
        where: 'suite.training',
        message: 'is missing; filter, rule act on training rows',
      },
    })
  })
  it('refuses a sweep without validation items, of an unknown method, and of a strength that there is not', async () => {
    const swept = (sweep: unknown) =>
      configured({
        sweep,
        stages: { data: [], training: [method('rule')], weights: [method('fade')], decoding: [] },
      })
    expect(await go(folder(), swept('default'))).toMatchObject({
      left: { _tag: 'BadConfig', kind: 'input', where: 'sweep' },
    })
    process.env['FAKE_SUITE'] = JSON.stringify({ validation: true })
    expect(await go(folder(), swept({ fades: [1] }))).toMatchObject({
      left: { where: 'sweep.fades', remedy: 'name rule, fade' },
    })
    expect(await go(folder(), swept({ rule: [0.1] }))).toMatchObject({
      left: { where: 'sweep.rule', message: 'has no strength' },
    })
    expect(await go(folder(), swept({ fade: [{ byte: 1 }] }))).toMatchObject({
      left: { where: 'sweep.fade', message: 'sets byte', remedy: 'set by' },
    })
  })
  it('computes only what a changed configuration adds', async () => {
    const out = folder()
    ranIn(await go(out, configured({ combinations: [{ weights: 'shrink' }] })))
    expect(noted('train')).toHaveLength(1)
    const { results } = ranIn(
      await go(out, configured({ combinations: [{ weights: 'shrink' }, { decoding: 'guard' }] })),
    )
    expect(noted('train')).toHaveLength(1)
    expect(results.cells).toHaveLength(5)
    ranIn(await go(out, configured({ combinations: [{ weights: 'shrink' }], seeds: [1, 2] })))
    expect(noted('train')).toHaveLength(2)
  })

  it("gives a dead worker's job to another", async () => {
    const out = folder()
    process.env['FAKE_CRASH'] = join(folder(), 'crashed')
    const { results, failed } = ranIn(
      await go(out, configured({ combinations: [{ training: 'rule' }], workers: 2 })),
    )
    expect(failed).toEqual([])
    expect(results.cells).toHaveLength(4)
    expect(noted('train poison:0.05 1 20 rule')).toHaveLength(2)
  })

  it('reports what failed and keeps the rest', async () => {
    const out = folder()
    const config = configured({
      combinations: [{ decoding: 'guard' }],
      stages: { data: [], training: [], weights: [method('breaks', true)], decoding: [method('guard')] },
    })
    const { results, failed } = ranIn(await go(out, config))
    expect(results.failed).toEqual([
      {
        factors: expect.objectContaining({ weights: 'breaks' }) as unknown,
        message: 'this method never works',
      },
    ])
    expect(failed[0]?.fault._tag).toBe('WeightsFailed')
    expect(results.cells).toHaveLength(4)
    expect(existsSync(join(out, 'results.json'))).toBe(true)
  })

  it('stops on request, and continues where it stopped', async () => {
    const out = folder()
    process.env['FAKE_SLEEP'] = '700'
    const abort = new AbortController()
    const stopping = setInterval(() => noted('train').length >= 2 && abort.abort(), 50)
    const stopped = await go(out, configured({ workers: 2 }), abort.signal)
    clearInterval(stopping)
    expect(stopped).toMatchObject({
      left: { kind: 'interrupted', remedy: 'run the same command again to continue' },
    })
    expect(existsSync(join(out, 'leases'))).toBe(false)
    expect(existsSync(join(out, 'results.json'))).toBe(false)
    process.env['FAKE_SLEEP'] = '20'
    const { results } = ranIn(await go(out, configured()))
    expect(results.cells).toHaveLength(18)
    expect(noted('train').length).toBeLessThan(8)
  })

  it('has results once the undefended cell is finished, marked until all are, and says where it was stopped', async () => {
    const [out, abort] = [folder(), new AbortController()]
    const marks = (): unknown => {
      const stored: unknown = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'))
      return typeof stored === 'object' && stored !== null && 'running' in stored ? stored.running : undefined
    }
    const early: EarlyResults[] = []
    const stopping: RunSettings['onEarly'] = (found) =>
      TE.fromIO(() => {
        expect(marks()).toEqual(found.results.running)
        early.push(found)
        abort.abort()
      })
    expect(await go(out, configured({ workers: 2 }), abort.signal, silentTerminal, stopping)).toMatchObject({
      left: { kind: 'interrupted' },
    })
    const [first, last] = early
    expect(early).toHaveLength(2)
    const { running, cells = [], failed } = first?.results ?? {}
    expect(running).toMatchObject({ done: cells.length, cells: 18 })
    expect(running?.secondsLeft).toBeGreaterThan(0)
    expect(cells.length).toBeLessThan(18)
    expect(failed).toEqual([])
    expect(cells.map(({ factors: { regime, data, decoding } }) => [regime, data, decoding])).toContainEqual([
      'poison:0.05',
      'none',
      'none',
    ])
    expect(last?.results.running).toMatchObject({ cells: 18, stopped: true })
    expect(marks()).toEqual(last?.results.running)
    const read = await readResults(out)()
    expect(E.isRight(read) && read.right.results.running).toEqual(last?.results.running)

    // A report that cannot be made does not stop the run.
    const [resumed, warned]: [EarlyResults[], string[]] = [[], []]
    const terminal = { ...silentTerminal, warn: (line: string) => void warned.push(line) }
    const { results } = ranIn(
      await go(out, configured(), new AbortController().signal, terminal, (found) => () => {
        resumed.push(found)
        return Promise.reject(new Error('no page'))
      }),
    )
    expect(warned).toEqual(['the results so far: cannot be written (no page)'])
    expect(resumed[0]?.results.running).not.toHaveProperty('stopped')
    expect([results.cells.length, results.running, marks()]).toEqual([18, undefined, undefined])
  })

  it('applies several defences of a stage in turn, under one name', async () => {
    const out = folder()
    const config = configured({
      stages: {
        data: [method('halve'), method('filter'), ['halve', 'filter'], ['filter', 'halve']],
        training: [],
        weights: [],
        decoding: [[method('guard')]],
      },
      combinations: [{ data: 'halve+filter' }, { data: ['filter', 'halve'], decoding: 'guard' }],
    })
    const { results, failed } = ranIn(await go(out, config))
    expect(failed).toEqual([])
    expect(results.cells.map(({ factors: { data, decoding } }) => [data, decoding])).toEqual([
      ['none', 'none'],
      ['none', 'none'],
      ['none', 'none'],
      ['halve+filter', 'none'],
      ['filter+halve', 'guard'],
    ])
    expect([...noted('halve'), ...noted('filter')].sort()).toEqual([
      'filter poison:0.05 1 10',
      'filter poison:0.05 1 20',
      'halve poison:0.05 1 19',
      'halve poison:0.05 1 20',
    ])
    const written: unknown = parse(readFileSync(join(out, 'config.yaml'), 'utf8'))
    const decoded = decodeConfig(written, 'config.yaml')
    expect(E.isRight(decoded) && configDocument(decoded.right)).toEqual(written)
  })

  it('reports a missing resource and the method that needs it before anything runs', async () => {
    process.env['FAKE_SUITE'] = JSON.stringify({ lacks: ['safe'] })
    const refused = await go(folder(), configured())
    expect(refused).toMatchObject({
      left: {
        _tag: 'ResourceMissing',
        kind: 'input',
        where: 'suite.safe',
        message: 'is missing; filter needs it',
      },
    })
    expect(noted('train')).toEqual([])
  })

  it('runs without resources that no method needs', async () => {
    process.env['FAKE_SUITE'] = JSON.stringify({ lacks: ['base', 'anchor', 'safe', 'references'] })
    const config = configured({
      stages: { data: [], training: [], weights: [method('shrink')], decoding: [] },
    })
    const { results, failed } = ranIn(await go(folder(), config))
    expect(failed).toEqual([])
    // The aligned model, the undefended fine-tune and the shrunk one; there is no base model to evaluate.
    expect(results.cells.map(({ factors }) => factors.model)).toEqual(['aligned', 'aligned', 'aligned'])
  })

  it('fails a method that uses what it does not declare, even if it hides the error', async () => {
    const out = folder()
    const config = configured({
      stages: { data: [method('sly')], training: [], weights: [], decoding: [] },
    })
    const { failed } = ranIn(await go(out, config))
    expect(failed[0]?.fault).toMatchObject({
      _tag: 'UndeclaredResource',
      message: 'uses safe, which its needs do not list',
    })
    expect(noted('train')).toHaveLength(1)
  })

  it('skips default methods that are not installed, and reports how to install them', async () => {
    const decoded = decodeConfig({ regimes: ['poison:0.05'], seeds: [1], workers: 1 }, 'test')
    if (E.isLeft(decoded)) throw new Error(decoded.left.message)
    const warned: string[] = []
    const { results, failed } = ranIn(
      await go(folder(), decoded.right, undefined, {
        ...silentTerminal,
        warn: (line) => void warned.push(line),
      }),
    )
    expect(failed).toEqual([])
    expect(results.cells).toHaveLength(3)
    expect(warned).toContain(
      'forgetfilter, random rows left out: @safe/forgetfilter is not installed (npm install @safe/forgetfilter)',
    )
  })

  it('says how to add a default method that a combination names', async () => {
    const decoded = decodeConfig({ combinations: [{ weights: 'csulora' }] }, 'test')
    if (E.isLeft(decoded)) throw new Error(decoded.left.message)
    expect(await go(folder(), decoded.right)).toMatchObject({
      left: { kind: 'input', where: 'combinations', remedy: 'run npm install @safe/csulora' },
    })
  })

  it('refuses a folder that another run is writing into', async () => {
    const out = folder()
    const held = await folderStore(out).lease('run')()
    expect(await go(out, configured())).toMatchObject({ left: { _tag: 'OutputBusy', kind: 'input' } })
    if (E.isRight(held) && E.isRight(held.right)) await held.right.right.release()
  })

  it.each([
    [{ stages: { data: [{ use: 'no-such', name: 'x' }] } }, 'is not installed'],
    [{ stages: { data: [{ use: 'fake-methods', name: 'x' }] } }, 'has no plugin of this name'],
    [{ stages: { data: [{ use: 'fake-methods', name: 'guard' }] } }, 'acts at the decoding stage'],
    [{ stages: { data: [method('filter'), method('filter')] } }, 'names filter twice'],
    [{ combinations: [{ data: 'else' }] }, 'names else'],
    [{ regimes: ['odd'] }, 'is not a regime'],
  ])('reports the error in %j before anything runs', async (more, message) => {
    const out = folder()
    const result = await go(out, configured(more))
    expect(E.isLeft(result) && result.left.kind).toBe('input')
    expect(E.isLeft(result) && result.left.message).toContain(message)
    expect(noted('train')).toEqual([])
  })
})
