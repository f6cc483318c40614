/** What a server can do is enough for consumers that need no more: it generates, and tells only the most probable tokens. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type CausalLM,
  type DecodingSession,
  type GenerationError,
  type Generates,
  type NextToken,
  type PartialDistribution,
  type Scores,
  type Steps,
  type TokenLogProb,
  failure,
  greedy,
  modelVersion,
  partialDistribution,
  promptText,
  requestsOf,
  textPrompt,
} from '../../src/contracts'
import { loadGolden, run } from './golden'
import { selectEngine } from '../../src/engine'

// a server ---------------------------------------------------------------------------------------

/** Answers by shouting; its three most probable next tokens are always the same. */
const top: ReadonlyArray<TokenLogProb> = [0.1, 0.6, 0.2].map((p, id) => ({ id, logProb: Math.log(p) }))
const common = { specificationVersion: modelVersion, dispose: () => undefined }
const server: Generates = {
  ...{ ...common, id: 'server' },
  generate: (requests, options) =>
    TE.right(
      requests.map(({ prompt, maxNewTokens = options.maxNewTokens }) => ({
        tokens: [],
        text: promptText(prompt).toUpperCase().slice(0, maxNewTokens),
        finishReason: 'length',
      })),
    ),
}

const session = (tokens: ReadonlyArray<ReadonlyArray<number>>): DecodingSession<PartialDistribution> => ({
  tokens,
  promptLengths: tokens.map((row) => row.length),
  logProbs: TE.right(tokens.map(() => partialDistribution(top))),
  edit: (edits) =>
    TE.right(session(edits.map((e, i) => [...(tokens[i] ?? []).slice(0, e.keep), ...e.tokens]))),
  select: (rows) => TE.right(session(rows.map((row) => tokens[row] ?? []))),
  complete: () => TE.left(failure('ModelFailed', 'this server does not continue rows of tokens')),
  dispose: () => undefined,
})
const stepping: Steps<PartialDistribution> = {
  ...{ ...common, id: 'stepping server', tokenizer: undefined, vocabSize: 9, stopTokens: new Set([2]) },
  encodePrompt: (prompt) => TE.right(prompt.kind === 'tokens' ? prompt.tokens : [7]),
  open: (prompts) => TE.right(session(prompts.map((p) => (p.kind === 'tokens' ? p.tokens : [7])))),
}

// consumers --------------------------------------------------------------------------------------

const texts = (
  model: Generates,
  prompts: ReadonlyArray<string>,
): TE.TaskEither<GenerationError, ReadonlyArray<string>> =>
  pipe(
    model.generate(requestsOf(prompts.map(textPrompt)), greedy(4)),
    TE.map((completions) => completions.map((c) => c.text)),
  )
const meanLoss = (model: Scores) =>
  pipe(
    model.score([]),
    TE.map((scores) => scores.length),
  )
const rows = <D extends NextToken>(model: Steps<D>) =>
  pipe(
    model.open([{ kind: 'tokens', tokens: [5, 6] }]),
    TE.chain((opened) => opened.edit([{ keep: 1, tokens: [8, 8] }])),
    TE.chain((edited) =>
      pipe(
        edited.logProbs,
        TE.map((next) => ({ next, tokens: edited.tokens })),
      ),
    ),
  )

describe('capabilities', () => {
  it('a server that only generates serves whoever needs only completions', async () => {
    expect(await run(texts(server, ['hello', 'no']))).toEqual(['HELL', 'NO'])
    const limited = server.generate([{ prompt: textPrompt('hello'), maxNewTokens: 2 }], greedy(4))
    expect((await run(limited)).map((c) => c.text)).toEqual(['HE'])
    // @ts-expect-error it does not score
    expect(() => meanLoss(server)).toThrow()
    // @ts-expect-error it is not a whole model
    const whole: CausalLM = server
    expect(whole.id).toBe('server')
  })

  it('a server may tell the most probable tokens and the mass they leave out', async () => {
    const { next, tokens } = await run(rows(stepping))
    expect(tokens).toEqual([[5, 8, 8]])
    expect(next[0]?.top.map((t) => t.id)).toEqual([1, 2, 0])
    expect(next[0]?.restMass).toBeCloseTo(0.1, 12)
    expect(partialDistribution([]).restMass).toBe(1)
    expect(partialDistribution([{ id: 0, logProb: 1e-9 }]).restMass).toBe(0)
    // @ts-expect-error a mixture needs whole distributions
    const anchor: Steps = stepping
    expect(anchor.id).toBe('stepping server')
  })

  it('the decoder of this process has all capabilities', async () => {
    await run(selectEngine('wasm'))
    const lm = await loadGolden('grouped')
    expect(lm.specificationVersion).toBe(2)
    expect(await run(texts(lm, []))).toEqual([])
    expect(await run(meanLoss(lm))).toBe(0)
    const { next } = await run(rows(lm))
    expect(next[0]?.length).toBe(lm.vocabSize)
    lm.dispose()
  })
})
