import {
  type CausalLM,
  type Diagnostics,
  type GenerationOptions,
  type Prompt,
  failure,
  greedy,
  requestsOf,
  textPrompt,
  tokenPrompt,
} from '@safe/tensor-core/contracts'
import fc from 'fast-check'
import * as TE from 'fp-ts/TaskEither'
import { contrastOf } from '../src/rivals/contrast'
import { proxyTuning } from '../src/rivals/proxyTuning'
import { logRatio, proxyTuningMix } from '../src/rivals/proxyTuningMix'
import { left, right } from './fixtures/right'
import { rivalsGolden } from './fixtures/rivalsGolden'
import { pieceTokenizer, randomLogits, toyModel, wordTokenizer } from './fixtures/toy'

const { proxyTuning: golden } = rivalsGolden
const words = wordTokenizer(golden.words)
const ofTable = (name: 'draft' | 'expert' | 'anti') =>
  toyModel(name, words, (tokens) => golden.tables[name][tokens.at(-1) ?? 0] ?? [])
const random = (name: string, seed: number) => toyModel(name, words, randomLogits(seed, words.size))
const requests = requestsOf(golden.prompts.map(tokenPrompt))
const sampled = (maxNewTokens: number): GenerationOptions => ({
  ...greedy(maxNewTokens),
  temperature: 0.9,
  seed: 3,
})
const pair = () => ({ expert: random('expert', 2), antiExpert: random('anti', 3) })

describe('proxyTuningMix', () => {
  it('shifts the draft by what expert and anti-expert do not share', () => {
    const logs = (...p: number[]): Float32Array => Float32Array.from(p, Math.log)
    // p_draft * p_expert / p_anti = .5 * 3, .25 * 1, .25 * 1/3
    const ratio = logRatio(logs(0.6, 0.2, 0.2), logs(0.2, 0.2, 0.6))
    const mixed = proxyTuningMix(1)(ratio, logs(0.5, 0.25, 0.25))
    const total = 1.5 + 0.25 + 0.25 / 3
    expect(mixed.tokens).toEqual([0, 1, 2])
    ;[1.5, 0.25, 0.25 / 3].forEach((m, i) => expect(mixed.probabilities[i]).toBeCloseTo(m / total, 6))
    expect(mixed.agrees).toBe(true)
  })

  it('does not see constants added to logits, and at alpha 0 is the draft', () => {
    const row = fc.array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: 5, maxLength: 5 })
    const shift = fc.float({ min: -20, max: 20, noNaN: true })
    fc.assert(
      fc.property(row, row, row, shift, shift, (d, e, a, x, y) => {
        const [draft, expert, anti] = [Float32Array.from(d), Float32Array.from(e), Float32Array.from(a)]
        const moved = proxyTuningMix(1.5)(
          logRatio(
            expert.map((z) => z + x),
            anti.map((z) => z + y),
          ),
          draft,
        )
        const plain = proxyTuningMix(1.5)(logRatio(expert, anti), draft)
        plain.probabilities.forEach((p, i) => expect(moved.probabilities[i]).toBeCloseTo(p, 3))
        const none = proxyTuningMix(0)(logRatio(expert, anti), draft).probabilities
        const total = d.reduce((sum, z) => sum + Math.exp(z), 0)
        d.forEach((z, i) => expect(none[i]).toBeCloseTo(Math.exp(z) / total, 5))
      }),
    )
  })

  it('is the formula to the last bit, in whole vocabularies and in those with excluded tokens', () => {
    /** Equation 1 as it is read: a list of what is not excluded, exponentials, their sum, quotients. */
    const read = (alpha: number, ratio: Float32Array, draft: Float32Array) => {
      const shifted = Array.from(draft, (z, id) => (alpha === 0 ? z : z + alpha * (ratio[id] ?? 0)))
      const tokens = shifted.flatMap((z, id) => (z > Number.NEGATIVE_INFINITY ? [id] : []))
      const max = Math.max(...tokens.map((id) => shifted[id]!))
      const masses = tokens.map((id) => Math.exp(shifted[id]! - max))
      const total = masses.reduce((sum, x) => sum + x, 0)
      const probabilities = masses.map((x) => x / total)
      const best = tokens[probabilities.indexOf(Math.max(...probabilities))]
      const draftBest = draft.indexOf(Math.max(...draft))
      return { tokens, probabilities, agrees: best === draftBest }
    }
    const logit = fc.oneof(
      { weight: 9, arbitrary: fc.float({ min: -9, max: 9, noNaN: true }) },
      { weight: 1, arbitrary: fc.constant(Number.NEGATIVE_INFINITY) },
    )
    const known = fc.float({ min: -9, max: 9, noNaN: true })
    fc.assert(
      fc.property(
        fc.array(logit, { minLength: 1, maxLength: 40 }).filter((d) => d.some(Number.isFinite)),
        fc.array(known, { minLength: 1, maxLength: 40 }),
        fc.constantFrom(0, 0.2, 1, 1.5),
        (d, r, alpha) => {
          const [draft, ratio] = [Float32Array.from(d), Float32Array.from(r)]
          const mixed = proxyTuningMix(alpha)(ratio, draft)
          const { tokens, probabilities, agrees } = read(alpha, ratio, draft)
          expect(mixed.tokens).toEqual(tokens)
          expect(Array.from(mixed.probabilities)).toEqual(probabilities)
          expect(mixed).toMatchObject({ agrees, support: tokens.length, mappedMass: 1, fallback: false })
        },
      ),
    )
    // A vocabulary of another size in between.
    const small = proxyTuningMix(1)(Float32Array.of(0), Float32Array.of(0, 0))
    proxyTuningMix(1)(Float32Array.of(0), Float32Array.of(0, 0, 0))
    expect(small.tokens).toEqual([0, 1])
  })

  it('keeps tokens excluded that the draft excludes, and is a number where neither model gives a token anything', () => {
    const never = Number.NEGATIVE_INFINITY
    expect(Array.from(logRatio(Float32Array.of(never, 0, 1), Float32Array.of(never, 0)))).toEqual([0, 0, 0])
    const mixed = proxyTuningMix(1)(Float32Array.of(5, 0), Float32Array.of(never, 0, 0))
    expect(mixed.tokens).toEqual([1, 2])
    expect(Array.from(mixed.probabilities)).toEqual([0.5, 0.5])
  })
})

