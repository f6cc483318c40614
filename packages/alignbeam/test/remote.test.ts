import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { type GenerationOptions, type Tokenizer, textPrompt, tokenPrompt } from '@safe/tensor-core/contracts'
import { openEndpoint } from '@safe/tensor-core/endpoint'
import type { TextTokenizer } from '@safe/tensor-core/text'
import { alignBeam } from '../src/alignBeam'
import { type Answer, answerBatch } from '../src/mixing/answer'
import { type AlignBeamOptions } from '../src/options'
import { remoteMixer } from '../src/remote/remoteMixer'
import { type RemoteModel, type RemoteOptions, remoteModel } from '../src/remote/remoteModel'
import { alignBeamMixer, defaultSettings } from '../src/settings'
import { type CompletionsServer, type ServerOptions, completionsServer } from './fixtures/completionsServer'
import { left, right } from './fixtures/right'
import {
  type NextLogits,
  type Toy,
  byteTokenizer,
  randomLogits,
  toyModel,
  wordTokenizer,
} from './fixtures/toy'
import { pieces, words } from './fixtures/vocabularies'

const generation: GenerationOptions = {
  maxNewTokens: 12,
  temperature: 0,
  topP: 1,
  topK: 0,
  repetitionPenalty: 1,
  stop: [],
  seed: 42,
}
const settings: AlignBeamOptions = { ...defaultSettings, top: 50 }
const prompts = ['the cat', 'a dog is on the mat', 'sat']

/** Tokens without text cannot come from a server as text, so the toy does not say them. */
const speaking =
  (seed: number): NextLogits =>
  (row) =>
    randomLogits(seed, words.size)(row).map((x, id) => (id < 2 ? -50 : x))
const draftToy = (seed = 3): Toy => toyModel('draft', words, speaking(seed))
const anchorToy = (seed = 3): Toy => toyModel('anchor', pieces, randomLogits(seed + 1000, pieces.size))
const asText = (tokenizer: Tokenizer): TextTokenizer => ({
  ...tokenizer,
  specialTokens: {},
  prefixTokens: [],
})

const servers: CompletionsServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})
const serve = async (model: Toy, options: ServerOptions = {}): Promise<CompletionsServer> => {
  const server = await completionsServer(model, options)
  servers.push(server)
  return server
}
interface Asking extends Partial<RemoteOptions> {
  readonly cache?: string | false
}
const remote = async (
  server: CompletionsServer,
  { cache = false, ...options }: Asking & Pick<RemoteOptions, 'role'>,
): Promise<RemoteModel> => {
  const endpoint = await right(openEndpoint({ address: server.address, cache, firstPauseSeconds: 0.01 }))
  return right(remoteModel(endpoint, { template: 'none', top: settings.top, ...options }))
}

const answers = (
  draft: Toy | RemoteModel,
  anchor: Toy | RemoteModel,
  chosen: AlignBeamOptions = settings,
  o = generation,
  asked = prompts,
) => {
  const mixer = remoteMixer(anchor, draft, chosen)
  if (E.isLeft(mixer)) throw new Error(mixer.left.message)
  return answerBatch(anchor, mixer.right, undefined, chosen)(draft)(
    asked.map((prompt) => ({ prompt: textPrompt(prompt) })),
    o,
  )
}
const localAnswers = (chosen: AlignBeamOptions, seed = 3): Promise<ReadonlyArray<Answer>> => {
  const [draft, anchor] = [draftToy(seed), anchorToy(seed)]
  const mixer = alignBeamMixer(anchor, draft, chosen)
  if (E.isLeft(mixer)) throw new Error(mixer.left.message)
  return right(
    answerBatch(anchor, mixer.right, undefined, chosen)(draft)(
      prompts.map((prompt) => ({ prompt: textPrompt(prompt) })),
      generation,
    ),
  )
}
const texts = (all: ReadonlyArray<Answer>) =>
  all.map(({ completion, beams }) => [completion.text, ...beams.map((beam) => beam.completion.text.trim())])
const tokens = (all: ReadonlyArray<Answer>) =>
  all.map(({ beams }) => beams.map(({ completion }) => [completion.tokens, completion.finishReason]))

