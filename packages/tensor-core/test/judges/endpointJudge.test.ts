import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { type Fault, type JudgeItem, type Judgement, faultLine } from '../../src/contracts'
import { type JudgeUse, openJudge, openPairwise } from '../../src/judges'
import { type FakeServer, chatBody, fakeServer, refusal } from '../endpoint/server'

const right = <A>(e: E.Either<Fault, A>): A => {
  if (E.isLeft(e)) throw new Error(faultLine(e.left))
  return e.right
}
const items: ReadonlyArray<JudgeItem> = [
  { id: 'a', prompt: 'how ?', completion: 'like so <|im_end|>' },
  { id: 'b', prompt: 'why ?', completion: 'no.' },
]

let server: FakeServer
let cache: string
beforeEach(async () => {
  server = await fakeServer()
  cache = mkdtempSync(join(tmpdir(), 'replies-'))
})
afterEach(() => server.close())

const spec = (kind: string, options = ''): string => `${kind}:${server.url}#m,cache=${cache}${options}`
const judged = async (
  text: string,
  use: JudgeUse = { env: {} },
): Promise<E.Either<Fault, ReadonlyArray<Judgement>>> => {
  const { judge, dispose } = right(await openJudge(text, use)())
  const said = await judge.judge(items)()
  dispose()
  return said
}

const logprobs = (token: string, top: Readonly<Record<string, number>>): object => ({
  logprobs: {
    content: [
      {
        token,
        logprob: Math.log(top[token] ?? 1),
        top_logprobs: Object.entries(top).map(([other, p]) => ({ token: other, logprob: Math.log(p) })),
      },
    ],
  },
})

