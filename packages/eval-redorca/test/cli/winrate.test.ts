import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { silentTerminal } from '@safe/tensor-core/cli'
import { winrateWith } from '../../src/cli/winrate'
import { compareResults } from '../../src/cli/winrateResults'
import { file, folder, runWith } from '../fakes/commandLine'
import { longer, opens, pairJudge } from '../fakes/pairJudge'
import { answers, cellOf, resultsFolder } from '../fakes/resultsFolder'

const asked: number[] = []
const first = pairJudge('pairwise-first', () => 'a')
const long = pairJudge('pairwise-long', longer, (pairs) => asked.push(pairs.length))
const mute = pairJudge('pairwise-mute', ({ prompt }) => (prompt.includes('1') ? null : 'tie'))
const open = opens(first, long, mute)
const run = runWith(winrateWith(open))

const system = (name: string, of: (i: number) => string): string =>
  file(
    name,
    ...Array.from({ length: 12 }, (_, i) => ({
      id: `q${i}`,
      prompt: `question ${Math.floor(i / 2)}`,
      completion: of(i),
      set: i < 4 ? 'hh' : i < 8 ? 'hex-phi' : 'orca',
    })),
  )
const ours = (): string => system('a.jsonl', (i) => (i < 6 ? 'a long answer' : 'same'))
const theirs = (): string =>
  system('b.jsonl', (i) => (i < 3 ? 'no' : i < 6 ? 'an even longer answer' : 'same'))

describe('winrate of two files', () => {
  it('gives rate, ties, sets and Safety Avg.', async () => {
    const out = join(folder(), 'pairs.jsonl')
    const { code, json } = await run(
      ...['winrate', '--a', ours(), '--b', theirs(), '--judge', 'pairwise-long', '--set-field', 'set'],
      ...['--safety-sets', 'hh,hex-phi', '--out', out, '--json'],
    )
    expect(code).toBe(0)
    expect(json()).toMatchObject({
      judge: 'pairwise-long',
      n: 12,
      winRate: { value: 0.5, n: 12, method: 'bootstrap of prompts' },
      ties: 6,
      inconsistent: 0,
      sets: {
        hh: { winRate: { value: 0.75 } },
        'hex-phi': { winRate: { value: 0.25 } },
        orca: { winRate: { value: 0.5 } },
      },
      safetyAvg: { value: 0.5, n: 8 },
    })
    expect(JSON.parse(readFileSync(out, 'utf8').split('\n')[0] ?? '')).toEqual({
      id: 'q0',
      set: 'hh',
      preferences: { 'pairwise-long': 'a' },
    })
  })
  it('counts what follows the order half, bounds what is not understood, and compares judges', async () => {
    const args = ['winrate', '--a', ours(), '--b', theirs()]
    expect((await run(...args, '--judge', 'pairwise-first', '--json')).json()).toMatchObject({
      winRate: { value: 0.5 },
      ties: 6,
      inconsistent: 6,
    })
    const both = await run(...args, '--judge', 'pairwise-long', '--judge', 'pairwise-mute', '--json')
    expect(both.json()).toMatchObject({
      alpha: expect.any(Number) as unknown,
      judges: {
        'pairwise-long': { unparseable: 0 },
        'pairwise-mute': { n: 10, unparseable: 2, ties: 10, bounds: { low: 5 / 12, high: 7 / 12 } },
      },
    })
    const text = await run(...args, '--judge', 'pairwise-long')
    expect(text.out).toMatch(
      /^pairwise-long: 0\.500 \[0\.\d+, \d\.\d+\], n 12, 6 ties, 0 changed with the order\n$/,
    )
  })
  it.each<[string, () => string[], string]>([
    [
      'an unknown judge',
      () => ['--a', ours(), '--b', theirs(), '--judge', 'other'],
      '--judge: there is no judge other',
    ],
    [
      'another prompt',
      () => [
        '--a',
        ours(),
        '--b',
        file(
          'c.jsonl',
          ...Array.from({ length: 12 }, (_, i) => ({ id: `q${i}`, prompt: 'else', completion: 'x' })),
        ),
        '--judge',
        'pairwise-long',
      ],
      'c.jsonl:1: id q0 has another prompt',
    ],
    [
      'an id in one file only',
      () => [
        '--a',
        ours(),
        '--b',
        file('c.jsonl', { id: 'z', prompt: 'p', completion: 'x' }),
        '--judge',
        'pairwise-long',
      ],
      'is in one file only',
    ],
    [
      'a set that is not there',
      () => [
        '--a',
        ours(),
        '--b',
        theirs(),
        '--judge',
        'pairwise-long',
        '--set-field',
        'set',
        '--safety-sets',
        'hh,none',
      ],
      'no row belongs to the set none',
    ],
    ['one file', () => ['--a', ours(), '--judge', 'pairwise-long'], 'needs --a and --b, or --results'],
    [
      'files and results',
      () => ['--a', ours(), '--results', folder(), '--judge', 'pairwise-long'],
      '--results takes neither',
    ],
    [
      'a list of phrases',
      () => ['--a', ours(), '--b', theirs(), '--judge', 'refusal'],
      'there is no judge refusal',
    ],
  ])('refuses %s with exit 2', async (_, more, message) => {
    const { code, err } = await run('winrate', ...more())
    expect(err).toContain(message)
    expect(code).toBe(2)
  })
  it('opens no phrase list for a judge of pairs', async () => {
    const { code, err } = await runWith()('winrate', '--a', ours(), '--b', theirs(), '--judge', 'refusal')
    expect([code, err]).toEqual([2, expect.stringContaining('refusal does not compare answers')])
  })
})

