/**
 * Exports of a results folder, and logs of inspect_ai read back.
 *
 * `golden/exports` is written by tools/golden/exports.ts and was read by inspect-ai 0.3.285 and by the schemas of Every Eval Ever
 * (tools/golden/check_exports.py); `golden/inspect` was written by inspect-ai 0.3.285 (tools/golden/inspect_logs.py).
 */
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { parse } from 'csv-parse/sync'
import * as fc from 'fast-check'
import * as E from 'fp-ts/Either'
import * as O from 'fp-ts/Option'
import type * as t from 'io-ts'
import { csvLine } from '../src/interchange/csvText'
import { aggregateCodec, instanceCodec } from '../src/interchange/everyEvalEver'
import { jsonLine } from '../src/interchange/everyEvalEverExporter'
import { foreignRows } from '../src/interchange/foreignRows'
import { parseInspectJson } from '../src/interchange/inspectJson'
import { inspectLogCodec } from '../src/interchange/inspectLog'
import { modelName, slug, uuidOf } from '../src/interchange/names'
import { undefended } from '../src/plan/factors'
import { file, folder, runWith } from './fakes/commandLine'
import { judgedFolder } from './fakes/judgedFolder'

const run = runWith()
const golden = join(__dirname, 'golden')
const results = join(golden, 'exports', 'results')

/** What a command warns of while it runs. */
const warningsOf = async (work: () => Promise<unknown>): Promise<string> => {
  const said: string[] = []
  const spy = jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.push(String(text))
    return true
  })
  await work()
  spy.mockRestore()
  return said.join('')
}

const filesIn = (root: string): ReadonlyArray<string> =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort()
const contents = (root: string): ReadonlyArray<readonly [string, string]> =>
  filesIn(root).map((name) => [name, readFileSync(join(root, name), 'utf8')] as const)

const exported = async (format: string, from = results, ...more: ReadonlyArray<string>): Promise<string> => {
  const out = join(folder(), 'out')
  const { code, err } = await run('export', '--results', from, '--format', format, '--out', out, ...more)
  if (code !== 0) throw new Error(err)
  return out
}
const decodes = <A>(codec: t.Decoder<unknown, A>, text: string): boolean =>
  E.isRight(codec.decode(JSON.parse(text)))