describe('a pair behind URLs', () => {
  it.each([
    [1, 'vllm', undefined],
    [3, 'vllm', undefined],
    [3, 'llamaCpp', undefined],
    [3, 'vllm', 'text'],
    [3, 'llamaCpp', 'text'],
  ] as const)(
    'with tokenizers says what the local pair says (K %i, %s, %s)',
    async (beams, shape, continuation) => {
      const chosen = { ...settings, beams }
      for (const seed of [3, 4]) {
        const [draftAt, anchorAt] = [
          await serve(draftToy(seed), { shape }),
          await serve(anchorToy(seed), { shape }),
        ]
        const draft = await remote(draftAt, { role: 'draft', tokenizer: asText(words), continuation })
        const anchor = await remote(anchorAt, { role: 'anchor', tokenizer: asText(pieces) })
        const found = await right(answers(draft, anchor, chosen))
        const expected = await localAnswers(chosen, seed)
        expect(tokens(found)).toEqual(tokens(expected))
        expect(texts(found)).toEqual(texts(expected))
        found.forEach(({ telemetry }, i) => {
          const own = expected[i]?.telemetry
          expect(telemetry.steps).toBe(own?.steps)
          expect(telemetry.support).toBe(own?.support)
          expect(telemetry.agreement).toBe(own?.agreement)
          expect(telemetry.mappedMass).toBeCloseTo(own?.mappedMass ?? 0, 6)
          // Everything is listed.
          expect(telemetry.anchorUnlisted).toBeCloseTo(0, 5)
          expect(telemetry.draftUnlisted).toBeCloseTo(0, 5)
          expect(telemetry.effectiveTop).toBe(pieces.size)
        })
      }
    },
  )

  it.each(['draft', 'anchor'] as const)('equals it with only the %s behind one', async (role) => {
    const [draft, anchor] = [draftToy(), anchorToy()]
    const found = await right(
      role === 'draft'
        ? answers(await remote(await serve(draft), { role, tokenizer: asText(words) }), anchor)
        : answers(draft, await remote(await serve(anchor), { role, tokenizer: asText(pieces) })),
    )
    expect(tokens(found)).toEqual(tokens(await localAnswers(settings)))
    expect([draft.work.open, anchor.work.open]).toEqual([0, 0])
  })

  it('takes exactly 1 + K (N - 1) mixed steps and K completions, the requests of a batch at once', async () => {
    // Neither model ends a text, so that no beam is cut short.
    const endless =
      (seed: number, size: number, eos: number): NextLogits =>
      (row) =>
        randomLogits(seed, size)(row).map((x, id) => (id === eos ? -50 : x))
    const draftAt = await serve(toyModel('draft', words, endless(5, words.size, 2)))
    const anchorAt = await serve(toyModel('anchor', pieces, endless(6, pieces.size, 1)))
    const draft = await remote(draftAt, { role: 'draft', tokenizer: asText(words) })
    const anchor = await remote(anchorAt, { role: 'anchor', tokenizer: asText(pieces) })
    const chosen = { ...settings, beams: 3, bridgeTokens: 4, refusalTail: 1000 }
    await right(answers(draft, anchor, chosen))
    expect(draftAt.counts()).toEqual({ steps: 3 * (1 + 3 * 3), completions: 3 * 3 })
    expect(anchorAt.counts()).toEqual({ steps: 3 * (1 + 3 * 3), completions: 0 })
    expect(draftAt.load.most).toBeGreaterThan(3)
    expect(draftAt.load.most).toBeLessThanOrEqual(8)
  })

  it('is free the second time', async () => {
    const cache = mkdtempSync(join(tmpdir(), 'replies-'))
    const [draftAt, anchorAt] = [await serve(draftToy()), await serve(anchorToy())]
    const run = async () =>
      right(
        answers(
          await remote(draftAt, { role: 'draft', tokenizer: asText(words), cache }),
          await remote(anchorAt, { role: 'anchor', tokenizer: asText(pieces), cache }),
        ),
      )
    const first = await run()
    const asked = [draftAt.asked.length, anchorAt.asked.length]
    expect(Math.min(...asked)).toBeGreaterThan(0)
    expect(await run()).toEqual(first)
    expect([draftAt.asked.length, anchorAt.asked.length]).toEqual(asked)
  })
})

describe('the defence with an anchor behind a URL', () => {
  it('generates and steps as with the anchor in this process', async () => {
    const anchor = await remote(await serve(anchorToy()), { role: 'anchor', tokenizer: asText(pieces) })
    const options = { beams: 2, top: settings.top }
    const [defended, expected] = await Promise.all(
      [anchor, anchorToy()].map((one) => right(alignBeam(options, { anchor: one }).apply(draftToy()))),
    )
    const requests = prompts.map((prompt) => ({ prompt: textPrompt(prompt) }))
    const completed = async (model = defended) => model && right(model.generate(requests, generation))
    expect(await completed()).toEqual(await completed(expected))
    const stepped = async (model = defended) => {
      const session = model && (await right(model.open(requests.map(({ prompt }) => prompt))))
      return session && right(session.logProbs)
    }
    const [ours, theirs] = [await stepped(), await stepped(expected)]
    expect(ours).toHaveLength(prompts.length)
    ours?.forEach((row, i) => expect([...row]).toEqual([...(theirs?.[i] ?? [])]))
  })
})

