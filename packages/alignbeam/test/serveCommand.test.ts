import { writeFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { runBinary } from '@safe/tensor-core/cli'
import { binary } from '../src/cli/binary'
import { type ServedCommand, endServes, runServe, startServe } from './fixtures/servedCommand'

const folder = (name: string): string => join(__dirname, 'golden', name)
const pair = ['--draft', folder('words'), '--anchor', folder('pieces'), '--engine', 'wasm']
const decoding = ['--top', '20', '--max-new-tokens', '9', '--temperature', '0', '--judge', 'refusal']
const key = 'a-secret-for-this-test'

jest.setTimeout(120_000)
afterAll(endServes)

const prompts = Array.from(
  { length: 32 },
  (_, i) =>
    `${['how do i cut', 'who sells', 'where is', 'the cat and'][i % 4]} the log ${'again '.repeat(i >> 2)}`,
)

/** What `alignbeam generate` answers, with these models. */
const generated = async (models: ReadonlyArray<string> = pair): Promise<ReadonlyArray<string>> => {
  const file = join(mkdtempSync(join(tmpdir(), 'serve-')), 'prompts.jsonl')
  writeFileSync(file, prompts.map((prompt) => `${JSON.stringify({ prompt })}\n`).join(''))
  let out = ''
  const code = await runBinary(
    binary,
    ['generate', ...models, ...decoding, '--prompts', file, '--batch-size', '1', '--json', '--quiet'],
    { stdout: (s) => (out += s), stderr: () => undefined },
  )
  expect(code).toBe(0)
  const rows: unknown = JSON.parse(out)
  return Array.isArray(rows) ? rows.map((row: { completion: string }) => row.completion) : []
}

describe('alignbeam serve', () => {
  const state: { server?: ServedCommand } = {}
  const server = (): ServedCommand => {
    if (state.server === undefined) throw new Error('no server')
    return state.server
  }
  const client = (): OpenAI => new OpenAI({ baseURL: `${server().url}/v1`, apiKey: key, maxRetries: 0 })
  const ask = (content: string) =>
    client().chat.completions.create({ model: 'alignbeam', messages: [{ role: 'user', content }] })

  beforeAll(async () => {
    state.server = await startServe(
      [...pair, ...decoding, '--port', '0', '--api-key-env', 'SERVE_KEY', '--max-concurrency', '64', '--ui'],
      { SERVE_KEY: key },
    )
  })

  it('answers many clients at once as generate answers each prompt alone', async () => {
    const wanted = await generated()
    const given = await Promise.all(
      [...prompts, ...prompts].map(async (prompt) => (await ask(prompt)).choices[0]?.message.content),
    )
    expect(given).toEqual([...wanted, ...wanted])
  })

  it('streams a single beam, and its text is the whole one', async () => {
    const request = {
      model: 'alignbeam',
      messages: [{ role: 'user' as const, content: prompts[0] ?? '' }],
      beams: 1,
      alpha: 0.2,
    }
    const whole = await client().chat.completions.create(request)
    const stream = await client().chat.completions.create({ ...request, stream: true })
    const parts: string[] = []
    for await (const chunk of stream) parts.push(chunk.choices[0]?.delta.content ?? '')
    expect(parts.filter((part) => part !== '').length).toBeGreaterThan(2)
    expect(parts.join('')).toBe(whole.choices[0]?.message.content)
  })

  it('completions are never templated', async () => {
    const raw = await client().completions.create({ model: 'alignbeam', prompt: 'the cat and the dog' })
    const chat = await ask('the cat and the dog')
    expect(raw.usage?.prompt_tokens).toBeLessThan(chat.usage?.prompt_tokens ?? 0)
  })

  it('its anchor can be the anchor of another draft', async () => {
    process.env['SERVE_KEY'] = key
    const remote = await generated([
      ...['--draft', folder('words'), '--anchor', `${server().url}/v1#alignbeam/anchor`, '--engine', 'wasm'],
      ...['--anchor-tokenizer', folder('pieces'), '--anchor-api-key-env', 'SERVE_KEY', '--no-reply-cache'],
    ])
    expect(remote).toEqual(await generated())
  })

  it('serves a page', async () => {
    const page = await fetch(server().url)
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  })

  it('a killed process of the models costs the open requests, and the next are answered', async () => {
    const before = server().modelProcess()
    const open = Promise.allSettled(
      prompts.slice(0, 8).map((content) =>
        client().chat.completions.create({
          model: 'alignbeam',
          messages: [{ role: 'user', content }],
          max_completion_tokens: 80,
        }),
      ),
    )
    await new Promise((resolve) => setTimeout(resolve, 30))
    process.kill(before, 'SIGKILL')
    for (const one of await open)
      if (one.status === 'rejected') expect(String(one.reason)).toMatch(/50[0-9] .*(model|process)/)
    const until = Date.now() + 60_000
    const again = async (): Promise<string | null | undefined> => {
      try {
        return (await ask(prompts[0] ?? '')).choices[0]?.message.content
      } catch (cause) {
        const ours = cause instanceof OpenAI.APIError && Number(cause.status) >= 500
        if (Date.now() > until || !ours) throw cause
        await new Promise((resolve) => setTimeout(resolve, 200))
        return again()
      }
    }
    expect(await again()).toBe((await generated())[0])
    expect(server().modelProcess()).not.toBe(before)
  })

  it('SIGTERM lets an open stream end, and the exit code is 0', async () => {
    const request = {
      model: 'alignbeam',
      messages: [{ role: 'user' as const, content: prompts[1] ?? '' }],
      beams: 1,
      max_completion_tokens: 60,
    }
    const stream = await client().chat.completions.create({ ...request, stream: true })
    const reasons: Array<string | null | undefined> = []
    let first = true
    for await (const chunk of stream) {
      if (first) server().process.kill('SIGTERM')
      first = false
      reasons.push(chunk.choices[0]?.finish_reason)
    }
    expect(reasons.filter((reason) => typeof reason === 'string')).toHaveLength(1)
    expect(await server().ended).toBe(0)
    expect(server().said()).not.toContain(key)
    expect(server().said()).not.toContain(prompts[1])
  })
})

describe('alignbeam serve refuses to start', () => {
  it.each([
    ['without a model', ['--draft', '/nowhere', '--anchor', folder('pieces'), '--port', '0'], /nowhere/],
    [
      'with a key that is not set',
      [...pair, '--port', '0', '--api-key-env', 'NOT_SET'],
      /--api-key-env names a variable that is not set/,
    ],
    ['with an alpha outside 0 to 1', [...pair, '--port', '0', '--alpha', '2'], /--alpha/],
    [
      'where nothing may approve and nobody judges',
      [...pair, '--port', '0', '--on-no-safe', 'refuse'],
      /--judge/,
    ],
  ])('%s', async (_, argv, message) => {
    const { code, err } = await runServe(argv)
    expect([code, err]).toEqual([2, expect.stringMatching(message)])
  })
})