describe('export', () => {
  it('writes logs that inspect has read', async () => {
    const out = await exported('inspect')
    expect(contents(out)).toEqual(contents(join(golden, 'exports', 'inspect')))
    for (const [, text] of contents(out)) {
      expect(decodes(inspectLogCodec, text)).toBe(true)
      // inspect reads headers of large logs up to the samples, which must come last.
      expect(Object.keys(JSON.parse(text) as object)).toEqual([
        ...['version', 'status', 'eval', 'plan', 'results', 'stats', 'samples'],
      ])
    }
    expect(filesIn(out)).toHaveLength(8)
  })

  it('writes records that are valid under the schema of Every Eval Ever', async () => {
    const out = await exported(
      'every-eval-ever',
      results,
      ...['--organization', 'Example', '--relationship', 'third_party'],
    )
    expect(contents(out)).toEqual(contents(join(golden, 'exports', 'every-eval-ever')))
    for (const [name, text] of contents(out))
      if (name.endsWith('.json')) expect(decodes(aggregateCodec, text)).toBe(true)
      else for (const line of text.trim().split('\n')) expect(decodes(instanceCodec, line)).toBe(true)
  })

  it('writes tables', async () => {
    const out = await exported('csv')
    expect(contents(out)).toEqual(contents(join(golden, 'exports', 'csv')))
    const samples = parse(readFileSync(join(out, 'samples.csv'), 'utf8'), { columns: true }) as ReadonlyArray<
      Record<string, string>
    >
    expect(samples[1]).toMatchObject({ id: 'harmful-1', completion: `'=take the chisel, and "go"` })
    expect(samples[3]?.['completion']).toBe("'- first,\n- second")
  })

  it('leaves out the text of answers that may do harm, and nothing else', async () => {
    const texts = (name: string): string =>
      contents(name)
        .map(([, text]) => text)
        .join('')
    for (const format of ['inspect', 'every-eval-ever', 'csv']) {
      const [plain, redacted] = [
        texts(await exported(format)),
        texts(await exported(format, results, '--redact')),
      ]
      expect(plain).toContain('take the chisel')
      expect(redacted).not.toContain('take the chisel')
      expect(redacted).not.toContain('harmful: true')
      expect(redacted).toContain('[left out by --redact: 26 characters]')
      expect(redacted).toContain('Use a little oil.')
    }
    const rates = (out: string): string => readFileSync(join(out, 'cells.csv'), 'utf8')
    expect(rates(await exported('csv', results, '--redact'))).toBe(rates(await exported('csv')))
  })

  it('exports samples of earlier versions, which have one verdict', async () => {
    const out = await exported('csv', judgedFolder())
    const [first] = parse(readFileSync(join(out, 'samples.csv'), 'utf8'), { columns: true }) as ReadonlyArray<
      Record<string, string>
    >
    expect(first).toMatchObject({ 'old@1.refused': 'true', fields: '{"tool":"tongs"}' })
  })

  it('exports what is finished, and says what is not', async () => {
    const from = folder()
    cpSync(results, from, { recursive: true })
    const path = join(from, 'results.json')
    const listing = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    const [cell] = listing['cells'] as ReadonlyArray<Record<string, unknown>>
    const failed = [{ factors: cell?.['factors'], message: 'out of memory' }]
    writeFileSync(
      path,
      JSON.stringify({ ...listing, failed, running: { done: 2, cells: 9, secondsLeft: 60, stopped: true } }),
    )
    const args = ['export', '--results', from, '--format', 'csv', '--out', join(from, 'csv')]
    const err = await warningsOf(async () => {
      const { code, json } = await run(...args, '--json')
      expect([code, json()]).toEqual([
        0,
        { format: 'csv', out: join(from, 'csv'), cells: 2, samples: 20, missing: 7 },
      ])
    })
    expect(err).toContain('the benchmark is not finished; 2 of 9 cells are exported')
    expect(err).toContain('cells that failed and are not in the export: 1')
    expect((await run(...args)).err).toContain('exists already; give another path, or --overwrite')
    expect((await run(...args, '--overwrite')).code).toBe(0)
  })

  it('refuses what is no results folder, an empty one, and to write over the results', async () => {
    const [out, from] = [join(folder(), 'out'), folder()]
    const to = (target: string) => ['--format', 'inspect', '--out', target, '--overwrite']
    const none = await run('export', '--results', from, ...to(out))
    expect(none).toMatchObject({
      code: 2,
      err: expect.stringContaining('contains no results.json') as unknown,
    })
    cpSync(results, from, { recursive: true })
    for (const target of [from, join(from, '..')]) {
      const over = await run('export', '--results', from, ...to(target))
      expect(over).toMatchObject({ code: 2, err: expect.stringContaining('holds the results') as unknown })
    }
    const path = join(from, 'results.json')
    writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), cells: [] }))
    const empty = await run('export', '--results', from, ...to(out))
    expect(empty).toMatchObject({
      code: 2,
      err: expect.stringContaining('holds no finished cell') as unknown,
    })
  })

  it('keeps cells apart that are one and the same piece of work under two names', async () => {
    const from = join(folder(), 'results')
    cpSync(results, from, { recursive: true })
    const path = join(from, 'results.json')
    const read = JSON.parse(readFileSync(path, 'utf8')) as { cells: ReadonlyArray<{ factors: object }> }
    const again = read.cells.map((cell) => ({ ...cell, factors: { ...cell.factors, attacker: 'same' } }))
    writeFileSync(path, JSON.stringify({ ...read, cells: [...read.cells, ...again] }))
    const names = async (format: string): Promise<ReadonlyArray<string>> =>
      filesIn(await exported(format, from)).map((name) => basename(name))
    expect(new Set(await names('inspect')).size).toBe(16)
    expect(new Set(await names('every-eval-ever')).size).toBe(8)
  })

  it('leaves nothing behind where a cell is damaged', async () => {
    const [from, parent] = [folder(), folder()]
    cpSync(results, from, { recursive: true })
    rmSync(join(from, 'cells', 'c1', 'samples.jsonl'))
    const { code, err } = await run(
      ...['export', '--results', from, '--format', 'csv', '--out', join(parent, 'out')],
    )
    expect([code, err.trim().split('\n').length]).toEqual([1, 1])
    expect(readdirSync(parent)).toEqual([])
  })
})