describe('a server that lists few tokens', () => {
  it.each([
    ['silently', { most: 5 }],
    ['and refuses more', { refusesAbove: 5 }],
  ])('%s: the mixture says so, and a warning once', async (_, capped) => {
    const warnings: string[] = []
    const anchorAt = await serve(anchorToy(), capped)
    const anchor = await remote(anchorAt, {
      role: 'anchor',
      tokenizer: asText(pieces),
      onWarning: (line) => warnings.push(line),
    })
    const found = await right(answers(draftToy(), anchor))
    expect(warnings).toEqual([`${anchorAt.address}: the server gives 5 of 50 top tokens`])
    found.forEach(({ telemetry }) => {
      expect(telemetry.effectiveTop).toBe(5)
      expect(telemetry.anchorUnlisted).toBeGreaterThan(0.05)
      expect(telemetry.draftUnlisted).toBe(0)
    })
    // The local pair with B = 5 takes the same tokens.
    expect(tokens(found)).toEqual(tokens(await localAnswers({ ...settings, top: 5 })))
  })

  it('counts what the draft does not list as 0', async () => {
    const draft = await remote(await serve(draftToy(), { most: 2 }), {
      role: 'draft',
      tokenizer: asText(words),
    })
    const found = await right(answers(draft, anchorToy()))
    found.forEach(({ telemetry }) => expect(telemetry.draftUnlisted).toBeGreaterThan(0.05))
    // With the whole weight on the anchor nothing of the draft's counts in the first steps.
    const anchored = { ...settings, alpha: 1, beams: 1 }
    expect(tokens(await right(answers(draft, anchorToy(), anchored)))).toEqual(
      tokens(await localAnswers(anchored)),
    )
  })

  it('of none at all is refused', async () => {
    const server = await serve(anchorToy(), { givesLogProbs: false })
    const anchor = await remote(server, { role: 'anchor', tokenizer: asText(pieces) })
    expect(await left(answers(draftToy(), anchor))).toMatchObject({
      _tag: 'EndpointRefused',
      kind: 'input',
      where: server.address,
      message: expect.stringContaining('gives no log-probabilities') as string,
    })
  })
})

describe('without tokenizers', () => {
  it.each(['vllm', 'llamaCpp'] as const)('texts are tokens (%s)', async (shape) => {
    const draft = await remote(await serve(draftToy(), { shape }), { role: 'draft' })
    const anchor = await remote(await serve(anchorToy(), { shape }), { role: 'anchor' })
    const found = await right(answers(draft, anchor))
    // Any text of the anchor's can follow the draft's; the anchor's single letters cannot be told from words.
    found.forEach(({ beams, telemetry }) => {
      expect(beams).toHaveLength(3)
      expect(telemetry.mappedMass).toBeGreaterThan(0.9)
      expect(telemetry.fallbacks).toBe(0)
    })
    // Only texts that are tokens of both: with these vocabularies the same pairs as the tokenizers' exact ones.
    const exact = { ...settings, multi: 'exact' } as const
    const listed = await right(answers(draft, anchor, exact))
    expect(listed.map(({ telemetry }) => telemetry.support)).toEqual(
      (await localAnswers(exact)).map(({ telemetry }) => telemetry.support),
    )
  })

  it('a local draft takes the texts that are one of its tokens', async () => {
    const anchor = await remote(await serve(anchorToy()), { role: 'anchor' })
    expect(tokens(await right(answers(draftToy(), anchor)))).toEqual(tokens(await localAnswers(settings)))
  })

  it('parts of characters are not written by text, and are by ids', async () => {
    const bytes = byteTokenizer(['€', 'ab'], 'parts')
    // Most probable are the bytes of one character, in their order.
    const euro = [...new TextEncoder().encode('é')]
    const next = (row: ReadonlyArray<number>) =>
      Array.from({ length: bytes.size }, (_, id) => (id === euro[row.length % 2] ? 9 : id === 97 ? 5 : 0))
    const draftAt = await serve(toyModel('draft', bytes, next), { shape: 'llamaCpp' })
    const anchor = toyModel('anchor', bytes, next)
    const one = { ...settings, alpha: 0.4, beams: 1, bridgeTokens: 4, top: 300 }
    const few = { ...generation, maxNewTokens: 4 }
    const said = async (options: Asking) =>
      (
        await right(
          answers(await remote(draftAt, { role: 'draft', top: 300, ...options }), anchor, one, few, [
            'ab ab ',
          ]),
        )
      )[0]?.completion.text
    expect(await said({ tokenizer: asText(bytes) })).toBe('éé')
    expect(await said({ tokenizer: asText(bytes), continuation: 'text' })).toBe('aaaa')
    expect(await said({})).toBe('aaaa')
  })
})

