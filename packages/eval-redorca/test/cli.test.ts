/** The command line as a user sees it: its output, and its errors for bad input. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runBinary } from '@safe/tensor-core/cli'
import { folderStore } from '../src/store'
import { binary } from '../src/cli/binary'
import { judgedFolder, storedSamples } from './fakes/judgedFolder'

const run = async (
  ...argv: string[]
): Promise<{ code: number; out: string; err: string; json: () => unknown }> => {
  const printed = { out: '', err: '' }
  const code = await runBinary(binary, argv, {
    stdout: (s) => (printed.out += s),
    stderr: (s) => (printed.err += s),
  })
  return { code, ...printed, json: (): unknown => JSON.parse(printed.out) }
}
const folder = (): string => mkdtempSync(join(tmpdir(), 'redorca-cli-'))
const file = (name: string, ...rows: unknown[]): string => {
  const path = join(folder(), name)
  writeFileSync(path, rows.map((r) => (typeof r === 'string' ? r : JSON.stringify(r))).join('\n'))
  return path
}

describe('stats', () => {
  it('prints a Wilson interval', async () => {
    expect((await run('stats', 'wilson', '3', '10', '--json')).json()).toEqual({
      value: 0.3,
      n: 10,
      low: expect.closeTo(0.10779, 5) as unknown,
      high: expect.closeTo(0.60322, 5) as unknown,
    })
  })
  it('prints kappa of rows, and Holm in the order given', async () => {
    const rows = file('k.jsonl', { a: 1, b: 1 }, { a: 0, b: 0 }, { a: 1, b: 0 }, { a: 0, b: 0 })
    expect((await run('stats', 'kappa', rows, '--json')).json()).toMatchObject({ n: 4, kappa: 0.5 })
    expect((await run('stats', 'holm', '0.04', '0.01', '--json')).json()).toEqual({ adjusted: [0.04, 0.02] })
  })
})

describe('judges', () => {
  it('are listed with version and needs', async () => {
    const { judges } = (await run('judges', '--json')).json() as {
      judges: { name: string; version: string; needs: unknown[] }[]
    }
    expect(judges[0]).toMatchObject({ name: 'refusal', version: '1', needs: [] })
    expect(judges.map((j) => `${j.name}@${j.version}`)).toEqual([
      'refusal@1',
      'refusal-gcg@2',
      'refusal-alignbeam@1',
      'refusal-openings@1',
      'qwen3guard@1',
      'llama-guard@1',
      'wildguard@1',
      'harmbench@1',
      'strongreject@1',
      'rubric@1',
      'pairwise@1',
    ])
    expect(judges.at(-1)?.needs).toEqual(['a model'])
    expect(judges.find((j) => j.name === 'qwen3guard')).toMatchObject({
      families: ['qwen3'],
      options: { mode: { values: ['strict', 'loose'], default: 'strict' }, adapter: {} },
    })
    expect((await run('judges')).out).toContain('strongreject@1:MODEL  ')
  })
  it('judges JSONL and CSV, curly quotes and other field names', async () => {
    const out = join(folder(), 'v.jsonl')
    const data = file(
      'c.csv',
      'id,q,answer',
      'x,how,"I’m sorry, but I can’t help with that."',
      'y,how,"Sure, take the tongs."',
    )
    const { code } = await run(
      'judge',
      '--judge',
      'refusal',
      '--data',
      data,
      '--out',
      out,
      '--prompt-field',
      'q',
      '--completion-field',
      'answer',
    )
    expect(code).toBe(0)
    const rows = readFileSync(out, 'utf8')
      .trim()
      .split('\n')
      .map((l) => JSON.parse(l) as unknown)
    expect(rows).toEqual([
      {
        id: 'x',
        verdict: { refused: true, harmful: false, degenerate: false, truncated: null },
        pHarmful: null,
        score: 1,
        raw: expect.any(String) as unknown,
      },
      {
        id: 'y',
        verdict: { refused: false, harmful: null, degenerate: false, truncated: null },
        pHarmful: null,
        score: 5,
        raw: '',
      },
    ])
  })
  it('refuses a judge that is unknown or that needs a model', async () => {
    const data = file('u.jsonl', { completion: 'so' })
    const judged = (judge: string) =>
      run('judge', '--judge', judge, '--data', data, '--out', join(folder(), 'v.jsonl'))
    expect(await judged('else')).toMatchObject({
      code: 2,
      err: 'redorca: --judge: there is no judge else; give one of refusal, refusal-gcg, refusal-alignbeam, refusal-openings, qwen3guard, llama-guard, wildguard, harmbench, strongreject, rubric, pairwise\n',
    })
    const needy = await judged('llama-guard')
    expect(needy.code).toBe(2)
    expect(needy.err).toContain('--judge: the judge llama-guard needs a model; give llama-guard:FOLDER')
  })
  it('judges by several judges side by side, with counts of each', async () => {
    const out = join(folder(), 'v.jsonl')
    const data = file(
      'c.jsonl',
      { id: 'x', prompt: 'how', completion: 'I am sorry, but no. illegal', finishReason: 'stop' },
      { id: 'y', prompt: 'how', completion: 'Sure, that is illegal', finishReason: 'length' },
    )
    const args = [
      'judge',
      '--judge',
      'refusal',
      '--judge',
      'refusal-alignbeam',
      '--data',
      data,
      '--out',
      out,
      '--json',
    ]
    expect((await run(...args)).json()).toEqual({
      rows: 2,
      judges: {
        'refusal@1': { refused: 1, harmful: 0, unparseable: 0, truncated: 1 },
        'refusal-alignbeam@1': { refused: 2, harmful: 0, unparseable: 0, truncated: 1 },
      },
      out,
    })
    const rows = readFileSync(out, 'utf8')
      .trim()
      .split('\n')
      .map((l) => JSON.parse(l) as unknown)
    expect(rows[1]).toEqual({
      id: 'y',
      judges: {
        'refusal@1': {
          verdict: { refused: false, harmful: null, degenerate: false, truncated: true },
          pHarmful: null,
          score: 5,
          raw: '',
        },
        'refusal-alignbeam@1': {
          verdict: { refused: true, harmful: false, degenerate: false, truncated: true },
          pHarmful: null,
          score: 1,
          raw: 'illegal',
        },
      },
    })
    expect(await run(...args)).toMatchObject({
      code: 2,
      out: expect.stringContaining('exists already') as unknown,
    })
    expect((await run(...args, '--overwrite')).code).toBe(0)
    expect(
      (
        await run('judge', '--judge', 'refusal', '--data', data, '--out', out, '--overwrite', '--json')
      ).json(),
    ).toEqual({
      judge: 'refusal@1',
      refused: 1,
      harmful: 0,
      unparseable: 0,
      truncated: 1,
      rows: 2,
      judges: { 'refusal@1': { refused: 1, harmful: 0, unparseable: 0, truncated: 1 } },
      out,
    })
  })
  it('judges by a judge of one’s own', async () => {
    const module = join(folder(), 'mine.cjs')
    writeFileSync(
      module,
      `exports.judges = [{ specificationVersion: 2, name: 'short', create: ({ words }) => ({
        specificationVersion: 2, id: 'short@1', axes: ['harmful'],
        judge: (items) => async () => ({ _tag: 'Right', right: items.map(({ id, completion }) => ({
          id, verdict: { refused: null, harmful: completion.split(' ').length > words, degenerate: null, truncated: null },
          pHarmful: null, score: null, raw: '' })) }) }) }]`,
    )
    const out = join(folder(), 'v.jsonl')
    const data = file('c.jsonl', { completion: 'a b c' }, { completion: 'a' })
    const own = `{ use: ${module}, name: short, options: { words: 2 } }`
    const { json } = await run('judge', '--judge', own, '--data', data, '--out', out, '--json')
    expect(json()).toMatchObject({
      judge: expect.stringMatching(/^short@1\([0-9a-f]{16}\)$/) as unknown,
      harmful: 1,
    })
    const none = await run(
      'judge',
      '--judge',
      `{ use: ${module}, name: long }`,
      '--data',
      data,
      '--out',
      out,
      '--overwrite',
    )
    expect(none).toMatchObject({
      code: 2,
      err: `redorca: --judge: ${module} (long): has no judge of this name; use short\n`,
    })
  })
  it('validates against labels', async () => {
    const data = file(
      'l.jsonl',
      { completion: 'I cannot assist with that.', label: 'refusal' },
      { completion: 'Sure.', label: 'compliance' },
      { completion: 'I cannot provide that, sorry.', label: 'refusal' },
      { completion: 'It is on the hill.', label: 'refusal' },
    )
    const args = [
      'validate',
      '--judge',
      'refusal',
      '--data',
      data,
      '--label-field',
      'label',
      '--label-map',
      'refusal=1,compliance=0',
      '--json',
    ]
    expect((await run(...args)).json()).toMatchObject({
      n: 4,
      accuracy: 0.75,
      kappa: 0.5,
      confusion: { 0: { 0: 1, 1: 0 }, 1: { 0: 1, 1: 2 } },
      unparseable: 0,
      kappaInterval: { low: expect.any(Number) as unknown, high: expect.any(Number) as unknown },
      alpha: expect.any(Number) as unknown,
    })
    expect((await run(...args, '--estimate')).json()).toMatchObject({
      estimate: { value: expect.closeTo(0.75, 10) as unknown, observed: 0.5 },
    })
  })
})

describe('compare', () => {
  const a = (): string =>
    file('a.jsonl', ...Array.from({ length: 12 }, (_, i) => ({ id: i, ok: i < 9, s: i, g: i % 3 })))
  const b = (): string =>
    file(
      'b.jsonl',
      ...Array.from({ length: 12 }, (_, i) => ({ id: 11 - i, ok: 11 - i < 3, s: 11 - i - 0.5, g: 0 })),
    )
  it('matches rows by id', async () => {
    expect((await run('compare', '--a', a(), '--b', b(), '--field', 'ok', '--json')).json()).toMatchObject({
      n: 12,
      difference: 0.5,
      low: expect.any(Number) as unknown,
      high: expect.any(Number) as unknown,
      mcnemar: { p: expect.closeTo(2 / 64, 10) as unknown, method: 'exact' },
    })
    const graded = (await run('compare', '--a', a(), '--b', b(), '--field', 's', '--json')).json()
    expect(graded).toMatchObject({ difference: 0.5, low: 0.5, high: 0.5 })
    expect(graded).not.toHaveProperty('mcnemar')
  })
  it('adjusts for several fields and resamples clusters', async () => {
    const two = (
      await run('compare', '--a', a(), '--b', b(), '--field', 'ok,ok', '--cluster', 'g', '--json')
    ).json() as { fields: { method: string }[]; holm: { adjusted: number[] } }
    expect(two.fields[0]?.method).toBe('paired bootstrap of clusters')
    expect(two.holm.adjusted).toEqual([expect.closeTo(0.0625, 10), expect.closeTo(0.0625, 10)])
  })
})

describe('bench', () => {
  it('shows a configuration that decodes to itself', async () => {
    const shown = await run('quickstart', '--print-config')
    expect(shown.code).toBe(0)
    const path = join(folder(), 'config.yaml')
    writeFileSync(path, shown.out)
    const again = await run('bench', '--config', path, '--print-config')
    expect(again.err).toBe('')
    expect(again.out).toBe(shown.out)
    expect((await run('bench', '--config', path, '--print-config', '--json')).json()).toMatchObject({
      suite: 'arena',
      regimes: ['poison:0.05'],
      seeds: [42],
      combinations: 'all',
    })
  })
  it('gives the command line precedence over the file', async () => {
    const path = file('c.yaml', 'suite: arena', 'regimes: [benign]', 'seeds: [1, 2]')
    const { json } = await run(
      'bench',
      '--config',
      path,
      '--regimes',
      'poison:0.01,pure-bad',
      '--print-config',
      '--json',
    )
    expect(json()).toMatchObject({ regimes: ['poison:0.01', 'pure-bad'], seeds: [1, 2] })
  })
})

describe('rescore', () => {
  it('judges stored answers again, says how often each judge said what, and writes the report', async () => {
    const out = judgedFolder()
    const { code, json } = await run(
      'rescore',
      '--results',
      out,
      '--judge',
      'refusal',
      '--judge',
      'refusal-gcg',
      '--json',
    )
    expect(code).toBe(0)
    expect(json()).toEqual({
      results: out,
      headline: 'old@1',
      cells: 2,
      rows: 32,
      judges: {
        'refusal@1': { judged: 32, refused: 8, harmful: 0, unparseable: 0, truncated: 0 },
        'refusal-gcg@2': { judged: 32, refused: 8, harmful: 0, unparseable: 0, truncated: 0 },
      },
      report: join(out, 'report.html'),
    })
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('By judge')
    expect(readFileSync(join(out, 'report.md'), 'utf8')).toContain('### By judge')
    expect(Object.keys(storedSamples(out, 'c1')[0]?.verdicts ?? {})).toEqual([
      'old@1',
      'refusal@1',
      'refusal-gcg@2',
    ])
    // The report alone is written again from the same verdicts.
    const before = readFileSync(join(out, 'results.json'), 'utf8')
    expect((await run('report', '--results', out)).code).toBe(0)
    expect(readFileSync(join(out, 'results.json'), 'utf8')).toBe(before)
  })
  it('takes the headline by id or as the judge was named', async () => {
    const out = judgedFolder()
    const headed = async (headline: string): Promise<unknown> => {
      const { json } = await run(
        'rescore',
        '--results',
        out,
        '--judge',
        'refusal',
        '--headline',
        headline,
        '--json',
      )
      return json()
    }
    expect(await headed('refusal')).toMatchObject({
      headline: 'refusal@1',
      judges: { 'refusal@1': { judged: 32 } },
    })
    expect(await headed('old@1')).toMatchObject({ headline: 'old@1', judges: { 'refusal@1': { judged: 0 } } })
    expect(await headed('refusal@1')).toMatchObject({ headline: 'refusal@1' })
    expect(await headed('refusal-gcg')).toMatchObject({
      error: {
        message: expect.stringContaining('names refusal-gcg, which has not judged every cell') as unknown,
      },
    })
  })
  it('refuses a folder that a run is writing into', async () => {
    const out = judgedFolder()
    await folderStore(out).lease('run')()
    const { code, err } = await run('rescore', '--results', out, '--judge', 'refusal')
    expect([code, err]).toEqual([2, expect.stringContaining('another run is writing there')])
    expect(storedSamples(out, 'c0')[0]).not.toHaveProperty('verdicts')
  })
})

describe('bad input', () => {
  const empty = (): string => file('e.jsonl', '')
  const two = (): string => file('t.jsonl', { id: 1, s: 1 }, { id: 2, s: 'x' })
  it.each<[string, () => string[], string]>([
    ['no command', () => [], 'a command is missing'],
    ['an impossible count', () => ['stats', 'wilson', '11', '10'], 'K and N must be whole numbers'],
    ['a word for a number', () => ['stats', 'holm', 'x'], 'must be a number'],
    ['a p-value above 1', () => ['stats', 'holm', '1.5'], 'from 0 to 1'],
    ['a missing file', () => ['stats', 'kappa', '/none.jsonl'], '/none.jsonl'],
    ['an empty file', () => ['stats', 'kappa', empty()], 'e.jsonl'],
    [
      'a field of the wrong kind',
      () => ['compare', '--a', two(), '--b', two(), '--field', 's'],
      't.jsonl:2: field s must be a number',
    ],
    [
      'an id in one file only',
      () => ['compare', '--a', two(), '--b', file('o.jsonl', { id: 1, s: 1 }), '--field', 's'],
      'is in one file only',
    ],
    [
      'an unknown judge',
      () => ['judge', '--judge', 'oracle', '--data', two(), '--out', '/tmp/never'],
      'there is no judge oracle',
    ],
    [
      'no completion',
      () => ['judge', '--judge', 'refusal', '--data', two(), '--out', '/tmp/never'],
      't.jsonl:1: field completion is missing',
    ],
    [
      'an unknown label',
      () => [
        'validate',
        '--judge',
        'refusal',
        '--data',
        file('v.jsonl', { completion: 'x', l: 'q' }),
        '--label-field',
        'l',
      ],
      'label q is not known',
    ],
    ['no configuration', () => ['bench'], '--config is required'],
    ['a misspelt key', () => ['bench', '--config', file('c.yaml', 'regime: [benign]')], 'regime'],
    ['a misspelt part', () => ['bench', '--config', file('c.yaml', 'recipe: {rang: 3}')], 'rang'],
    [
      'an impossible recipe',
      () => ['bench', '--config', file('c.yaml', 'recipe: {lr: -1}')],
      'recipe.lr must be a number, above 0, but is -1',
    ],
    [
      'an unknown regime',
      () => ['bench', '--config', file('c.yaml', 'regimes: [odd]'), '--print-config'],
      'odd',
    ],
    [
      'a method that is not installed',
      () => [
        'bench',
        '--config',
        file('c.yaml', 'stages: {data: [{use: no-such-method, name: x}]}'),
        '--print-config',
      ],
      'npm install no-such-method',
    ],
    [
      'a model folder that is missing',
      () => [
        'bench',
        '--config',
        file(
          'c.yaml',
          JSON.stringify({
            suite: {
              models: { base: '/none', aligned: '/none', anchor: '/none' },
              training: { regimes: { benign: two() } },
              safe: two(),
              references: two(),
              evaluation: { harmful: two() },
            },
            regimes: ['benign'],
          }),
        ),
        '--print-config',
      ],
      '.jsonl',
    ],
    ['a folder without results', () => ['report', '--results', folder()], 'contains no results.json'],
    [
      'a folder without results to be judged',
      () => ['rescore', '--results', folder(), '--judge', 'refusal'],
      'contains no results.json',
    ],
    [
      'a judge that is given twice',
      () => ['judge', '--judge', 'refusal', '--judge', 'refusal@1', '--data', two(), '--out', '/tmp/never'],
      '--judge: names refusal@1 twice',
    ],
    [
      'a judge without a model where the colon is',
      () => ['judge', '--judge', 'refusal:', '--data', two(), '--out', '/tmp/never'],
      'names no model after the colon',
    ],
    [
      'a headline judge that does not measure',
      () => [
        'bench',
        '--config',
        file(
          'c.yaml',
          JSON.stringify({
            suite: {
              models: { aligned: '/none' },
              training: { regimes: { benign: file('b.jsonl', { prompt: 'p', response: 'r' }) } },
              evaluation: { harmful: file('h.jsonl', { prompt: 'q', response: 'r' }) },
              headline: 'else@1',
            },
            stages: { data: [], training: [], weights: [], decoding: [] },
            regimes: ['benign'],
          }),
        ),
        '--print-config',
      ],
      'suite.headline: names else@1, which does not measure; give one of refusal@1',
    ],
  ])('refuses %s with one line and exit 2', async (_, argv, message) => {
    const { code, err, out } = await run(...argv())
    expect(err).toContain(message)
    expect(err.trim().split('\n')).toHaveLength(1)
    expect(out).toBe('')
    expect(code).toBe(2)
  })

  it('refuses a folder that is not a results folder, even with --overwrite', async () => {
    const out = folder()
    mkdirSync(join(out, 'photos'))
    const { code, err } = await run('quickstart', '--out', out, '--overwrite')
    expect(code).toBe(2)
    expect(err).toContain('is not a results folder')
    expect(readdirSync(out)).toEqual(['photos'])
  })

  it('refuses a results folder of another configuration, and says what differs and how to go on', async () => {
    const out = folder()
    const shown = await run('bench', '--config', file('c.yaml', 'suite: arena'), '--print-config')
    writeFileSync(join(out, 'config.yaml'), shown.out)
    const config = file('c.yaml', 'suite: arena', 'recipe: { epochs: 7 }')
    const { code, err } = await run('bench', '--config', config, '--out', out)
    expect(code).toBe(2)
    expect(err).toMatch(
      /another configuration \(recipe\.epochs: \d+ there, 7 here\); add --resume .* --overwrite /,
    )
    expect(err.trim().split('\n')).toHaveLength(1)
    expect(readFileSync(join(out, 'config.yaml'), 'utf8')).toBe(shown.out)
  })

  it('prints the error as JSON too', async () => {
    expect((await run('stats', 'wilson', '11', '10', '--json')).json()).toMatchObject({
      error: { tag: 'BadOption' },
    })
  })
})

describe('arena', () => {
  it('writes files that a benchmark of user files reads', async () => {
    const out = join(folder(), 'arena')
    expect((await run('arena', '--out', out)).code).toBe(0)
    expect(readdirSync(out).sort()).toEqual([
      'bench.yaml',
      'benign-validation.jsonl',
      'benign.jsonl',
      'harmful-validation.jsonl',
      'harmful.jsonl',
      'known-harm.jsonl',
      'lookalike-validation.jsonl',
      'lookalike.jsonl',
      'models',
      'noisy.jsonl',
      'references.jsonl',
      'safe.jsonl',
      'task-validation.jsonl',
      'task.jsonl',
    ])
    const shown = await run('bench', '--config', join(out, 'bench.yaml'), '--print-config', '--json')
    expect(shown.json()).toMatchObject({
      suite: { name: 'files', judge: 'refusal' },
      regimes: ['noisy'],
      recipe: { rank: 8 },
    })
    expect((await run('arena', '--out', out)).code).toBe(2)
  })
  it('refuses an unknown storage type', async () => {
    const { code, err } = await run('quickstart', '--dtype', 'float16', '--print-config')
    expect(code).toBe(2)
    expect(err).toContain('dtype must be one of float32, bfloat16')
  })
})
