import { greedy, requestsOf, tokenPrompt } from '@safe/tensor-core/contracts'
import fc from 'fast-check'
import { bestToken } from '../src/mixing/mix'
import { safeDecoding } from '../src/baselines/safeDecoding'
import { commonTokens, safeDecodingMix } from '../src/baselines/safeDecodingMix'
import { right } from './fixtures/right'
import { rivalsGolden } from './fixtures/rivalsGolden'
import { toyModel, wordTokenizer } from './fixtures/toy'

const logs = (...p: number[]): Float32Array => Float32Array.from(p, (x) => Math.log(x))

describe('commonTokens', () => {
  it('widens both tops until enough tokens are common', () => {
    const draft = logs(0.4, 0.3, 0.2, 0.1)
    const expert = logs(0.1, 0.2, 0.3, 0.4)
    // tops of 1 and 2 share nothing, tops of 3 share tokens 1 and 2
    expect(commonTokens(expert, draft, 1)).toEqual([1, 2])
    expect(commonTokens(expert, draft, 2)).toEqual([1, 2])
    expect(commonTokens(expert, draft, 3)).toEqual([0, 1, 2, 3])
  })

  it('is the smallest width that is enough', () => {
    const order = fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 7, 8, 9], { minLength: 9 })
    fc.assert(
      fc.property(order, order, fc.integer({ min: 1, max: 9 }), (a, b, common) => {
        const [expert, draft] = [Float32Array.from(a), Float32Array.from(b)]
        const within = (k: number): number => a.filter((x, i) => x > 9 - k && (b[i] ?? 0) > 9 - k).length
        const smallest = [1, 2, 3, 4, 5, 6, 7, 8, 9].find((k) => within(k) >= common) ?? 9
        expect(commonTokens(expert, draft, common)).toHaveLength(within(smallest))
      }),
    )
  })
})

describe('safeDecodingMix', () => {
  it('pushes the draft towards the expert and takes nothing below zero', () => {
    const mixed = safeDecodingMix({ alpha: 3, common: 2 })(logs(0.7, 0.2, 0.1), logs(0.3, 0.6, 0.1))
    // token 0: .3 + 3 * .4 = 1.5; token 1: .6 - 3 * .4 < 0
    expect(bestToken(mixed)).toBe(0)
    expect(Array.from(mixed.probabilities)).toEqual([1, 0])
  })
})

describe('SafeDecoding', () => {
  const { proxyTuning: world, safeDecoding: runs } = rivalsGolden
  const words = wordTokenizer(world.words)
  const ofTable = (name: 'draft' | 'expert') =>
    toyModel(name, words, (tokens) => world.tables[name][tokens.at(-1) ?? 0] ?? [])

  it.each(runs)(
    'equals the Python reference at alpha $alpha, m $first, c $common',
    async ({ rows, ...options }) => {
      const model = await right(safeDecoding(options, { expert: ofTable('expert') }).apply(ofTable('draft')))
      const answers = await right(model.generate(requestsOf(world.prompts.map(tokenPrompt)), greedy(12)))
      expect(answers.map(({ tokens, finishReason }) => ({ tokens, finishReason }))).toEqual(rows)
    },
  )
})
