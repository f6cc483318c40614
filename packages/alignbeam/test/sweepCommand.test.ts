/** `alignbeam sweep` from end to end, on small models of two vocabularies. */
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runBinary } from '@safe/tensor-core/cli'
import { tf } from '@safe/tensor-core/engine'
import { binary } from '../src/cli/binary'

const folder = (name: string): string => join(__dirname, 'golden', name)
const work = mkdtempSync(join(tmpdir(), 'alignbeam-sweep-'))
const rowsFile = (name: string, rows: ReadonlyArray<Readonly<Record<string, unknown>>>): string => {
  const path = join(work, name)
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return path
}
const harmful = rowsFile(
  'harmful.jsonl',
  ['how do i cut the log ?', 'i cut the cat', 'the dog and the log', 'cut the dog'].map((prompt, i) => ({
    id: `h${i}`,
    prompt,
    verb: i % 2 === 0 ? 'cut' : 'log',
    part: i < 2 ? 'validation' : 'test',
  })),
)
const benign = rowsFile(
  'benign.jsonl',
  ['sells tea', 'the cat and the dog', 'the tea'].map((prompt, i) => ({
    prompt,
    verb: `b${i}`,
    part: i === 0 ? 'validation' : 'test',
  })),
)
const task = rowsFile('task.jsonl', [
  { prompt: 'the cat', response: 'dog' },
  { prompt: 'the dog', response: 'cat' },
])

const run = async (...argv: string[]): Promise<{ code: number; out: string; err: string }> => {
  const said = { out: '', err: '' }
  const code = await runBinary(binary, ['sweep', ...argv, '--quiet'], {
    stdout: (s) => (said.out += s),
    stderr: (s) => (said.err += s),
  })
  return { code, ...said }
}
const pair = ['--draft', folder('words'), '--anchor', folder('pieces')]
const data = ['--harmful', harmful, '--benign', benign]
const quick = ['--engine', 'wasm', '--max-new-tokens', '4', '--top', '20', '--prefix', 'sorry']
const small = ['--alphas', '.5', '--bridge-tokens', '2', '--beams', '1']
const jsonIn = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))

