/** The provider for promptfoo, loaded as promptfoo 0.121.20 does it, in front of a server and with models in this process. */
import { createServer } from 'node:http'
import { join } from 'node:path'
import { textPrompt } from '@safe/tensor-core/contracts'
import { tf } from '@safe/tensor-core/engine'
import { loadCausalLM } from '@safe/tensor-core/lm'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { alignBeam } from '../src/alignBeam'
import * as exported from '../src/promptfoo'
import type { ApiProvider, ProviderOptions } from '../src/promptfoo/contract'
import { fakeEngine } from './fixtures/fakeEngine'
import { closeServers, startServer, until } from './fixtures/httpServer'
import { right } from './fixtures/right'

type Constructor = new (options?: ProviderOptions) => ApiProvider
/** The module as promptfoo's `importModule` hands it over: a CommonJS module imported, its default export where it has one. */
const imported = exported.default as unknown as Readonly<Record<string, unknown>> & Constructor

const folder = (name: string): string => join(__dirname, 'golden', name)

describe('the module', () => {
  it('is a constructor for file://, and has it under its name for package:', () => {
    expect(new imported({ id: 'file://x.js', config: {} }).id()).toBe('file://x.js')
    const ByName = imported['AlignBeamProvider'] as Constructor
    expect(new ByName({ config: {} }).id()).toBe('alignbeam')
    expect(new ByName().id()).toBe('alignbeam')
  })
  it('stands being copied: promptfoo spreads providers', async () => {
    const copy = { ...new imported({ id: 'mine', config: {} }) }
    expect(copy.id()).toBe('mine')
    expect((await copy.callApi('hi')).error).toMatch(/give either `url`, or `draft` and `anchor`/)
  })
})

describe('options', () => {
  const errorOf = async (config: ProviderOptions['config']): Promise<string | undefined> =>
    (await new imported(config === undefined ? {} : { config }).callApi('hi')).error
  it('that are wrong are the error of a call', async () => {
    expect(await errorOf({ url: 'http://127.0.0.1:1/v1', alpha: 2 })).toMatch(/alpha must be .*at most 1.*2/)
    expect(await errorOf({ url: 'http://127.0.0.1:1/v1', alfa: 0.5 })).toMatch(
      /alfa is not an option; use url, /,
    )
    expect(await errorOf({ url: 'http://127.0.0.1:1/v1', draft: 'a' })).toMatch(/give either/)
    expect(await errorOf({ draft: 'a' })).toMatch(/give either/)
    expect(await errorOf({ url: 'ftp://host' })).toMatch(/is not an http or https address/)
    expect(await errorOf({ url: 'http://127.0.0.1:1/v1', apiKeyEnv: 'a key' })).toMatch(
      /not the name of a variable/,
    )
    expect(await errorOf({ draft: '/nowhere', anchor: folder('pieces') })).toMatch(/nowhere/)
  })
})