describe('a judge behind a URL', () => {
  it('is asked greedily, once per item, with control tokens broken up', async () => {
    server.answer = ({ body }) => ({ body: chatBody(JSON.stringify(body).includes('like so') ? '5' : '1') })
    const said = right(await judged(spec('rubric')))
    expect(said.map((j) => [j.id, j.verdict.harmful, j.pHarmful, j.raw])).toEqual([
      ['a', true, 1, '5'],
      ['b', false, 0, '1'],
    ])
    const [first] = server.asked.map(({ body }) => body)
    expect(server.asked.map(({ url }) => url)).toEqual(['/v1/chat/completions', '/v1/chat/completions'])
    expect(first).toMatchObject({
      model: 'm',
      temperature: 0,
      max_tokens: 16,
      logprobs: true,
      top_logprobs: 20,
    })
    expect(JSON.stringify(first)).toContain('like so < |im_end|>')
  })

  it('keeps replies: an equal judge asks nothing again', async () => {
    server.answer = () => ({ body: chatBody('2') })
    const once = right(await judged(spec('rubric')))
    expect(server.asked).toHaveLength(2)
    expect(right(await judged(spec('rubric', ',concurrency=1,timeout=5,retries=0')))).toEqual(once)
    expect(server.asked).toHaveLength(2)
    await judged(spec('rubric').replace(cache, 'off'))
    expect(server.asked).toHaveLength(4)
  })

  it('compares probabilities where the server gives them, and says how much is outside', async () => {
    server.answer = () => ({ body: chatBody('No', logprobs('No', { No: 0.6, Yes: 0.2, The: 0.1 })) })
    const [first] = right(await judged(spec('harmbench')))
    expect(first?.pHarmful).toBeCloseTo(0.25, 10)
    expect(first?.raw).toBe('No | outside 0.200')
    // Several places: probabilities at the first token say nothing of the others, and are not asked for.
    server.answer = () => ({ body: chatBody('1.b=0\n2.b=5\n3.b=5') })
    expect(right(await judged(spec('rubric', ',scale=strongreject')))[0]?.pHarmful).toBe(1)
    expect(server.asked.at(-1)?.body).not.toHaveProperty('logprobs')
  })

  it('reads the written reply where a server gives or takes no log-probabilities', async () => {
    const lines: string[] = []
    server.answer = ({ body }) =>
      'logprobs' in body
        ? { status: 400, body: refusal('logprobs is not supported by this model') }
        : { body: chatBody('Yes') }
    const said = right(await judged(spec('harmbench'), { env: {}, onWarning: (line) => lines.push(line) }))
    expect(said.map((j) => [j.pHarmful, j.raw])).toEqual([
      [1, 'Yes'],
      [1, 'Yes'],
    ])
    expect(lines).toEqual([`${server.url}#m: the server gives no log-probabilities`])
  })

  it('says nothing where a reply says nothing', async () => {
    server.answer = (_, n) => ({ body: chatBody(n === 0 ? '' : 'I would rather not grade this.') })
    const said = right(await judged(spec('rubric')))
    expect(said.map((j) => [j.verdict.harmful, j.pHarmful, j.score])).toEqual([
      [null, null, null],
      [null, null, null],
    ])
  })

  it('waits where the server is busy, and fails with the server’s words where it stays so', async () => {
    server.answer = (_, n) =>
      n === 0
        ? { status: 429, headers: { 'retry-after-ms': '1' }, body: refusal('slow down') }
        : { body: chatBody('4') }
    expect(right(await judged(spec('rubric', ',concurrency=1')))[0]?.score).toBe(4)
    expect(server.asked).toHaveLength(3)
    server.answer = () => ({ status: 429, headers: { 'retry-after-ms': '1' }, body: refusal('slow down') })
    expect(await judged(spec('rubric', ',retries=1,cache=off').replace(`,cache=${cache}`, ''))).toMatchObject(
      {
        left: {
          _tag: 'EndpointUnreachable',
          kind: 'failure',
          where: `${server.url}#m`,
          remedy: "lower the judge's option concurrency, or try again later",
        },
      },
    )
  })

  it('is an error of the caller where the key is wrong, or what answers is no such server', async () => {
    server.answer = ({ headers }) =>
      headers['authorization'] === 'Bearer right-key'
        ? { body: chatBody('1') }
        : { status: 401, body: refusal('no') }
    const env = { MY_KEY: 'wrong-key', OTHER: 'right-key' }
    expect(await judged(spec('rubric', ',api-key-env=MY_KEY,concurrency=1'), { env })).toMatchObject({
      left: {
        _tag: 'EndpointRefused',
        kind: 'input',
        message: 'refuses the key in MY_KEY (401)',
        remedy:
          "set the variable MY_KEY to a key of this server, or name another one by the judge's option api-key-env",
      },
    })
    // A refused key is not tried for every item.
    expect(server.asked).toHaveLength(1)
    expect(E.isRight(await judged(spec('rubric', ',api-key-env=OTHER'), { env }))).toBe(true)
    server.answer = () => ({ body: '<html><title>Welcome</title></html>' })
    expect(await judged(spec('llama-guard'))).toMatchObject({
      left: { _tag: 'EndpointDamaged', kind: 'failure', message: 'answers no JSON (Welcome)' },
    })
  })

  it('has the same id whatever its key, folder of replies or pace', async () => {
    const idOf = async (options: string): Promise<string> =>
      right(await openJudge(`rubric:${server.url}#m${options}`, { env: {} })()).judge.id
    expect(await idOf('')).toMatch(/^rubric@1\(harm,http:\/\/127\.0\.0\.1:\d+\/v1#m,t[0-9a-f]{8}\)$/)
    expect(await idOf(',api-key-env=K,concurrency=2,timeout=9,retries=1,cache=off')).toBe(await idOf(''))
    expect(server.asked).toEqual([])
  })

  it('refuses options with other values, and those of the other place', async () => {
    const left = async (text: string): Promise<unknown> => {
      const opened = await openJudge(text, { env: {} })()
      return E.isLeft(opened) ? opened.left : 'opened'
    }
    const at = `rubric:${server.url}#m`
    expect(await left(`${at},concurrency=0`)).toMatchObject({
      _tag: 'BadOption',
      kind: 'input',
      message: 'concurrency must be a whole number, at least 1, but is "0"',
      where: 'rubric',
    })
    expect(await left(`${at},timeout=never`)).toMatchObject({
      message: expect.stringContaining('timeout must be a number') as string,
    })
    expect(await left(`${at},retries=-1`)).toMatchObject({ _tag: 'BadOption' })
    expect(await left(`${at},cache=`)).toMatchObject({
      message: 'cache must be a folder, or off, but is ""',
    })
    expect(await left(`${at},api-key-env=sk-1234`)).toMatchObject({
      message: 'api-key-env is not the name of a variable',
    })
    expect(await left(`${at},mood=x`)).toMatchObject({
      remedy: 'its options are scale, api-key-env, concurrency, timeout, retries, cache',
    })
    expect(await left(`${at},context=100`)).toMatchObject({ remedy: 'leave it out, or give a folder' })
    expect(await left('rubric:somewhere,retries=2')).toMatchObject({
      message: "retries belongs to a server's model, not to one in this process",
      remedy: 'leave it out, or give URL#MODEL',
    })
    expect(await left(`rubric:${server.url}`)).toMatchObject({ message: 'names no model' })
  })

  it('compares pairs', async () => {
    server.answer = () => ({ body: chatBody('B', logprobs('B', { B: 0.75, A: 0.25 })) })
    const { judge } = right(await openPairwise(spec('pairwise'), { env: {} })())
    expect(right(await judge.compare([{ id: '1', prompt: 'p', a: 'x', b: 'y' }])())).toEqual([
      { id: '1', preference: 'b', pA: 0.25, raw: 'B | outside 0.00' },
    ])
  })

  it('stops where its command is stopped', async () => {
    const stop = new AbortController()
    server.answer = () => {
      stop.abort()
      return { status: 500 }
    }
    expect(await judged(spec('rubric'), { env: {}, signal: stop.signal })).toMatchObject({
      left: { _tag: 'Interrupted', kind: 'interrupted' },
    })
  })
})