describe('against the Python reference', () => {
  it.each(golden.runs)('alpha $alpha: distributions, tokens and scores', async ({ alpha, rows }) => {
    const draft = ofTable('draft')
    const own: CausalLM = {
      ...draft,
      // Only the tokens of these scores are used.
      score: (examples) =>
        TE.right(
          examples.map(({ id, response }) => ({
            id,
            tokens: response.kind === 'tokens' ? response.tokens : [],
            logProbs: [],
            correct: [],
            nll: 0,
          })),
        ),
    }
    const resources = { expert: ofTable('expert'), antiExpert: ofTable('anti') }
    const model = await right(proxyTuning({ alpha, batchSize: 3 }, resources).apply(own))
    const session = await right(model.open(golden.prompts.map(tokenPrompt)))
    const logProbs = await right(session.logProbs)
    session.dispose()
    const out = await right(model.generate(requests, greedy(12)))
    const scores = await right(
      model.score(
        golden.responses.map((tokens, i) => ({
          id: `${i}`,
          prompt: tokenPrompt(golden.prompts[i] ?? []),
          response: { kind: 'tokens', tokens },
          raw: '',
          fields: {},
        })),
      ),
    )
    rows.forEach((row, i) => {
      row.probabilities.forEach((p, id) => expect(Math.exp(logProbs[i]![id]!)).toBeCloseTo(p, 5))
      expect(out[i]).toMatchObject({ tokens: row.tokens, finishReason: row.finishReason })
      expect(scores[i]).toMatchObject({ id: `${i}`, tokens: golden.responses[i], correct: row.correct })
      scores[i]!.logProbs.forEach((x, t) => expect(x).toBeCloseTo(row.logProbs[t]!, 4))
      expect(scores[i]!.nll).toBeCloseTo(row.nll, 4)
    })
    for (const toy of [draft, resources.expert, resources.antiExpert]) expect(toy.work.open).toBe(0)
  })
})

