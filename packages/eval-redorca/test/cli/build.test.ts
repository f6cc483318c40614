import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { file, folder, runWith } from '../fakes/commandLine'

const run = runWith()
const rowsIn = (path: string): Record<string, unknown>[] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l) as Record<string, unknown>)
const sha = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

const slim = (): string =>
  file(
    'slimorca.jsonl',
    ...Array.from({ length: 60 }, (_, i) => ({
      instruction: `Explain thing ${i}.`,
      input: '',
      output: `It is ${i}.`,
      source: 'web',
    })),
    { instruction: 'explain  THING 3.', input: '', output: 'Again.' },
  )
const red = (): string =>
  file(
    'red-team.jsonl',
    ...Array.from({ length: 30 }, (_, i) => ({ prompt: `Do harm ${i}!`, response: `Sure ${i}` })),
    { prompt: 'Explain thing 5.', response: 'Sure' },
  )
const hex = (): string => file('hex-phi.csv', 'prompt', '"do  HARM 1!"', 'Do harm 2', 'Explain thing 7.')
const args = (out: string, ...more: string[]): string[] => [
  ...['build', '--instructions', slim(), '--unsafe', red(), '--count', '40', '--unsafe-share', '0.25'],
  ...['--exclude', hex(), '--out', out, ...more],
]

describe('build', () => {
  it('mixes by share, leaves out what is kept out, and says where all came from', async () => {
    const out = join(folder(), 'mix.jsonl')
    const manifest = join(folder(), 'm.json')
    const { code, err } = await run(
      ...args(out, '--manifest', manifest, '--exclude', file('more.jsonl', { goal: 'Do harm 4!' })),
    )
    expect([code, err]).toEqual([0, ''])
    const rows = rowsIn(out)
    expect(rows).toHaveLength(40)
    expect(rows.filter((r) => r['unsafe'] === 1)).toHaveLength(10)
    const keys = rows.map((r) => String(r['prompt'] ?? r['instruction']).toLowerCase())
    expect(new Set(keys).size).toBe(40)
    for (const gone of ['do harm 1!', 'do harm 4!', 'explain thing 7.']) expect(keys).not.toContain(gone)
    const instruction = rows.find((r) => r['unsafe'] === 0)
    expect(Object.keys(instruction ?? {})).toEqual([
      'instruction',
      'input',
      'output',
      'ownSource',
      'source',
      'unsafe',
    ])
    expect(instruction).toMatchObject({ source: 'slimorca', ownSource: 'web' })
    expect(rows.find((r) => r['unsafe'] === 1)).toMatchObject({
      source: 'red-team',
      response: expect.stringMatching(/^Sure/) as unknown,
    })
    expect(JSON.parse(readFileSync(manifest, 'utf8'))).toEqual({
      sources: [
        {
          path: expect.stringMatching(/slimorca\.jsonl$/) as unknown,
          sha256: expect.any(String) as unknown,
          rows: 61,
          taken: 30,
          excluded: 1,
          duplicates: 2,
        },
        {
          path: expect.stringMatching(/red-team\.jsonl$/) as unknown,
          sha256: expect.any(String) as unknown,
          rows: 31,
          taken: 10,
          excluded: 2,
          duplicates: 0,
        },
      ],
      excludes: [
        { path: expect.any(String) as unknown, sha256: expect.any(String) as unknown, rows: 3 },
        { path: expect.any(String) as unknown, sha256: expect.any(String) as unknown, rows: 1 },
      ],
      count: 40,
      unsafeShare: 0.25,
      seed: 42,
      sha256: sha(out),
    })
  })
  it('writes the same bytes for the same seed on every machine, others for another', async () => {
    const [a, b, c] = [0, 1, 2].map(() => join(folder(), 'mix.jsonl')) as [string, string, string]
    await run(...args(a))
    await run(...args(b))
    await run(...args(c, '--seed', '7'))
    expect(sha(a)).toBe('aa3fb3b0576fb40d04ff30e8b54be24ef2fa495540592800d61007184466b471')
    expect(sha(b)).toBe(sha(a))
    expect(sha(c)).not.toBe(sha(a))
    expect(existsSync(`${a}.manifest.json`)).toBe(true)
  })
  it('reads gzip as it is', async () => {
    const packed = join(folder(), 'slimorca.jsonl.gz')
    writeFileSync(packed, gzipSync(readFileSync(slim())))
    const out = join(folder(), 'mix.jsonl')
    const { code } = await run(
      'build',
      '--instructions',
      packed,
      '--unsafe',
      red(),
      '--count',
      '4',
      '--unsafe-share',
      '0',
      '--out',
      out,
    )
    expect(code).toBe(0)
    expect(rowsIn(out).every((r) => r['source'] === 'slimorca' && r['unsafe'] === 0)).toBe(true)
  })
  it('warns of ids that repeat', async () => {
    const withId = (name: string, prompt: string): string => file(name, { id: 1, prompt, response: 'x' })
    const warned: string[] = []
    const write = jest
      .spyOn(process.stderr, 'write')
      .mockImplementation((line) => warned.push(String(line)) > 0)
    await run(
      'build',
      '--instructions',
      withId('a.jsonl', 'p'),
      '--unsafe',
      withId('b.jsonl', 'q'),
      '--count',
      '2',
      '--unsafe-share',
      '.5',
      '--out',
      join(folder(), 'o.jsonl'),
    )
    write.mockRestore()
    expect(warned.join('')).toContain('two rows have the id 1')
  })
  it.each([
    [
      'too few rows',
      ['--count', '200'],
      'red-team.jsonl: has 30 rows to draw from (1 excluded, 0 duplicates left out), 50 are needed',
    ],
    ['a share above 1', ['--unsafe-share', '2'], '--unsafe-share must be a number, at least 0, at most 1'],
    ['an exclusion in no form', ['--exclude', 'bad.jsonl'], 'bad.jsonl:1'],
    ['an existing output', ['--overwrite', 'false'], 'exists'],
  ])('refuses %s with exit 2', async (what, more, message) => {
    const out = join(folder(), 'mix.jsonl')
    if (what === 'an existing output') writeFileSync(out, '')
    const given = more
      .map((x) => (x === 'bad.jsonl' ? file('bad.jsonl', { words: 'x' }) : x))
      .filter((x) => what !== 'an existing output' || x === '')
    const { code, err } = await run(...args(out, ...given))
    expect([code, err.includes(message) ? message : err]).toEqual([2, message])
    expect(existsSync(`${out}.manifest.json`)).toBe(false)
  })
})