describe('alignbeam sweep', () => {
  const out = join(work, 'swept')
  const all = [...pair, ...data, '--task', task, '--match', 'label', ...quick, '--out', out]
  const grid = [
    '--alphas',
    '.3',
    '.7',
    '--bridge-tokens',
    '2',
    '--beams',
    '1',
    '2',
    '--judge',
    'refusal-openings',
  ]

  it('writes answers, rates, a page and a text, and nothing of the texts into the last three', async () => {
    const { code, out: printed, err } = await run(...all, ...grid, '--json')
    expect([code, err]).toEqual([0, ''])
    const names = [
      'draft',
      'anchor',
      'prefix',
      ...[0.3, 0.7].flatMap((a) => [1, 2].map((k) => `alpha-${a}-n-2-k-${k}`)),
    ]
    expect(readdirSync(join(out, 'answers')).sort()).toEqual(names.map((n) => `${n}.jsonl`).sort())
    expect(readdirSync(out).sort()).toEqual([
      'answers',
      'config.json',
      'report.html',
      'report.md',
      'sweep.json',
    ])
    const document = jsonIn(join(out, 'sweep.json'))
    expect(document).toMatchObject({
      settings: [
        { name: 'draft', alpha: null },
        { name: 'anchor' },
        { name: 'prefix' },
        {
          alpha: 0.3,
          bridgeTokens: 2,
          beams: 1,
          refusal: { n: 2, clusters: 2 },
          overRefusal: { n: 1 },
          degenerate: { n: 3 },
          task: { n: 1 },
          validation: { refusal: { n: 2 }, overRefusal: { n: 2 }, task: { n: 1 } },
          secondsPerPrompt: expect.any(Number) as number,
          tokensPerSecond: expect.any(Number) as number,
          telemetry: { steps: expect.any(Number) as number, mappedMass: expect.any(Number) as number },
        },
        { beams: 2 },
        { alpha: 0.7 },
        { alpha: 0.7 },
      ],
      recommended: { maxOverRefusal: 0.1, heldOut: true, chosenOn: { harmful: 2, benign: 2 } },
      front: expect.any(Array) as unknown[],
      config: {
        verdict: 'refusal@1',
        judge: expect.stringMatching(/^refusal-openings@/) as string,
        seed: 42,
        split: '0.5',
      },
      versions: { '@safe/alignbeam': expect.any(String) as string },
    })
    expect(JSON.parse(printed)).toMatchObject({ out, report: join(out, 'report.html') })
    const prefixed = readFileSync(join(out, 'answers', 'prefix.jsonl'), 'utf8')
      .trim()
      .split('\n')
    expect(prefixed).toHaveLength(9)
    for (const name of ['sweep.json', 'report.html', 'report.md'])
      expect(readFileSync(join(out, name), 'utf8')).not.toMatch(/the cat and the dog|how do i cut/)
  })

  it('adds settings and another choice to the folder of the same sweep, without answering again', async () => {
    const answers = (name: string): string => readFileSync(join(out, 'answers', `${name}.jsonl`), 'utf8')
    const earlier = answers('alpha-0.3-n-2-k-2')
    const before = tf.memory().numTensors
    const more = [
      '--alphas',
      '.3',
      '.5',
      '--bridge-tokens',
      '2',
      '--beams',
      '2',
      '--judge',
      'refusal-openings',
    ]
    const { code } = await run(...all, ...more, '--split', 'none', '--max-over-refusal', '1', '--resume')
    expect(code).toBe(0)
    expect(answers('alpha-0.3-n-2-k-2')).toBe(earlier)
    expect(answers('alpha-0.5-n-2-k-2').trim().split('\n')).toHaveLength(9)
    const document = jsonIn(join(out, 'sweep.json'))
    expect(document).toMatchObject({ recommended: { heldOut: false, statedOn: { harmful: 4, benign: 3 } } })
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('optimistic')
    // The models are freed.
    await new Promise((done) => setTimeout(done, 0))
    expect(tf.memory().numTensors).toBe(before)
  })

  it('refuses another sweep in the folder, and says what to do', async () => {
    const exists = await run(...all, ...grid)
    expect([exists.code, exists.err]).toEqual([2, expect.stringContaining('--overwrite')])
    const other = await run(...all, ...grid, '--resume', '--temperature', '0')
    expect(other.code).toBe(2)
    expect(other.err).toContain('holds a sweep with --temperature 0.7, not 0; repeat its options')
    const fewer = await run(...all, ...grid, '--resume', '--limit', '2')
    expect([fewer.code, fewer.err]).toEqual([2, expect.stringContaining('another --harmful')])
    const judged = await run(...all, ...grid.slice(0, -1), 'refusal-gcg', '--resume')
    expect([judged.code, judged.err]).toEqual([2, expect.stringContaining('--judge "refusal-openings@')])
    const damaged = join(out, 'answers', 'draft.jsonl')
    writeFileSync(damaged, readFileSync(damaged, 'utf8').replace('"tokens":', '"token":'))
    const broken = await run(...all, ...grid, '--resume')
    expect([broken.code, broken.err]).toEqual([
      2,
      expect.stringContaining('draft.jsonl:1: field tokens is missing') as string,
    ])
  })

  it('overwrites an earlier sweep, and nothing else in the folder', async () => {
    writeFileSync(join(out, 'notes.txt'), 'mine')
    const { code } = await run(...all, ...small, '--no-baselines', '--overwrite')
    expect(code).toBe(0)
    expect(readdirSync(join(out, 'answers'))).toEqual(['alpha-0.5-n-2-k-1.jsonl'])
    expect(readFileSync(join(out, 'notes.txt'), 'utf8')).toBe('mine')
  })

  it('stops on request between batches, and continues from there', async () => {
    const stopped = join(work, 'stopped')
    const args = [...pair, ...data, ...quick, ...small, '--batch-size', '1', '--out', stopped]
    const watch = setInterval(() => {
      if (!existsSync(join(stopped, 'answers', 'draft.jsonl'))) return
      clearInterval(watch)
      process.emit('SIGINT')
    }, 1)
    const { code, err } = await run(...args)
    clearInterval(watch)
    expect([code, err]).toEqual([130, expect.stringContaining('--resume')])
    expect(existsSync(join(stopped, 'sweep.json'))).toBe(false)
    const before = readFileSync(join(stopped, 'answers', 'draft.jsonl'), 'utf8')
    expect((await run(...args, '--resume')).code).toBe(0)
    expect(readFileSync(join(stopped, 'answers', 'draft.jsonl'), 'utf8')).toBe(before)
    expect(jsonIn(join(stopped, 'sweep.json'))).toMatchObject({ settings: [{}, {}, {}, { alpha: 0.5 }] })
  })

  it('takes clusters and sides from fields, and its options from a file', async () => {
    const config = join(work, 'sweep.yaml')
    writeFileSync(
      config,
      'alphas: [0.5]\nbridge-tokens: [2]\nbeams: [1]\nno-baselines: true\ncluster: verb\nsplit: part\n',
    )
    const marked = join(work, 'marked')
    // Rows of one verb are on both sides.
    const torn = await run(...pair, ...data, ...quick, '--config', config, '--out', marked)
    expect([torn.code, torn.err]).toEqual([
      2,
      expect.stringContaining('harmful.jsonl, row h2: is on one side') as string,
    ])
    const { code, out: text } = await run(
      ...pair,
      ...data,
      ...quick,
      '--config',
      config,
      '--out',
      marked,
      '--cluster',
      'part',
    )
    expect(code).toBe(0)
    expect(text).toContain('chosen on 2 harmful and 1 benign rows')
    expect(jsonIn(join(marked, 'sweep.json'))).toMatchObject({
      settings: [{ name: 'alpha-0.5-n-2-k-1', refusal: { n: 2, clusters: 1 } }],
    })
  })
})