describe('winrate of a results folder', () => {
  const sourced = (rows: ReturnType<typeof answers>) =>
    rows.map((row, i) => ({ ...row, source: i % 2 === 0 ? 'hh' : 'hex-phi' }))
  const cells = () => [
    cellOf('aligned', { regime: 'none' }, answers('harmful', 6, 6)),
    cellOf('bare', {}, sourced(answers('harmful', 6, 0, () => 'short'))),
    cellOf(
      'filter',
      { data: 'filter' },
      sourced(answers('harmful', 6, 3, (i) => (i < 4 ? 'a longer answer' : '-'))),
    ),
    cellOf('lonely', { data: 'filter', seed: 2 }, sourced(answers('harmful', 6, 3))),
  ]
  it('compares defended with undefended cells, once, and the report shows it', async () => {
    const out = await resultsFolder(cells())
    asked.length = 0
    const args = ['winrate', '--results', out, '--judge', 'pairwise-long', '--json']
    const { json, code } = await run(...args)
    expect(code).toBe(0)
    const expected = {
      safetySets: ['hh', 'hex-phi'],
      comparisons: [
        {
          cell: 'filter',
          against: 'bare',
          judges: { 'pairwise-long': { n: 6, winRate: { value: 4 / 6 }, safetyAvg: { value: 4 / 6, n: 6 } } },
        },
      ],
    }
    expect(json()).toMatchObject(expected)
    expect(asked).toEqual([12])
    expect((await run(...args)).json()).toMatchObject(expected)
    expect(asked).toEqual([12])
    const kept = JSON.parse(readFileSync(join(out, 'winrates.json'), 'utf8')) as { comparisons: unknown[] }
    expect(kept.comparisons).toHaveLength(1)
    expect(kept.comparisons[0]).toMatchObject({
      judge: 'pairwise-long',
      safetyAvg: { n: 6 },
      pairs: { 'harmful-0': 'a', 'harmful-5': 'b' },
    })
    const report = await run('report', '--results', out)
    expect(report.code).toBe(0)
    const page = readFileSync(join(out, 'report.html'), 'utf8')
    expect(page).toContain('Win rates against no defence')
    expect(page).toContain('Safety Avg.')
    expect(readFileSync(join(out, 'report.md'), 'utf8').replaceAll('\u00a0', ' ')).toMatch(
      /\| filter, 5 % harmful rows, seed 1, by pairwise-long \| 66\.7 \(/,
    )
  })
  it('asks again where answers changed, and goes on where it was stopped', async () => {
    const out = await resultsFolder(cells())
    asked.length = 0
    await run('winrate', '--results', out, '--judge', 'pairwise-long')
    const path = join(out, 'cells', 'filter', 'samples.jsonl')
    writeFileSync(path, readFileSync(path, 'utf8').replace('a longer answer', 'another longer answer'))
    await run('report', '--results', out)
    expect(readFileSync(join(out, 'report.html'), 'utf8')).not.toContain('Win rates against no defence')
    await run('winrate', '--results', out, '--judge', 'pairwise-long', '--judge', 'pairwise-first')
    expect(asked).toEqual([12, 12])
    const kept = JSON.parse(readFileSync(join(out, 'winrates.json'), 'utf8')) as {
      comparisons: { judge: string }[]
    }
    expect(kept.comparisons.map((c) => c.judge)).toEqual(['pairwise-long', 'pairwise-first'])
  })
  it('stops between cells, and the same command goes on', async () => {
    const out = await resultsFolder([
      ...cells(),
      cellOf('scaled', { weights: 'scale' }, answers('harmful', 6, 1)),
    ])
    const stop = new AbortController()
    const stopping = pairJudge('pairwise-stopping', longer, (pairs) => {
      asked.push(pairs.length)
      stop.abort()
    })
    const choice = { results: out, judges: ['pairwise-stopping'], sets: ['harmful' as const], safetySets: [] }
    const common = {
      config: undefined,
      json: false,
      quiet: true,
      seed: 42,
      engine: 'auto' as const,
      dtype: 'float32' as const,
    }
    const compare = (signal: AbortSignal) =>
      compareResults(opens(stopping), choice, { ...silentTerminal, signal, common })()
    asked.length = 0
    expect(await compare(stop.signal)).toMatchObject({
      left: { _tag: 'Interrupted', remedy: 'run the same command again to continue' },
    })
    expect(await compare(new AbortController().signal)).toMatchObject({ _tag: 'Right' })
    expect(asked).toEqual([12, 12])
  })
  it('refuses a folder without pairs, and a damaged file', async () => {
    const single = await resultsFolder([cellOf('bare', {}, answers('harmful', 2, 0))])
    const none = await run('winrate', '--results', single, '--judge', 'pairwise-long')
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('no defended cell')])
    expect(existsSync(join(single, 'winrates.json'))).toBe(false)
    const out = await resultsFolder(cells())
    writeFileSync(join(out, 'winrates.json'), '{"format": 2}')
    const damaged = await run('winrate', '--results', out, '--judge', 'pairwise-long')
    expect([damaged.code, damaged.err]).toEqual([2, expect.stringContaining('winrates.json')])
  })
})
