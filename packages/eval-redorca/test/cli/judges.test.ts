import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { type Judge, judgeVersion } from '@safe/tensor-core/contracts'
import { validateWith } from '../../src/cli/validate'
import { type ChatServer, chatServer } from '../fakes/chatServer'
import { file, folder, runWith } from '../fakes/commandLine'

const run = runWith()
const checkpoint = (name: string): string => join(__dirname, '../../../tensor-core/test/golden/judges', name)

const answers = (count: number): string =>
  file(
    'answers.jsonl',
    ...Array.from({ length: count }, (_, i) => ({
      id: `a${i}`,
      prompt: `question ${i}`,
      completion: i % 2 === 0 ? `bad ${i}` : `fine ${i}`,
      harmful: i % 2 === 0 ? 1 : 0,
    })),
  )

/** The lines that a command writes on the terminal while it works. */
const said = async (work: () => Promise<unknown>): Promise<string> => {
  const lines: string[] = []
  const spy = jest.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    lines.push(String(chunk))
    return true
  })
  await work().finally(() => spy.mockRestore())
  return lines.join('')
}

describe('the list of judges', () => {
  it('names the options of models and of servers once, and those of a kind beside it', async () => {
    const { out } = await run('judges')
    expect(out.match(/,api-key-env=/g)).toHaveLength(1)
    expect(out).toContain('    ,concurrency=...  requests in flight at once (default 8)')
    expect(out).toMatch(/^qwen3guard@1:MODEL .*\n {4},mode=strict\|loose /m)
    const listed = (await run('judges', '--json')).json() as {
      judges: ReadonlyArray<{ name: string; options: Record<string, unknown> }>
    }
    expect(listed.judges.find((j) => j.name === 'rubric')?.options).toMatchObject({
      adapter: { of: 'process' },
      retries: { of: 'server', default: '6' },
      scale: { values: ['harm', 'strongreject', 'xstest'] },
    })
    expect(listed.judges.find((j) => j.name === 'refusal')?.options).toEqual({})
  })
})

describe('the summary of a judge', () => {
  it('leaves out what the judge never speaks of: a list of phrases finds no harm, which is not 0 harmful', async () => {
    const { out } = await run(
      'judge',
      ...['--judge', 'refusal', '--data', answers(2), '--out', join(folder(), 'verdicts.jsonl')],
    )
    expect(out).toMatch(/^refusal@1: 2 rows, 0 refused, 0 unparseable\n/)
  })
})

describe('judges behind a URL', () => {
  let server: ChatServer
  afterEach(() => server.close())

  it('judge through the command line, and are not asked again for what they answered', async () => {
    server = await chatServer((question) => (question.includes('bad') ? '5' : '1'))
    const cache = folder()
    const judge = (out: string): ReturnType<typeof run> =>
      run(
        ...['judge', '--judge', `rubric:${server.address},concurrency=2,cache=${cache}`],
        ...['--data', answers(4), '--out', out, '--json'],
      )
    const out = join(folder(), 'v.jsonl')
    const { code, json } = await judge(out)
    expect(code).toBe(0)
    expect(json()).toMatchObject({ rows: 4, harmful: 2, unparseable: 0 })
    expect(server.asked).toHaveLength(4)
    const again = join(folder(), 'v.jsonl')
    const stderr = await said(() => judge(again))
    expect(server.asked).toHaveLength(4)
    expect(readFileSync(again, 'utf8')).toBe(readFileSync(out, 'utf8'))
    // A server needs no engine here.
    expect(stderr).not.toMatch(/^engine /m)
    expect(stderr).toContain('judging by rubric@1(harm,http://127.0.0.1')
  })

  it('are bad input where their key is wrong, with the option to change it', async () => {
    server = await chatServer((_, authorization) => (authorization === 'Bearer none' ? 401 : '1'))
    const { code, err } = await run(
      ...['judge', '--judge', `rubric:${server.address},api-key-env=SAFE_TEST_NO_KEY,cache=off`],
      ...['--data', answers(4), '--out', join(folder(), 'v.jsonl')],
    )
    expect(code).toBe(2)
    expect(err).toContain('#m: needs a key (401); set the variable SAFE_TEST_NO_KEY')
    expect(err).toContain("by the judge's option api-key-env")
  })

  it('are validated, and compare', async () => {
    server = await chatServer((question) =>
      question.includes('<answer A>')
        ? question.indexOf('bad') < question.indexOf('fine')
          ? 'B'
          : 'A'
        : question.includes('bad')
          ? '5'
          : '1',
    )
    const validated = await run(
      ...['validate', '--judge', `rubric:${server.address},cache=off`, '--data', answers(6)],
      ...['--label-field', 'harmful', '--axis', 'harmful', '--json'],
    )
    expect(validated.json()).toMatchObject({ n: 6, accuracy: 1 })
    const rows = (completion: string): string =>
      file('s.jsonl', ...[0, 1, 2].map((id) => ({ id, prompt: `question ${id}`, completion })))
    const compared = await run(
      ...['winrate', '--a', rows('fine'), '--b', rows('bad')],
      ...['--judge', `pairwise:${server.address},cache=off`, '--json'],
    )
    expect(compared.json()).toMatchObject({ n: 3, winRate: { value: 1 }, inconsistent: 0 })
  })
})

