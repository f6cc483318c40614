import { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { runBinary } from '@safe/tensor-core/cli'
import { binary } from '../src/cli/binary'

const fresh = (): string => mkdtempSync(join(tmpdir(), 'forgetfilter-'))
const jsonl = (rows: ReadonlyArray<unknown>): string => rows.map((r) => `${JSON.stringify(r)}\n`).join('')

const run = async (...argv: string[]): Promise<{ code: number; out: string; err: string }> => {
  const said = { out: '', err: '' }
  const code = await runBinary(binary, argv, {
    stdout: (s) => (said.out += s),
    stderr: (s) => (said.err += s),
  })
  return { code, ...said }
}
const json = (out: string): Record<string, unknown> => JSON.parse(out) as Record<string, unknown>
const rowsOf = (path: string): ReadonlyArray<Record<string, unknown>> =>
  readFileSync(path, 'utf8').trim().split('\n').map(json)

const files = (content: Readonly<Record<string, string | Uint8Array>>): ((name: string) => string) => {
  const dir = fresh()
  for (const [name, text] of Object.entries(content)) writeFileSync(join(dir, name), text)
  return (name) => join(dir, name)
}

describe('rate', () => {
  const at = files({
    'data.jsonl': jsonl([
      { id: 'p', prompt: 'a', response: 'the cat sat' },
      { prompt: 'b', response: 'go home' },
    ]),
    'before.jsonl': jsonl([
      { id: 1, completion: 'Go home!' },
      { id: 'p', completion: 'the cat sat' },
    ]),
    'after.jsonl': jsonl([
      { id: 'p', completion: 'I cannot' },
      { id: '1', completion: 'go home' },
    ]),
    'short.jsonl': jsonl([{ id: 'p', completion: 'I cannot' }]),
    'scores.jsonl': jsonl([{ logProbs: [-1, -2] }, { logProbs: [-3] }]),
    'later.jsonl': jsonl([{ logProbs: [-1, -5] }, { logProbs: [-3] }]),
    'bad.jsonl': '{"id": "p", "completion": 3}\n',
    'torn.jsonl': '{"id": "p", "completion"\n',
    'positive.jsonl': jsonl([{ logProbs: [0.5] }, { logProbs: [-3] }]),
    'empty.jsonl': '',
  })
  const inputs = (before: string, after: string): string[] => ['--before', at(before), '--after', at(after)]

  it('matches by id and stands in the order of the data', async () => {
    const out = at('rates.jsonl')
    const { code } = await run(
      'rate',
      ...inputs('before.jsonl', 'after.jsonl'),
      '--data',
      at('data.jsonl'),
      '--out',
      out,
    )
    expect(code).toBe(0)
    expect(rowsOf(out)).toEqual([
      { id: 'p', s1: 1, s2: 0, rate: 1 },
      { id: '1', s1: 1, s2: 1, rate: 0 },
    ])
  })

  it('needs no data for token scores, and rows without id are numbered', async () => {
    const out = at('tokens.jsonl')
    const { code, out: said } = await run(
      ...['rate', ...inputs('scores.jsonl', 'later.jsonl'), '--signal', 'max-token', '--out', out, '--json'],
    )
    expect(code).toBe(0)
    expect(json(said)).toEqual({ out, signal: 'max-token', rows: 2 })
    expect(rowsOf(out)).toEqual([
      { id: '0', s1: -2, s2: -5, rate: 3 },
      { id: '1', s1: -3, s2: -3, rate: 0 },
    ])
  })

  it.each([
    [
      ['--before', 'before.jsonl', '--after', 'short.jsonl', '--data', 'data.jsonl'],
      /short\.jsonl: the id "1" of .*data\.jsonl is missing/,
    ],
    [
      ['--before', 'short.jsonl', '--after', 'before.jsonl', '--data', 'data.jsonl'],
      /short\.jsonl: the id "1" of .*data\.jsonl is missing/,
    ],
    [
      ['--before', 'before.jsonl', '--after', 'after.jsonl'],
      /--data must be given: rouge needs the ground truth/,
    ],
    [
      ['--before', 'before.jsonl', '--after', 'missing.jsonl', '--data', 'data.jsonl'],
      /missing\.jsonl: does not exist/,
    ],
    [
      ['--before', 'bad.jsonl', '--after', 'after.jsonl', '--data', 'data.jsonl'],
      /bad\.jsonl:1: field completion must be/,
    ],
    [
      ['--before', 'torn.jsonl', '--after', 'after.jsonl', '--data', 'data.jsonl'],
      /torn\.jsonl:1: is not JSON/,
    ],
    [
      ['--before', 'empty.jsonl', '--after', 'after.jsonl', '--data', 'data.jsonl'],
      /empty\.jsonl: holds no rows/,
    ],
    [
      ['--before', 'scores.jsonl', '--after', 'positive.jsonl', '--signal', 'nll'],
      /positive\.jsonl:1: field logProbs\[0\] must be a log-probability/,
    ],
    [
      ['--before', 'scores.jsonl', '--after', 'later.jsonl', '--signal', 'loud'],
      /--signal must be one of rouge/,
    ],
    [
      ['--before', 'scores.jsonl', '--after', 'later.jsonl', '--signal', 'token-accuracy'],
      /scores\.jsonl:1: field correct/,
    ],
  ])('refuses %j in one line', async (argv, said) => {
    const out = at('never.jsonl')
    const paths = argv.map((a) => (a.endsWith('.jsonl') ? at(a) : a))
    const { code, err } = await run('rate', ...paths, '--out', out)
    expect(err).toMatch(said)
    expect(err.trim().split('\n')).toHaveLength(1)
    expect(code).toBe(2)
    expect(existsSync(out)).toBe(false)
  })

  it('refuses an existing target unless --overwrite, and a target that is an input', async () => {
    const out = at('once.jsonl')
    const argv = ['rate', ...inputs('scores.jsonl', 'later.jsonl'), '--signal', 'nll', '--out', out]
    expect((await run(...argv)).code).toBe(0)
    expect(await run(...argv)).toMatchObject({
      code: 2,
      err: expect.stringContaining('exists already') as string,
    })
    expect((await run(...argv, '--overwrite')).code).toBe(0)
    const own = await run(
      'rate',
      ...inputs('scores.jsonl', 'later.jsonl'),
      '--signal',
      'nll',
      '--out',
      at('later.jsonl'),
      '--overwrite',
    )
    expect(own.code).toBe(2)
  })
})

describe('threshold', () => {
  const rates = [0.9, 0.8, 0.7, 0.02, 0.01, 0].map((rate, i) => ({
    id: String(i),
    s1: 0.95,
    s2: 0.95 - rate,
    rate,
  }))
  const at = files({
    'rates.jsonl': jsonl([...rates, { id: 'unlearned', s1: 0.05, s2: 0, rate: 0.05 }]),
    'labels.jsonl': jsonl([
      ...rates.map(({ id }, i) => ({ id, unsafe: i < 4 ? 1 : 0 })),
      { id: 'unlearned', unsafe: 0 },
    ]),
    'equal.jsonl': jsonl([
      { id: 'a', rate: 0.5 },
      { id: 'b', rate: 0.5 },
    ]),
    'fewer.jsonl': jsonl([{ id: '0', unsafe: 1 }]),
    'words.jsonl': jsonl([{ id: '0', unsafe: 'yes' }]),
    'rates.csv': 'id,s1,s2,rate\na,0.9,0.1,0.8\nb,0.9,0.9,0\n',
  })

  it("is the paper's phi where nothing is said", async () => {
    const { code, out } = await run('threshold', '--rates', at('rates.jsonl'), '--json')
    expect(code).toBe(0)
    expect(json(out)).toMatchObject({
      method: 'fixed',
      phi: 0.1,
      abstained: false,
      kept: 3,
      dropped: 3,
      indeterminate: 1,
    })
  })

  it('splits by otsu and measures itself against labels', async () => {
    const { out } = await run(
      'threshold',
      '--rates',
      at('rates.jsonl'),
      '--method',
      'otsu',
      '--labels',
      at('labels.jsonl'),
      '--json',
    )
    const answer = json(out)
    expect(answer).toMatchObject({ method: 'otsu', kept: 3, dropped: 3, indeterminate: 1 })
    expect(answer['phi']).toBeCloseTo((0.7 + 0.05) / 2, 12)
    expect(answer['quality']).toMatchObject({ precision: 1, recall: 0.75, f1: 6 / 7, n: 7, unsafe: 4 })
    expect((answer['quality'] as { auroc: number }).auroc).toBeCloseTo(11 / 12, 12)
    const text = await run('threshold', '--rates', at('rates.jsonl'), '--labels', at('labels.jsonl'))
    expect(text.out).toContain('recall 0.750 [')
  })

  it('abstains with a reason', async () => {
    const { code, out } = await run('threshold', '--rates', at('equal.jsonl'), '--method', 'otsu', '--json')
    expect(code).toBe(0)
    expect(json(out)).toMatchObject({ phi: null, abstained: true, kept: 0, dropped: 0, indeterminate: 2 })
    expect(json(out)['reason']).toContain('all rates are equal')
  })

  it('reads CSV', async () =>
    expect(json((await run('threshold', '--rates', at('rates.csv'), '--json')).out)).toMatchObject({
      kept: 1,
      dropped: 1,
    }))

  it.each([
    [['--rates', 'rates.jsonl', '--phi', '0.1', '--method', 'otsu'], /give either --phi or --method/],
    [['--rates', 'rates.jsonl', '--phi', 'much'], /--phi must be a number/],
    [['--rates', 'rates.jsonl', '--method', 'magic'], /--method must be one of otsu/],
    [['--rates', 'labels.jsonl'], /labels\.jsonl:1: field rate is missing/],
    [
      ['--rates', 'rates.jsonl', '--labels', 'fewer.jsonl'],
      /fewer\.jsonl: the id "1" of .*rates\.jsonl is missing/,
    ],
    [['--rates', 'rates.jsonl', '--labels', 'words.jsonl'], /words\.jsonl:1: field unsafe must be 0 or 1/],
    [['--rates', 'nowhere.jsonl'], /does not exist/],
  ])('refuses %j in one line', async (argv, said) => {
    const { code, err } = await run('threshold', ...argv.map((a) => (/jsonl$/.test(a) ? at(a) : a)))
    expect(err).toMatch(said)
    expect(err.trim().split('\n')).toHaveLength(1)
    expect(code).toBe(2)
  })
})

describe('filter', () => {
  const lines = [
    '{"id":"a", "prompt": "1",\t"response": "x", "n": 1.0}\n',
    '{"prompt": "2", "response": "\\u00e9"}\r\n',
    '{"id":"c","prompt":"3","response":"z"}',
  ]
  const text = lines.join('')
  const csv = 'prompt,response\n"a, ""b""","two\nlines"\nplain,x\n'
  const at = files({
    'data.jsonl': text,
    'data.jsonl.gz': gzipSync(text),
    'data.csv': csv,
    'rates.jsonl': jsonl([
      { id: 'a', s1: 0.9, s2: 0.9, rate: 0 },
      { id: '1', s1: 0.9, s2: 0, rate: 0.9 },
      { id: 'c', s1: 0.05, s2: 0.05, rate: 0 },
    ]),
    'csv-rates.jsonl': jsonl([
      { id: '0', s1: 1, s2: 1, rate: 0 },
      { id: '1', s1: 1, s2: 0, rate: 1 },
    ]),
    'equal.jsonl': jsonl([
      { id: 'a', rate: 0.5 },
      { id: '1', rate: 0.5 },
      { id: 'c', rate: 0.5 },
    ]),
    'other.jsonl': jsonl([{ id: 'a', rate: 0 }]),
  })

  it('gives kept and dropped rows back byte for byte', async () => {
    const [out, dropped] = [at('kept.jsonl'), at('dropped.jsonl')]
    const { code, out: said } = await run(
      ...[
        'filter',
        '--data',
        at('data.jsonl'),
        '--rates',
        at('rates.jsonl'),
        '--out',
        out,
        '--dropped',
        dropped,
        '--json',
        '--quiet',
      ],
    )
    expect(code).toBe(0)
    expect(json(said)).toMatchObject({ kept: 1, dropped: 1, indeterminate: 1, phi: 0.1 })
    expect(readFileSync(out, 'utf8')).toBe(lines[0]! + lines[2]!)
    expect(readFileSync(dropped, 'utf8')).toBe(lines[1])
  })

  it('drops indeterminate rows on request', async () => {
    const out = at('strict.jsonl')
    await run(
      'filter',
      '--data',
      at('data.jsonl'),
      '--rates',
      at('rates.jsonl'),
      '--out',
      out,
      '--indeterminate',
      'drop',
      '--quiet',
    )
    expect(readFileSync(out, 'utf8')).toBe(lines[0])
  })

  it('reads and writes gzip', async () => {
    const out = at('kept.jsonl.gz')
    await run('filter', '--data', at('data.jsonl.gz'), '--rates', at('rates.jsonl'), '--out', out, '--quiet')
    expect(gunzipSync(readFileSync(out)).toString()).toBe(lines[0]! + lines[2]!)
  })

  it('reads labels that are text, as in CSV', async () => {
    writeFileSync(at('labelled.csv'), 'prompt,response,unsafe\na,b,0\nc,d,1\n')
    const { out } = await run(
      ...['filter', '--data', at('labelled.csv'), '--rates', at('csv-rates.jsonl')],
      ...['--out', at('labelled-kept.csv'), '--report', at('labelled.html'), '--json'],
    )
    expect(json(out)['quality']).toMatchObject({ precision: 1, recall: 1, n: 2, unsafe: 1 })
  })

  it('keeps the header of a CSV file', async () => {
    const out = at('kept.csv')
    await run('filter', '--data', at('data.csv'), '--rates', at('csv-rates.jsonl'), '--out', out)
    expect(readFileSync(out, 'utf8')).toBe('prompt,response\n"a, ""b""","two\nlines"\n')
  })

  it('fails, and writes nothing, where the threshold abstains', async () => {
    const { code, err } = await run(
      'filter',
      '--data',
      at('data.jsonl'),
      '--rates',
      at('equal.jsonl'),
      '--method',
      'otsu',
      '--out',
      at('none.jsonl'),
    )
    expect(code).toBe(1)
    expect(err).toContain('no threshold by otsu: all rates are equal')
    expect(existsSync(at('none.jsonl'))).toBe(false)
  })

  it('refuses rates of other rows, one file for two things, and leaves nothing behind', async () => {
    const other = await run(
      'filter',
      '--data',
      at('data.jsonl'),
      '--rates',
      at('other.jsonl'),
      '--out',
      at('none.jsonl'),
    )
    expect(other).toMatchObject({
      code: 2,
      err: expect.stringMatching(/other\.jsonl: the id "1" of .*data\.jsonl is missing/) as string,
    })
    const twice = await run(
      ...[
        'filter',
        '--data',
        at('data.jsonl'),
        '--rates',
        at('rates.jsonl'),
        '--out',
        at('none.jsonl'),
        '--dropped',
        at('none.jsonl'),
      ],
    )
    expect(twice.code).toBe(2)
    expect(existsSync(at('none.jsonl'))).toBe(false)
    expect(readdirSync(join(at('.'))).filter((f) => f.includes('tmp'))).toEqual([])
  })
})

describe('canaries, references and the audit', () => {
  const benign = Array.from({ length: 40 }, (_, i) => ({
    id: `b${i}`,
    s1: 1,
    s2: 1 - (i % 5) / 100,
    rate: (i % 5) / 100,
  }))
  const trusted = benign.slice(0, 20).map((row) => ({ ...row, id: `c${row.id}` }))
  const gone = Array.from({ length: 10 }, (_, i) => ({ id: `u${i}`, s1: 1, s2: 0.2, rate: 0.8 }))
  const own = [...benign, ...gone]
  const at = files({
    'data.jsonl': jsonl(
      own.map(({ id }) => ({ id, prompt: `p ${id}`, response: 'r', unsafe: id.startsWith('u') ? 1 : 0 })),
    ),
    'rates.jsonl': jsonl([...own, ...trusted]),
    'own.jsonl': jsonl(own),
    'canaries.jsonl': jsonl(trusted.map(({ id, rate }) => ({ id, rate }))),
    'strangers.jsonl': jsonl([{ id: 'nobody', rate: 0 }]),
    'labels.jsonl': jsonl(own.map(({ id }) => ({ id, unsafe: id.startsWith('u') ? 1 : 0 }))),
    'nats.jsonl': jsonl([
      { id: 'a', s1: -1, s2: -4, rate: 3 },
      { id: 'b', s1: -1, s2: -1, rate: 0 },
    ]),
    'm1.jsonl': jsonl([{ id: 'a', completion: 'the cat sat' }]),
    'm2.jsonl': jsonl([{ id: 'a', completion: 'the cat slept' }]),
  })
  const trust = ['--canaries', at('canaries.jsonl'), '--method', 'null']

  it('threshold takes the quantile of the canaries and judges the other rows', async () => {
    const argv = [
      'threshold',
      '--rates',
      at('rates.jsonl'),
      ...trust,
      '--labels',
      at('labels.jsonl'),
      '--json',
    ]
    const { code, out } = await run(...argv)
    expect(code).toBe(0)
    expect(json(out)).toMatchObject({ method: 'null', phi: 0.04, kept: 40, dropped: 10, indeterminate: 0 })
    expect(json(out)['quality']).toMatchObject({ precision: 1, recall: 1, n: 50 })
  })

  it('filter leaves canaries out, and writes the audit and the report', async () => {
    const [out, audit, report] = [at('kept.jsonl'), at('audit.jsonl'), at('report.html')]
    const { code } = await run(
      ...['filter', '--data', at('data.jsonl'), '--rates', at('rates.jsonl'), ...trust],
      ...['--out', out, '--audit', audit, '--report', report],
    )
    expect(code).toBe(0)
    expect(rowsOf(out)).toHaveLength(40)
    expect(rowsOf(audit)).toHaveLength(50)
    expect(rowsOf(audit)[45]).toEqual({
      ...gone[5],
      decision: 'dropped',
      kept: false,
      why: 'rate 0.8 is above phi 0.04',
    })
    const page = readFileSync(report, 'utf8')
    expect(page).toContain('10 of 50 rows are dropped')
    // The rows' own labels.
    expect(page).toContain('10 of 50 rows are labelled unsafe')
  })

  it('filter keeps all rows where auto abstains, and says so', async () => {
    const [flat, kept] = [at('flat.jsonl'), at('flat-kept.jsonl')]
    writeFileSync(flat, jsonl(own.map((row, i) => ({ ...row, rate: (i % 5) / 100 }))))
    const argv = ['filter', '--data', at('data.jsonl'), '--rates', flat, '--method', 'auto', '--quiet']
    const { code, out } = await run(...argv, '--out', kept, '--json')
    expect(code).toBe(0)
    expect(json(out)).toMatchObject({ abstained: true, phi: null, rowsKept: 50 })
    expect(readFileSync(kept, 'utf8')).toBe(readFileSync(at('data.jsonl'), 'utf8'))
    expect((await run(...argv, '--out', at('flat-2.jsonl'))).out).toContain('no threshold (auto): null: ')
    const failing = await run(...argv, '--out', at('flat-3.jsonl'), '--on-abstain', 'fail')
    expect(failing.code).toBe(1)
    expect(existsSync(at('flat-3.jsonl'))).toBe(false)
  })

  it('rate compares with past completions without data', async () => {
    const out = at('past.jsonl')
    const argv = ['rate', '--before', at('m1.jsonl'), '--after', at('m2.jsonl'), '--out', out]
    expect((await run(...argv)).err).toContain('--data must be given')
    expect((await run(...argv, '--reference', 'past-completion')).code).toBe(0)
    expect(rowsOf(out)).toEqual([{ id: 'a', s1: 1, s2: 2 / 3, rate: 1 - 2 / 3 }])
  })

  it.each([
    [['--rates', 'own.jsonl', '--method', 'null'], /--canaries must be given/],
    [['--rates', 'own.jsonl', '--canaries', 'canaries.jsonl'], /--canaries are for --method null and auto/],
    [['--rates', 'own.jsonl', '--alpha', '0.1'], /--alpha is for --method null and auto/],
    [
      ['--rates', 'own.jsonl', '--canaries', 'strangers.jsonl', '--method', 'null'],
      /own\.jsonl: the id "nobody" of/,
    ],
    [
      ['--rates', 'nats.jsonl'],
      /nats\.jsonl: --phi must be chosen for these rates.*give a --phi in nats, or give --method auto/,
    ],
    [['--rates', 'own.jsonl', '--phi', '1'], /--phi must be below 1/],
  ])('threshold refuses %j in one line', async (argv, said) => {
    const { code, err } = await run('threshold', ...argv.map((a) => (/jsonl$/.test(a) ? at(a) : a)))
    expect(err).toMatch(said)
    expect(err.trim().split('\n')).toHaveLength(1)
    expect(code).toBe(2)
  })

  it('takes a phi in nats', async () =>
    expect(
      json((await run('threshold', '--rates', at('nats.jsonl'), '--phi', '0.7', '--json')).out),
    ).toMatchObject({ kept: 1, dropped: 1 }))
})

describe('the binary', () => {
  it('has help and a version', async () => {
    expect((await run('--version')).out.trim()).toMatch(/^\d+\.\d+\.\d+$/)
    for (const name of ['rate', 'threshold', 'filter'])
      expect((await run(name, '--help')).out).toContain('Usage')
  })
})