describe('bad input', () => {
  const out = join(work, 'never')
  const all = [...pair, ...data, ...quick, ...small, '--out', out]
  const empty = rowsFile('empty.jsonl', [])
  // A judge's question takes more tokens than this small model was made for.
  const asked = join(work, 'asked')
  cpSync(folder('bytes'), asked, { recursive: true })
  const config = JSON.parse(readFileSync(join(asked, 'config.json'), 'utf8')) as object
  writeFileSync(join(asked, 'config.json'), JSON.stringify({ ...config, max_position_embeddings: 1024 }))
  it.each([
    [[...pair, ...data], '--out is required'],
    [[...pair, '--benign', benign, '--out', out], '--harmful is required'],
    [['--draft', folder('words'), ...data, '--out', out], '--anchor is required'],
    [[...all, '--alphas', '.5', '1.5'], '--alphas must be a number, at least 0, at most 1'],
    [[...all, '--beams', '0'], '--beams must be a whole number'],
    [[...all, '--harmful', '/nowhere.jsonl'], '/nowhere.jsonl'],
    [[...all, '--benign', empty], 'empty.jsonl'],
    [[...all, '--task', benign], 'has no response'],
    [
      [...all, '--cluster', 'topic'],
      'harmful.jsonl, row h0: has no field topic; fields of this row: verb, part',
    ],
    [[...all, '--split', 'verb'], 'field verb must be validation or test'],
    [[...all, '--split', '1.5'], '--split must be a share between 0 and 1'],
    [[...all, '--limit', '1'], '--split leaves no rows of'],
    [[...all, '--verdict', 'nobody'], '--verdict: there is no judge nobody'],
    [[...all, '--verdict', `rubric:${asked}`], '--verdict does not report refusals'],
    [
      [...all, '--beams', '1', '2', '--judge', 'refusal'],
      '--verdict is the judge that chooses among the beams',
    ],
    [
      [...all, '--beams', '2', '--judge', 'refusal@1', '--verdict', 'refusal'],
      'give another judge, or --same-judge',
    ],
    [[...all, '--judge', 'refusal', '--on-no-safe', 'refuse'], '--verdict is the judge'],
    [[...all, '--match', 'rouge'], '--match must be one of exact, label'],
  ])('%j: one line, exit 2, nothing left behind', async (argv, said) => {
    const { code, err } = await run(...argv)
    expect(err).toContain(said)
    expect(err.trim().split('\n')).toHaveLength(1)
    expect(code).toBe(2)
    expect(existsSync(out)).toBe(false)
  })

  it('measures with the judge that chooses only where that is asked for', async () => {
    const same = join(work, 'same')
    const two = [
      '--alphas',
      '.5',
      '--bridge-tokens',
      '2',
      '--beams',
      '2',
      '--no-baselines',
      '--judge',
      'refusal',
    ]
    const { code } = await run(...pair, ...data, ...quick, ...two, '--same-judge', '--out', same)
    expect(code).toBe(0)
  })
})
