import * as fc from 'fast-check'
import type { Matrix } from '@safe/tensor-core/contracts'
import {
  type Dense,
  type Large,
  type RankRule,
  combine,
  dominantSubspaceSteps,
  energy,
  frobenius,
  fromMatrix,
  fromRows,
  generate,
  inOneGo,
  inner,
  multiply,
  scale,
  smallSVD,
  subtract,
  toMatrix,
  transpose,
} from '@safe/tensor-core/linalg'
import {
  type Correction,
  type CorrectionRule,
  type Factors,
  type Method,
  blockEnergies,
  blockWeights,
  chanceShares,
  correctionSteps,
  splitFactors,
} from '../src'
import { golden } from './golden'
import { distance, gaussian } from './world'

const rule = (method: Method = 'csulora', change: Partial<CorrectionRule> = {}): CorrectionRule => ({
  method,
  beta: 0.05,
  tau: 0.5,
  seed: 42,
  ...change,
})
const correct = (
  d: Factors,
  v: Large,
  r: CorrectionRule = rule(),
  rank: RankRule = { energy: 0.95 },
): Correction => inOneGo(correctionSteps(r, 'layer', d, v, inOneGo(dominantSubspaceSteps(v, rank))!))
const result = (c: Correction, d: Factors): Dense => multiply((c.factors ?? d).B, (c.factors ?? d).A)
const eye = (n: number): Dense => generate(n, n, (i, j) => (i === j ? 1 : 0))

const world = fc
  .record({
    m: fc.integer({ min: 3, max: 24 }),
    n: fc.integer({ min: 3, max: 24 }),
    r: fc.integer({ min: 1, max: 4 }),
    seed: fc.integer({ min: 0, max: 1e6 }),
  })
  .map(({ m, n, r, seed }) => ({
    d: { B: gaussian(m, r, seed), A: gaussian(r, n, seed + 1) },
    v: toMatrix(gaussian(m, n, seed + 2)),
    r,
    seed,
  }))

describe.each(golden.map((c) => [c.name, c] as const))('golden: %s', (_, c) => {
  const d: Factors = { B: fromRows(c.B), A: fromRows(c.A) }
  const v = subtract(fromRows(c.aligned), fromRows(c.base))
  const found = correct(d, v, rule('csulora', { beta: c.beta }), c.rule)

  it('ranks, energies, chance, gammas, norm and lost energy', () => {
    const { report } = found
    expect(report).toMatchObject({ rankLeft: c.rank, rankRight: c.rank })
    for (const key of ['LR', 'Lp', 'pR', 'pp'] as const) {
      expect(report.energies[key]).toBeCloseTo(c.energies[key], 10)
      expect(report.chance[key]).toBeCloseTo(c.chance[key], 12)
      expect(report.gammas[key]).toBeCloseTo(c.gammas[key], 10)
    }
    expect(report.capturedLeft).toBeCloseTo(c.captured, 10)
    expect(report.normRatio).toBeCloseTo(c.normRatio, 10)
    expect(report.lostEnergy).toBeCloseTo(c.lostEnergy, 10)
  })
  it('D*, truncated to rank r', () => {
    expect(distance(result(found, d), fromRows(c.csulora))).toBeLessThan(1e-10)
  })
  it('hard projection', () => {
    expect(distance(result(correct(d, v, rule('hard'), c.rule), d), fromRows(c.hard))).toBeLessThan(1e-10)
  })
  it('Safe LoRA', () => {
    const safe = correct(d, v, rule('safelora', { tau: c.tau }), c.rule)
    expect(safe.report.cosine).toBeCloseTo(c.cosine, 10)
    expect(safe.report.projected).toBe(c.cosine <= c.tau)
    expect(distance(result(safe, d), fromRows(c.safelora))).toBeLessThan(1e-10)
  })
})