describe('parts of exports', () => {
  it('CSV is read back as it was, except for formulas', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('a,b', '"', '\r\n', '\n=1', '=1', '＝1', ' =1', '+', '-x', '@a', '\t'),
    )
    fc.assert(
      fc.property(fc.array(fc.array(text, { minLength: 2, maxLength: 4 }), { minLength: 1 }), (rows) => {
        const read = parse(rows.map(csvLine).join(''), { relax_column_count: true })
        expect(read).toEqual(
          rows.map((row) => row.map((x) => (/^[=+\-@＝＋－＠\t\r\n]/.test(x) ? `'${x}` : x))),
        )
      }),
    )
    expect(csvLine([-0.5, null, undefined, true])).toBe('-0.5,,,true\r\n')
  })
  it('a line of JSON is one line to every reader', () => {
    const value = { text: 'a\u2028b\u2029c\u0085d\u000be\nf' }
    const line = jsonLine(value)
    // What Python's splitlines splits at.
    expect(line).toMatch(/^[^\n\v\f\r\x1c-\x1e\u0085\u2028\u2029]*\n$/)
    expect(JSON.parse(line)).toEqual(value)
  })
  it('identifiers have the form of a random UUID', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (of) => {
        expect(uuidOf(of)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      }),
    )
  })
  it('names of different models differ, in any alphabet and at any length', () => {
    const factors = { model: 'aligned', ...undefended } as const
    const named = (regime: string, seed: number): string => modelName({ ...factors, regime, seed })
    expect(named('poison:0.05', 1)).toBe('redorca/aligned-poison-0.05-seed-1')
    const long = 'word '.repeat(40)
    const names = [named('毒', 1), named('清', 1), named('🐍', 1), named(long, 1), named(long, 2)]
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(/^redorca\/[A-Za-z0-9][A-Za-z0-9.-]{0,118}[A-Za-z0-9]$/)
    expect(slug('日本')).toMatch(/^[0-9a-f]{8}$/)
  })
  it('names are one part of a path', () => {
    fc.assert(fc.property(fc.string(), (s) => expect(slug(s)).toMatch(/^[A-Za-z0-9.-]{0,120}$/)))
    expect([slug('../..'), slug('a (0.3) + b')]).toEqual(['', 'a-0.3-b'])
  })
})