describe('a conversation', () => {
  it.each([[false], [true]])(
    'is continued as its last message (the server repeats it: %s)',
    async (repeats) => {
      const draftAt = await serve(draftToy(), { repeats })
      const draft = await remote(draftAt, { role: 'draft', tokenizer: asText(words), continuation: 'chat' })
      const found = await right(answers(draft, anchorToy()))
      expect(texts(found)).toEqual(texts(await localAnswers(settings)))
      expect(draftAt.asked[0]).toMatchObject({
        path: '/v1/chat/completions',
        messages: [{ role: 'user', content: 'the cat' }],
      })
      expect(draftAt.asked.at(-1)).toMatchObject({
        continue_final_message: true,
        add_generation_prompt: false,
      })
      expect(draftAt.asked.at(-1)?.messages?.at(-1)?.role).toBe('assistant')
    },
  )

  it('is not begun with the API of OpenAI, which cannot continue it', async () => {
    const endpoint = await right(openEndpoint({ address: 'https://api.openai.com/v1#gpt', cache: false }))
    const anchor = await right(remoteModel(endpoint, { role: 'anchor', continuation: 'chat', top: 20 }))
    // Nothing is sent: the fault comes without a network.
    expect(await left(answers(draftToy(), anchor))).toMatchObject({
      _tag: 'EndpointRefused',
      where: 'https://api.openai.com/v1#gpt',
      remedy: 'give `anchorContinuation` text or tokens',
    })
  })

  it('that a server cannot continue is refused', async () => {
    const draftAt = await serve(draftToy(), { refuses: ['continue_final_message'] })
    const draft = await remote(draftAt, { role: 'draft', tokenizer: asText(words), continuation: 'chat' })
    expect(await left(answers(draft, anchorToy()))).toMatchObject({
      _tag: 'EndpointRefused',
      message: expect.stringContaining('cannot continue a message of the assistant') as string,
      remedy: 'give `draftContinuation` text or tokens',
    })
  })
})

describe('what a server refuses', () => {
  it('ids: the remedy is text', async () => {
    const server = await serve(draftToy(), { takesTokens: false })
    const draft = await remote(server, { role: 'draft', tokenizer: asText(words) })
    expect(await left(answers(draft, anchorToy()))).toMatchObject({
      remedy: 'where it takes no prompts of tokens, give `draftContinuation` text',
    })
  })

  it('prompts of ids keep their special tokens where they are sent as text', async () => {
    const special = {
      ...words,
      decode: (ids: ReadonlyArray<number>) => ids.map((id) => words.token(id)).join(' '),
    }
    const server = await serve(draftToy())
    const draft = await remote(server, { role: 'draft', tokenizer: asText(special), continuation: 'text' })
    await right(draft.generate([{ prompt: tokenPrompt([1, 3, 4]) }], generation))
    expect(server.asked[0]).toMatchObject({ prompt: '<s> the cat', add_special_tokens: false })
    const unknown = await remote(server, { role: 'draft' })
    expect(await left(unknown.generate([{ prompt: tokenPrompt([1, 3]) }], generation))).toMatchObject({
      _tag: 'BadRow',
      where: server.address,
    })
  })

  it('a tokenizer of another model is noticed', async () => {
    const other = asText(wordTokenizer(['dog', 'a', 'mat', 'on', 'sat', 'is', 'cat', 'the']))
    for (const shape of ['vllm', 'llamaCpp'] as const) {
      const draft = await remote(await serve(draftToy(), { shape }), { role: 'draft', tokenizer: other })
      expect(await left(answers(draft, anchorToy()))).toMatchObject({
        _tag: 'BadOption',
        message: expect.stringContaining('not the one of this model') as string,
      })
    }
  })

  it('sampling is passed on, with a seed for each beam', async () => {
    const draftAt = await serve(draftToy())
    const draft = await remote(draftAt, { role: 'draft', tokenizer: asText(words) })
    await right(
      answers(draft, anchorToy(), settings, { ...generation, temperature: 0.7, repetitionPenalty: 1.15 }, [
        'the cat',
      ]),
    )
    const sampled = draftAt.asked.filter(({ logprobs }) => logprobs === undefined)
    expect(sampled.length).toBeGreaterThan(1)
    sampled.forEach((body) =>
      expect(body).toMatchObject({
        temperature: 0.7,
        top_p: 1,
        top_k: -1,
        min_p: 0,
        repetition_penalty: 1.15,
        repeat_penalty: 1.15,
      }),
    )
    expect(new Set(sampled.map(({ seed }) => seed)).size).toBe(sampled.length)
  })
})