/** All steps written out densely, from the same V. */
const denseReference = (d: Factors, v: Dense, k: number, beta: number) => {
  const { U, V } = smallSVD(v)
  const pick = generate(U.cols, U.cols, (i, j) => (i === j && i < k ? 1 : 0))
  const pl = multiply(multiply(U, pick), transpose(U))
  const pr = multiply(multiply(V, pick), transpose(V))
  const whole = multiply(d.B, d.A)
  const [ql, qr] = [subtract(eye(v.rows), pl), subtract(eye(v.cols), pr)]
  const blocks = [
    multiply(pl, multiply(whole, pr)),
    multiply(pl, multiply(whole, qr)),
    multiply(ql, multiply(whole, pr)),
    multiply(ql, multiply(whole, qr)),
  ]
  const energies = blocks.map(energy)
  const reference = energies[0]! + beta * energies.reduce((s, e) => s + e, 0)
  const lambdas = energies.map((e, i) => (i === 0 ? 0 : e / reference))
  const star = blocks.map((b, i) => scale(1 / (1 + lambdas[i]!), b)).reduce((a, b) => combine(1, a, 1, b))
  return { blocks, energies, lambdas, star, project: [pl, ql, pr, qr] as const, whole }
}

const truncate = (x: Dense, r: number): Dense => {
  const { U, s, V } = smallSVD(x)
  const core = generate(s.length, s.length, (i, j) => (i === j && i < r ? s[i]! : 0))
  return multiply(multiply(U, core), transpose(V))
}