describe('proxyTuning', () => {
  it.each([greedy(10), sampled(10)])('at alpha 0 is the draft itself, with %j', async (options) => {
    const draft = random('draft', 1)
    const model = await right(proxyTuning({ alpha: 0, batchSize: 2 }, pair()).apply(draft))
    expect(await right(model.generate(requests, options))).toEqual(
      await right(draft.generate(requests, options)),
    )
  })

  it('ends with a stop string, and with the limit of a row', async () => {
    const draft = random('draft', 1)
    const model = await right(proxyTuning({ alpha: 0 }, pair()).apply(draft))
    const [whole] = await right(draft.generate(requests, greedy(10)))
    const third = words.token(whole!.tokens[2] ?? 0) ?? ''
    const [stopped] = await right(model.generate(requests, { ...greedy(10), stop: [third] }))
    expect(stopped).toMatchObject({ finishReason: 'stop' })
    expect(stopped!.tokens).toEqual(whole!.tokens.slice(0, whole!.tokens.indexOf(words.id(third)!) + 1))
    expect(stopped!.text).not.toContain(third)
    const short = await right(
      model.generate(
        [
          { ...requests[0]!, maxNewTokens: 2 },
          { ...requests[1]!, maxNewTokens: 0 },
        ],
        greedy(10),
      ),
    )
    expect(short.map((c) => [c.tokens.length, c.finishReason])).toEqual([
      [2, 'length'],
      [0, 'length'],
    ])
  })

  it('samples from the shifted distribution, by seed and row alone', async () => {
    const model = await right(proxyTuning({}, pair()).apply(random('draft', 1)))
    const all = await right(model.generate(requests, sampled(8)))
    const alone = await right(model.generate([{ ...requests[2]!, stream: 2 }], sampled(8)))
    expect(alone[0]).toEqual(all[2])
    expect(await right(model.generate(requests, { ...sampled(8), seed: 4 }))).not.toEqual(all)
  })

  it('with equal expert and anti-expert is the draft at any alpha', async () => {
    const draft = random('draft', 1)
    const model = await right(
      proxyTuning({ alpha: 2 }, { expert: random('expert', 5), antiExpert: random('anti', 5) }).apply(draft),
    )
    expect(await right(model.generate(requests, greedy(10)))).toEqual(
      await right(draft.generate(requests, greedy(10))),
    )
  })

  it('reads each prompt under the model’s own template, and edits of both from where each stands', async () => {
    const plain = random('expert', 2)
    const longer = toyModel('anti', words, randomLogits(3, words.size), (p) => `w1 w2 ${p} w3`)
    const prompts: ReadonlyArray<Prompt> = [textPrompt('w4 w5'), textPrompt('w6')]
    const session = await right(contrastOf(plain, longer).open(prompts))
    const edited = await right(
      session.edit(session.tokens.map((row) => ({ keep: row.length, tokens: [7, 8] }))),
    )
    const cut = await right(edited.edit(edited.tokens.map((row) => ({ keep: row.length - 1, tokens: [] }))))
    const one = await right(cut.select([1]))
    const [found] = await right(one.logProbs)
    const at = async (model: CausalLM, text: string): Promise<Float32Array> => {
      const own = await right(model.open([tokenPrompt([...words.encode(text), 7])]))
      const [next] = await right(own.logProbs)
      own.dispose()
      return next!
    }
    const expected = logRatio(await at(plain, 'w6'), await at(longer, 'w1 w2 w6 w3'))
    expected.forEach((x, id) => expect(found![id]).toBeCloseTo(x, 5))
    ;[session, edited, cut, one].forEach((s) => s.dispose())
    expect(longer.work.open).toBe(0)
  })

  it('says what it did and what it cost', async () => {
    const told: Diagnostics[] = []
    const models = pair()
    const model = await right(
      proxyTuning({}, { ...models, record: (d) => told.push(d) }).apply(random('draft', 1)),
    )
    const out = await right(model.generate(requests, greedy(6)))
    const steps = out.reduce((n, c) => n + c.tokens.length + (c.finishReason === 'stop' ? 1 : 0), 0)
    expect(told.at(-1)).toMatchObject({ prompts: 4, steps, extraForwardPasses: 2 * steps })
    expect(models.expert.work.distributions).toBe(steps)
    expect(models.antiExpert.work.distributions).toBe(steps)
  })

  it('refuses other vocabularies by name, and frees what was opened where a model fails', async () => {
    const other = pieceTokenizer(['▁', 'a'])
    const stranger = toyModel('stranger', other, randomLogits(1, other.size))
    for (const resources of [
      { ...pair(), expert: stranger },
      { ...pair(), antiExpert: stranger },
    ])
      expect(await left(proxyTuning({}, resources).apply(random('draft', 1)))).toMatchObject({
        _tag: 'VocabularyMismatch',
        kind: 'input',
        message: 'proxy tuning needs models of one vocabulary',
        where: 'stranger and draft',
      })
    const broken = { ...random('anti', 3), open: () => TE.left(failure('ModelFailed', 'is away')) }
    const models = { ...pair(), antiExpert: broken }
    const draft = random('draft', 1)
    const model = await right(proxyTuning({}, models).apply(draft))
    expect(await left(model.generate(requests, greedy(4)))).toMatchObject({ _tag: 'ModelFailed' })
    expect([draft.work.open, models.expert.work.open]).toEqual([0, 0])
  })
})