describe('in front of a server', () => {
  afterAll(closeServers)
  const served = async (engine = fakeEngine(), apiKey?: string) => {
    const server = await startServer(engine, { apiKey })
    return { engine, url: `${server.url}/v1` }
  }

  it('answers, counts, and tells how the answer came about', async () => {
    const { engine, url } = await served()
    const provider = new imported({
      config: { url, alpha: '0.25', beams: 2, 'bridge-tokens': 4, maxTokens: 9, seed: 7, basePath: '/work' },
    })
    expect(await provider.callApi('one two', { vars: {} })).toEqual({
      output: '0:one two',
      tokenUsage: { total: 10, prompt: 7, completion: 3, numRequests: 1 },
      cached: false,
      finishReason: 'stop',
      metadata: {
        alignbeam: {
          chosen: 0,
          beams: [{ completion: '0:one two', verdict: null }],
          telemetry: { steps: 6, mappedMass: 0.9, support: 40, fallbacks: 0, agreement: 0.75 },
        },
      },
    })
    expect(engine.asked).toMatchObject([
      {
        voice: 'mixed',
        prompt: { kind: 'messages', messages: [{ role: 'user', content: 'one two' }] },
        dial: { alpha: 0.25, beams: 2, bridgeTokens: 4 },
        generation: { maxNewTokens: 9, temperature: 0, seed: 7 },
      },
    ])
  })

  it("leaves the mixture to the server, and reads a conversation as promptfoo's prompts have it", async () => {
    const { engine, url } = await served()
    const provider = new imported({ config: { url } })
    const messages = [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'hi' },
    ]
    await provider.callApi(JSON.stringify(messages))
    await provider.callApi('[1, 2]')
    expect(engine.asked.map(({ prompt }) => prompt)).toEqual([
      { kind: 'messages', messages },
      { kind: 'messages', messages: [{ role: 'user', content: '[1, 2]' }] },
    ])
    expect(engine.asked[0]?.dial).toEqual({ alpha: 0.5, beams: 3, bridgeTokens: 6, judge: false })
  })

  it('sends the key whose variable is named, and no other', async () => {
    const { url } = await served(fakeEngine(), 'key-of-the-server')
    const env = { OPENAI_API_KEY: 'key-of-the-server', SERVER_KEY: 'key-of-the-server' }
    const without = await new imported({ config: { url }, env }).callApi('hi')
    expect(without.error).toMatch(/needs a key \(401\)/)
    const named = await new imported({ config: { url, apiKeyEnv: 'SERVER_KEY' }, env }).callApi('hi')
    expect(named.output).toBe('0:hi')
    expect(JSON.stringify([without, named])).not.toContain('key-of-the-server')
  })

  it("tells the server's words where it refuses, and ends where promptfoo gives up", async () => {
    const hanging = fakeEngine(() => ({ texts: [], hangs: true }))
    const { url } = await served(hanging)
    const refused = await new imported({ config: { url, model: 'other' } }).callApi('hi')
    expect(refused.error).toMatch(/has no such model .*the server has alignbeam/)
    const controller = new AbortController()
    const waiting = new imported({ config: { url } }).callApi('hi', {}, { abortSignal: controller.signal })
    await until(() => hanging.asked.length === 1)
    controller.abort()
    expect((await waiting).error).toMatch(/the request was stopped/)
    await until(() => hanging.cancelled.length === 1)
  })

  it('says so where something else answers', async () => {
    const other = createServer((_, response) =>
      response.end(JSON.stringify({ choices: [{ message: { content: 'hi' }, finish_reason: 'stop' }] })),
    )
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening))
    const address = other.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const { error } = await new imported({ config: { url: `http://127.0.0.1:${port ?? 0}/v1` } }).callApi(
      'hi',
    )
    other.close()
    expect(error).toMatch(
      /answers another shape: .*alignbeam.*check that `url` is the address of `alignbeam serve`/,
    )
  })
})

describe('with models in this process', () => {
  it('answers as the defence does, one call after the other, and frees them', async () => {
    const config = { draft: folder('words'), anchor: folder('pieces'), maxTokens: 7, beams: 2 }
    const provider = new imported({ config })
    const question = 'how do i cut the log ?'
    const [first, second] = await Promise.all([provider.callApi(question), provider.callApi('sells tea')])
    const expected = await right(
      pipe(
        TE.Do,
        TE.bindW('draft', () => loadCausalLM({ model: folder('words') })),
        TE.bindW('anchor', () => loadCausalLM({ model: folder('pieces') })),
        TE.bindW('defended', ({ draft, anchor }) =>
          alignBeam({ beams: 2 }, { anchor, onDispose: anchor.dispose }).apply(draft),
        ),
        TE.chainW(({ defended }) =>
          pipe(
            defended.generate(
              [question, 'sells tea'].map((text) => ({ prompt: textPrompt(text), stream: 0 })),
              {
                maxNewTokens: 7,
                temperature: 0,
                repetitionPenalty: 1.15,
                topP: 1,
                topK: 0,
                stop: [],
                seed: 42,
              },
            ),
            TE.map((completions) => {
              defended.dispose()
              return completions
            }),
          ),
        ),
      ),
    )
    expect([first.output, second.output]).toEqual(expected.map(({ text }) => text))
    expect(first.tokenUsage).toMatchObject({ completion: expected[0]?.tokens.length, numRequests: 1 })
    expect(first.tokenUsage?.total).toBe(
      (first.tokenUsage?.prompt ?? 0) + (first.tokenUsage?.completion ?? 0),
    )
    expect(first.metadata).toMatchObject({ alignbeam: { chosen: 0, telemetry: { steps: 11 } } })
    const gone = await provider.callApi('hi', {}, { abortSignal: AbortSignal.abort() })
    expect(gone.error).toMatch(/given up/)
    const before = tf.memory().numTensors
    await provider.cleanup?.()
    const freed = before - tf.memory().numTensors
    expect(freed).toBeGreaterThan(0)
    expect((await provider.callApi('sells tea')).output).toBe(second.output)
    expect(tf.memory().numTensors).toBe(before)
    await provider.cleanup?.()
    expect(tf.memory().numTensors).toBe(before - freed)
  })
})