describe('csulora', () => {
  it('equals the dense computation to 1e-10', () => {
    fc.assert(
      fc.property(world, ({ d, v, r }) => {
        const found = correct(d, v)
        const dense = denseReference(d, fromMatrix(v), found.report.rankLeft, 0.05)
        // Where values r and r + 1 of D* nearly tie, the truncation is not unique.
        const { s } = smallSVD(dense.star)
        fc.pre(r >= s.length || s[r - 1]! - s[r]! > 1e-3 * s[0]!)
        const kept = truncate(dense.star, r)
        expect(distance(result(found, d), kept)).toBeLessThan(1e-10)
        expect(found.report.normRatio).toBeCloseTo(frobenius(dense.star) / frobenius(dense.whole), 10)
        expect(found.report.lostEnergy).toBeCloseTo(
          energy(subtract(dense.star, kept)) / energy(dense.star),
          10,
        )
        expect(found.factors!.B.cols).toBe(r)
      }),
      { numRuns: 60 },
    )
  })

  it('keeps at most maxRank directions: the dense computation with that many', () => {
    fc.assert(
      fc.property(world, fc.integer({ min: 1, max: 26 }), ({ d, v, r }, max) => {
        const free = correct(d, v).report
        const { report, factors } = correct(d, v, rule(), { energy: 0.95, max })
        expect(report.rankLeft).toBe(Math.min(max, free.rankLeft))
        expect(report.rankRight).toBe(report.rankLeft)
        const { s: values } = smallSVD(fromMatrix(v))
        const squares = values.map((x) => x * x)
        const captured =
          squares.slice(0, report.rankLeft).reduce((sum, x) => sum + x, 0) / energy(fromMatrix(v))
        expect(report.capturedLeft).toBeCloseTo(captured, 10)
        const { star } = denseReference(d, fromMatrix(v), report.rankLeft, 0.05)
        const { s } = smallSVD(star)
        fc.pre(r >= s.length || s[r - 1]! - s[r]! > 1e-3 * s[0]!)
        expect(distance(multiply(factors!.B, factors!.A), truncate(star, r))).toBeLessThan(1e-10)
      }),
      { numRuns: 60 },
    )
  })

  it('minimises the objective: its gradient vanishes at D*', () => {
    fc.assert(
      fc.property(world, ({ d, v }) => {
        const k = inOneGo(dominantSubspaceSteps(v, { energy: 0.95 }))!.rankLeft
        const { star, whole, lambdas, project } = denseReference(d, fromMatrix(v), k, 0.05)
        const [pl, ql, pr, qr] = project
        // X - D + sum_b lambda_b Pi_b X
        const terms = [
          multiply(pl, multiply(star, qr)),
          multiply(ql, multiply(star, pr)),
          multiply(ql, multiply(star, qr)),
        ]
        const gradient = terms.reduce(
          (g, term, i) => combine(1, g, lambdas[i + 1]!, term),
          subtract(star, whole),
        )
        expect(frobenius(gradient) / frobenius(whole)).toBeLessThan(1e-10)
      }),
      { numRuns: 20 },
    )
  })

  it('does not depend on the gauge: B G, G^-1 A is the same update', () => {
    fc.assert(
      fc.property(world, ({ d, v, r, seed }) => {
        // A well-conditioned G and its inverse by its own SVD.
        const { U, s, V } = smallSVD(combine(1, eye(r), 0.3, gaussian(r, r, seed + 9)))
        fc.pre(s[r - 1]! > 0.1)
        const diagonal = (f: (x: number) => number): Dense =>
          generate(r, r, (i, j) => (i === j ? f(s[i]!) : 0))
        const G = multiply(
          multiply(
            U,
            diagonal((x) => x),
          ),
          transpose(V),
        )
        const inverse = multiply(
          multiply(
            V,
            diagonal((x) => 1 / x),
          ),
          transpose(U),
        )
        const other = { B: multiply(d.B, G), A: multiply(inverse, d.A) }
        const [a, b] = [correct(d, v), correct(other, v)]
        expect(b.report.normRatio).toBeCloseTo(a.report.normRatio, 9)
        fc.pre(a.report.lostEnergy < 0.2)
        expect(distance(result(b, other), result(a, d))).toBeLessThan(1e-7)
      }),
      { numRuns: 30 },
    )
  })

  it('scales with B, and ignores the size of V', () => {
    fc.assert(
      fc.property(world, fc.constantFrom(0.125, 4, 1024), ({ d, v }, t) => {
        const plain = result(correct(d, v), d)
        const scaled = { ...d, B: scale(t, d.B) }
        expect(distance(result(correct(scaled, v), scaled), scale(t, plain))).toBeLessThan(1e-9)
        const larger: Matrix = { ...v, data: v.data.map((x) => t * x) }
        expect(distance(result(correct(d, larger), d), plain)).toBeLessThan(1e-9)
      }),
      { numRuns: 30 },
    )
  })

  it('sees only the span of the subspaces: any V with the same singular spaces will do', () => {
    const v = gaussian(12, 10, 3)
    const { U, s, V } = smallSVD(v)
    const other = multiply(
      generate(12, s.length, (i, j) => U.data[i * s.length + j]! * (j < 4 ? 7 - j : 0.01 * (1 - j / 20))),
      transpose(V),
    )
    const d = { B: gaussian(12, 2, 4), A: gaussian(2, 10, 5) }
    const [a, b] = [v, other].map((x) => result(correct(d, toMatrix(x), rule(), { fixed: 4 }), d))
    // V is stored in float32: its singular spaces are those of the other one to float32 accuracy.
    expect(distance(b!, a!)).toBeLessThan(1e-4)
  })

  it('has energies and chance shares that sum to 1', () => {
    fc.assert(
      fc.property(world, ({ d, v }) => {
        const { energies, chance } = correct(d, v).report
        for (const b of [energies, chance]) expect(b.LR + b.Lp + b.pR + b.pp).toBeCloseTo(1, 12)
      }),
      { numRuns: 20 },
    )
  })

  it('shows the chance shares for unrelated updates', () => {
    const v = toMatrix(gaussian(20, 16, 1))
    const runs = Array.from({ length: 400 }, (_, i) => {
      const d = { B: gaussian(20, 2, 10 + 2 * i), A: gaussian(2, 16, 11 + 2 * i) }
      return correct(d, v, rule(), { fixed: 5 }).report
    })
    const mean = runs.reduce((s, r) => s + r.energies.LR, 0) / runs.length
    expect(mean).toBeCloseTo(runs[0]!.chance.LR, 2)
    expect(chanceShares(5, 5, 20, 16).LR).toBeCloseTo((5 / 20) * (5 / 16), 15)
  })

  it('leaves an untrained module unchanged', () => {
    const d = { B: generate(5, 2, () => 0), A: gaussian(2, 6, 1) }
    const found = correct(d, toMatrix(gaussian(5, 6, 2)))
    expect(found.factors).toBeUndefined()
    expect(found.report).toMatchObject({ normRatio: 1, lostEnergy: 0, gammas: { LR: 1, pp: 1 } })
  })

  it('allows an empty complement', () => {
    const d = { B: gaussian(4, 2, 1), A: gaussian(2, 9, 2) }
    const { report } = correct(d, toMatrix(gaussian(4, 9, 3)), rule(), { fixed: 4 })
    expect(report.rankLeft).toBe(4)
    expect(report.energies.pR + report.energies.pp).toBe(0)
  })
})