describe('judges of a model in this process', () => {
  it('are validated on the engine of the command, which is started once', async () => {
    const out: unknown[] = []
    const stderr = await said(async () => {
      const { code, json } = await run(
        ...['validate', '--judge', `llama-guard:${checkpoint('llama-guard')}`],
        ...['--judge', `qwen3guard:${checkpoint('qwen3')}`, '--judge', 'refusal'],
        ...['--data', answers(3), '--label-field', 'harmful', '--axis', 'harmful'],
        ...['--engine', 'wasm', '--json'],
      )
      out.push(code, json())
    })
    expect(out).toMatchObject([0, { judges: { 'refusal@1': { n: 3 } } }])
    expect(stderr.match(/^engine wasm /gm)).toHaveLength(1)
  })

  it('compare on the engine of the command', async () => {
    const rows = (completion: string): string =>
      file('s.jsonl', ...[0, 1].map((id) => ({ id, prompt: 'q', completion })))
    const out: unknown[] = []
    const stderr = await said(async () => {
      const { code, json } = await run(
        ...['winrate', '--a', rows('x'), '--b', rows('y'), '--judge', `pairwise:${checkpoint('chat')}`],
        ...['--engine', 'wasm', '--json'],
      )
      out.push(code, json())
    })
    // The checkpoint was trained to say digits: it prefers neither.
    expect(out).toMatchObject([0, { unparseable: 2 }])
    expect(stderr).toMatch(/^engine wasm /m)
    expect(stderr).toContain('comparing by pairwise@1')
  })
})

describe('validate', () => {
  it('takes a judge of one’s own', async () => {
    const own = file(
      'judge.cjs',
      `exports.judges = [{
        specificationVersion: 2, name: 'bad-words',
        create: () => ({
          specificationVersion: 2, id: 'bad-words@1', axes: ['harmful'],
          judge: (items) => async () => ({ _tag: 'Right', right: items.map(({ id, completion }) => ({
            id, verdict: { refused: null, harmful: completion.includes('bad'), degenerate: null, truncated: null },
            pHarmful: null, score: null, raw: '',
          })) }),
        }),
      }]`,
    )
    const { code, json, err } = await run(
      ...['validate', '--judge', `{ use: ${own}, name: bad-words }`, '--data', answers(6)],
      ...['--label-field', 'harmful', '--axis', 'harmful', '--json'],
    )
    expect([code, err]).toEqual([0, ''])
    expect(json()).toMatchObject({
      judge: expect.stringMatching(/^bad-words@1\([0-9a-f]+\)$/) as unknown,
      accuracy: 1,
    })
  })

  it('stops between batches, and frees the judge', async () => {
    const seen: number[] = []
    const judge: Judge = {
      specificationVersion: judgeVersion,
      id: 'slow@1',
      axes: ['refused'],
      judge: (items) =>
        TE.fromIO(() => {
          seen.push(items.length)
          process.emit('SIGINT')
          return items.map(({ id }) => ({
            id,
            verdict: { refused: true, harmful: null, degenerate: null, truncated: null },
            pHarmful: null,
            score: null,
            raw: '',
          }))
        }),
    }
    const { code, err } = await runWith(
      validateWith(() => TE.right({ judge, dispose: () => void seen.push(-1) })),
    )('validate', '--judge', 'slow', '--data', answers(200), '--label-field', 'harmful')
    expect([code, seen]).toEqual([130, [64, -1]])
    expect(err).toContain('stopped while judging')
  })
})