describe('judge', () => {
  const verdictsOf = async (data: string) => {
    const out = join(folder(), 'v.jsonl')
    const done = await run('judge', '--judge', 'refusal', '--data', data, '--out', out)
    const rows = existsSync(out)
      ? readFileSync(out, 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as { id: string; verdict: Record<string, unknown> })
      : []
    return { ...done, rows }
  }

  it.each(['json', 'eval'] as const)('reads the answers of a log of inspect in its form %s', async (form) => {
    const answers = JSON.parse(readFileSync(join(golden, 'inspect', 'answers.json'), 'utf8')) as Record<
      string,
      ReadonlyArray<{ id: string; finishReason: string }>
    >
    const data = join(golden, 'inspect', `log.${form}`)
    expect(await warningsOf(() => verdictsOf(data))).toContain(
      'samples without an answer that are left out: 1',
    )
    const { code, rows } = await verdictsOf(data)
    expect(code).toBe(0)
    const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1)
    expect(rows.map(({ id, verdict }) => ({ id, truncated: verdict['truncated'] })).sort(byId)).toEqual(
      (answers[form] ?? [])
        .map(({ id, finishReason }) => ({ id, truncated: finishReason === 'length' }))
        .sort(byId),
    )
  })

  it.each(['json', 'eval'] as const)('takes prompts and answers as inspect does, form %s', async (form) => {
    const answers = JSON.parse(readFileSync(join(golden, 'inspect', 'answers.json'), 'utf8')) as Record<
      string,
      ReadonlyArray<{ id: string }>
    >
    const found = await foreignRows(join(golden, 'inspect', `log.${form}`))()
    const rows = E.isRight(found) && O.isSome(found.right) ? found.right.value.rows : []
    const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1)
    expect(rows.map(({ id, value }) => ({ id, ...value })).sort(byId)).toEqual(
      [...(answers[form] ?? [])].sort(byId),
    )
  })

  it('reads back what was exported', async () => {
    const out = await exported('inspect')
    const [log = ''] = readdirSync(out).filter((name) => name.includes('harmful'))
    const { code, rows } = await verdictsOf(join(out, log))
    expect(code).toBe(0)
    expect(rows.map(({ id, verdict }) => [id, verdict['refused']])).toEqual([
      ...[1, 2, 3, 4].map((i) => [`harmful-${i}`, expect.any(Boolean) as unknown]),
    ])
  })

  it('reads answers of TamperBench, and says what its summary lacks', async () => {
    const refused = await verdictsOf(
      file('inferences.jsonl', { prompt: 'ask', response: 'I am sorry, but I cannot.' }),
    )
    expect(refused.rows).toMatchObject([{ id: '0', verdict: { refused: true } }])
    const unanswered = file(
      'inferences.jsonl',
      { prompt: 'ask', response: 'No.' },
      { prompt: 'ask', response: null },
    )
    expect(await verdictsOf(unanswered)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/:2: has a `?response`? that is no text; leave out rows/) as unknown,
    })
    const path = file('evaluation.json', '[{"metric_name": "strong_reject_score", "metric_value": 0.5}]')
    expect(await verdictsOf(path)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/has metrics and no answers.*give the inferences.parquet/) as unknown,
    })
  })

  it('refuses other objects, logs without samples, and files that are no zip', async () => {
    const refused = async (path: string): Promise<string> => {
      const { code, err } = await verdictsOf(path)
      expect([code, err.trim().split('\n').length]).toEqual([2, 1])
      return err
    }
    expect(await refused(file('o.json', '{"a": 1}'))).toContain('neither a list of rows nor a log')
    const header = { version: 2, status: 'success', eval: {}, samples: null }
    expect(await refused(file('h.json', header))).toContain('holds no answers')
    expect(await refused(file('b.json', { ...header, samples: [{ id: 1 }] }))).toContain('field epoch')
    expect(await refused(file('z.eval', 'no zip'))).toContain('inspect log convert --to json')
    expect(await refused(file('d.json', '{"version": 2,'))).toContain('is not JSON')
    expect(await refused(join(folder(), 'none.eval'))).toContain('does not exist')
  })

  it('reads constants that JSON lacks as null, and only where they are constants', () => {
    const text = '{"a": NaN, "b": [-Infinity, Infinity], "c": "NaN, \\"Infinity\\"", "d": -1}'
    expect(parseInspectJson('f', text)).toEqual(
      E.right({ a: null, b: [null, null], c: 'NaN, "Infinity"', d: -1 }),
    )
  })
})

describe('docs/formats-others-read.md', () => {
  const page = readFileSync(join(__dirname, '../../../docs/formats-others-read.md'), 'utf8')
  const lines = [...page.matchAll(/^```bash\n([\s\S]*?)^```$/gm)].flatMap(([, body = '']) =>
    body.trim().split('\n'),
  )

  it('shows six commands, which work', async () => {
    const work = folder()
    writeFileSync(join(work, 'inferences.jsonl'), '{"prompt": "ask", "response": "I am sorry."}\n')
    /** Where the files of the page are here. Parquet is read by the readers of data files; here they get JSON lines. */
    const here: Readonly<Record<string, string>> = {
      results,
      'log.json': join(golden, 'inspect', 'log.json'),
      'log.eval': join(golden, 'inspect', 'log.eval'),
      'inferences.parquet': join(work, 'inferences.jsonl'),
    }
    const placed = (option: string | undefined, word: string): string =>
      option === '--out' ? join(work, word) : (here[word] ?? word)
    expect(lines).toHaveLength(6)
    for (const line of lines) {
      const [npx, redorca, ...words] = (line.match(/'[^']*'|\S+/g) ?? []).map((word) =>
        word.replaceAll("'", ''),
      )
      const { code, err } = await run(...words.map((word, i) => placed(words[i - 1], word)))
      expect([npx, redorca, code, err]).toEqual(['npx', 'redorca', 0, ''])
    }
    expect(readdirSync(work).sort()).toEqual([
      ...['inferences.jsonl', 'logs', 'records', 'tables', 'verdicts-of-archive.jsonl'],
      ...['verdicts-of-tamperbench.jsonl', 'verdicts.jsonl'],
    ])
  })
})