describe('controls', () => {
  const d = { B: gaussian(20, 3, 1), A: gaussian(3, 16, 2) }
  const v = toMatrix(gaussian(20, 16, 3))

  it('scale shrinks D to the norm of D*', () => {
    const [a, b] = [correct(d, v), correct(d, v, rule('scale'))]
    expect(b.report.normRatio).toBeCloseTo(a.report.normRatio, 12)
    const whole = multiply(d.B, d.A)
    expect(distance(result(b, d), scale(a.report.normRatio, whole))).toBeLessThan(1e-13)
  })
  it('hard leaves nothing outside', () => {
    const again = correct(correct(d, v, rule('hard')).factors!, v)
    expect(again.report.energies.LR).toBeCloseTo(1, 10)
  })
  it('random-basis uses the same ranks, other subspaces, and the seed', () => {
    const [a, b, c] = [42, 42, 7].map((seed) => correct(d, v, rule('random-basis', { seed })))
    expect(a!.report.rankLeft).toBe(correct(d, v).report.rankLeft)
    expect(result(a!, d)).toEqual(result(b!, d))
    expect(distance(result(c!, d), result(a!, d))).toBeGreaterThan(1e-3)
  })
  it('safelora projects at or below tau only', () => {
    const { cosine } = correct(d, v, rule('safelora')).report
    expect(correct(d, v, rule('safelora', { tau: cosine! - 1e-9 })).factors).toBeUndefined()
    const projected = correct(d, v, rule('safelora', { tau: cosine! + 1e-9 }))
    const w = fromMatrix(v)
    const c = scale(1 / frobenius(w), multiply(w, transpose(w)))
    expect(distance(result(projected, d), multiply(c, multiply(d.B, d.A)))).toBeLessThan(1e-12)
  })
})

describe('blocks', () => {
  it('by hand: D = [[1, 2], [2, 4]] against the axes', () => {
    const [B, A] = [fromRows([[1], [2]]), fromRows([[1, 2]])]
    const parts = splitFactors(B, A, fromRows([[1], [0]]), fromRows([[1, 0]]))
    const energies = blockEnergies(parts)
    expect(energies).toEqual({ LR: 1, Lp: 4, pR: 4, pp: 16 })
    // E_ref = 1 + 0.04 * 25 = 2: lambda = 2, 2, 8
    const gammas = blockWeights(energies, 0.04)
    expect(gammas.LR).toBe(1)
    expect(gammas.Lp).toBeCloseTo(1 / 3, 15)
    expect(gammas.pp).toBeCloseTo(1 / 9, 15)
  })
  it('weights stay in [0, 1] where nothing lies inside and beta is 0', () => {
    expect(blockWeights({ LR: 0, Lp: 0, pR: 3, pp: 5 }, 0)).toEqual({ LR: 1, Lp: 1, pR: 0, pp: 0 })
  })
  it('sum to the whole', () => {
    fc.assert(
      fc.property(world, ({ d, v }) => {
        const s = inOneGo(dominantSubspaceSteps(v, { energy: 0.8 }))!
        const BL = inOneGo(s.projectLeft(d.B))
        const AR = transpose(inOneGo(s.projectRight(transpose(d.A))))
        const e = blockEnergies(splitFactors(d.B, d.A, BL, AR))
        const whole = multiply(d.B, d.A)
        expect((e.LR + e.Lp + e.pR + e.pp) / inner(whole, whole)).toBeCloseTo(1, 11)
      }),
      { numRuns: 20 },
    )
  })
})
