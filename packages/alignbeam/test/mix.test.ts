import { greedy } from '@safe/tensor-core/contracts'
import { chooseToken } from '@safe/tensor-core/lm'
import { stream } from '@safe/tensor-core/random'
import fc from 'fast-check'
import { bestLogProb, bestToken, denseLogProbs, mix, mostProbable } from '../src/mixing/mix'
import { topTokens } from '../src/mixing/topTokens'

const logs = (...p: number[]): Float32Array => Float32Array.from(p, (x) => Math.log(x))
const bridge = (...map: number[]) => ({ map: Int32Array.from(map) })
const plain = { alpha: 0.5, top: 50, support: 'anchor', draftMass: 'once' } as const

const distribution = (size: number) =>
  fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: size, maxLength: size }).map((xs) => {
    const total = xs.reduce((a, b) => a + b, 0)
    return Float32Array.from(xs, (x) => Math.log(x / total))
  })

const empty = { mappedMass: 1, support: 0, fallback: false, agrees: false }

describe('mix', () => {
  it('adds the two distributions over what the anchor reaches', () => {
    // The anchor's tokens 0 and 1 are the draft's 2 and 0; its token 2 has no counterpart.
    const mixed = mix(bridge(2, 0, -1), plain)(logs(0.5, 0.3, 0.2), logs(0.2, 0.7, 0.1))
    expect(mixed.tokens).toEqual([0, 2])
    // f[0] = .5*.3 + .5*.2 = .25, f[2] = .5*.5 + .5*.1 = .3
    expect(mixed.probabilities[0]).toBeCloseTo(0.25 / 0.55, 6)
    expect(mixed.probabilities[1]).toBeCloseTo(0.3 / 0.55, 6)
    expect(mixed.mappedMass).toBeCloseTo(0.8, 6)
    expect(mixed).toMatchObject({ support: 2, fallback: false, agrees: false })
    expect(bestToken(mixed)).toBe(2)
  })

  it("counts the draft's term once, or once per colliding anchor token as printed", () => {
    const [anchor, draft] = [logs(0.6, 0.4), logs(0.5, 0.5)]
    const both = bridge(0, 0)
    const once = mix(both, { ...plain, support: 'union' })(anchor, draft)
    const literal = mix(both, { ...plain, support: 'union', draftMass: 'literal' })(anchor, draft)
    expect(once.probabilities[0]).toBeCloseTo(0.75, 6)
    expect(literal.probabilities[0]).toBeCloseTo(1 / 1.25, 6)
  })

  it('takes only the top B, the lowest id first among equals', () => {
    const mixed = mix(bridge(0, 1, 2), { ...plain, top: 1 })(logs(0.25, 0.5, 0.25), logs(0.1, 0.1, 0.8))
    expect(mixed.tokens).toEqual([1])
    expect(topTokens(logs(0.25, 0.25, 0.25, 0.25), 2)).toEqual([0, 1])
  })

  it("adds the draft's own top tokens to the support with union", () => {
    const mixed = mix(bridge(0, -1), { ...plain, alpha: 0.4, top: 1, support: 'union' })(
      logs(0.9, 0.1),
      logs(0.1, 0.8, 0.1),
    )
    expect(mixed.tokens).toEqual([0, 1])
    expect(bestToken(mixed)).toBe(1)
    expect(mixed.agrees).toBe(true)
  })

  it.each(['anchor', 'union'] as const)('falls back to the draft where nothing maps (%s)', (support) => {
    const mixed = mix(bridge(-1, -1), { ...plain, support })(logs(0.5, 0.5), logs(0.1, 0.7, 0.2))
    expect(mixed).toMatchObject({ fallback: true, support: 0, mappedMass: 0, agrees: true })
    expect(bestToken(mixed)).toBe(1)
    expect(Math.exp(denseLogProbs(mixed, 3)[2]!)).toBeCloseTo(0.2, 6)
  })

  it('sums to 1 for any map, share and support', () => {
    fc.assert(
      fc.property(
        distribution(8),
        distribution(6),
        fc.array(fc.integer({ min: -1, max: 5 }), { minLength: 8, maxLength: 8 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom('anchor', 'union'),
        fc.constantFrom('once', 'literal'),
        fc.integer({ min: 1, max: 9 }),
        (anchor, draft, map, alpha, support, draftMass, top) => {
          const mixed = mix(bridge(...map), { alpha, top, support, draftMass })(anchor, draft)
          expect(mixed.probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 10)
          expect(mixed.mappedMass).toBeLessThanOrEqual(1 + 1e-6)
          const dense = denseLogProbs(mixed, 6)
          expect(dense.reduce((a, b) => a + Math.exp(b), 0)).toBeCloseTo(1, 5)
        },
      ),
    )
  })

  it("keeps the anchor's order under a one-to-one map at alpha 1, and needs no choice of draft mass", () => {
    const permutation = fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 })
    fc.assert(
      fc.property(distribution(6), distribution(6), permutation, (anchor, draft, map) => {
        const alone = mix(bridge(...map), { ...plain, alpha: 1 })(anchor, draft)
        expect(mostProbable(alone, 6).map((d) => anchor[map.indexOf(d)])).toEqual(
          Array.from(anchor).sort((a, b) => b - a),
        )
        const once = mix(bridge(...map), plain)(anchor, draft)
        const literal = mix(bridge(...map), { ...plain, draftMass: 'literal' })(anchor, draft)
        expect(literal).toEqual(once)
      }),
    )
  })

  it('is the plain mixture of two equal vocabularies', () => {
    fc.assert(
      fc.property(
        distribution(5),
        distribution(5),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (p, q, alpha) => {
          const mixed = mix(bridge(0, 1, 2, 3, 4), { ...plain, alpha })(p, q)
          mixed.tokens.forEach((id, i) =>
            expect(mixed.probabilities[i]).toBeCloseTo(
              alpha * Math.exp(p[id]!) + (1 - alpha) * Math.exp(q[id]!),
              5,
            ),
          )
        },
      ),
    )
  })
})

describe('bestLogProb', () => {
  it('is the greedy choice from dense log-probabilities, also among all but equal ones', () => {
    // Steps of 1e-8 are equal logarithms as 32-bit numbers, and different probabilities; steps of 1e-6 may be either.
    const step = fc.constantFrom(0, 1e-8, 2e-8, 1e-6, 3e-6, 0.1)
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), fc.nat(3), (steps, skipped) => {
        const tokens = steps.map((_, i) => i + skipped)
        const masses = steps.map((s) => 0.4 + s)
        const total = masses.reduce((a, b) => a + b, 0)
        const mixed = { ...empty, tokens, probabilities: Float64Array.from(masses, (m) => m / total) }
        const dense = denseLogProbs(mixed, tokens.length + skipped)
        expect(bestLogProb(mixed)).toBe(chooseToken(dense, [], greedy(1), stream(1)))
      }),
      { numRuns: 300 },
    )
    const close = { tokens: [0, 1], probabilities: Float64Array.of(0.5 - 1e-9, 0.5 + 1e-9) }
    expect([bestLogProb(close), bestToken(close)]).toEqual([0, 1])
  })
})

describe('topTokens', () => {
  it('gives the same by insertion and by sorting', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 50 }),
        (xs, n) => {
          const sorted = xs
            .map((x, i) => [x, i] as const)
            .sort((a, b) => b[0] - a[0] || a[1] - b[1])
            .slice(0, n)
            .map(([, i]) => i)
          expect(topTokens(xs, n)).toEqual(sorted)
          expect(topTokens(xs, 1000).slice(0, n)).toEqual(sorted)
        },
      ),
    )
  })
})
