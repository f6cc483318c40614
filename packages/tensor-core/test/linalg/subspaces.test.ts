import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as fc from 'fast-check'
import type { Matrix } from '../../src/contracts'
import { stream } from '../../src/random'
import {
  type Dense,
  type RankRule,
  columns,
  combine,
  decompositionSteps,
  dominantSubspaceSteps,
  energy,
  frobenius,
  fromMatrix,
  fromRows,
  generate,
  inOneGo,
  multiply,
  orthonormal,
  projectionSteps,
  randomProjector,
  rangeSteps,
  rankFor,
  scaleColumns,
  spectrumSteps,
  subspacesOf,
  subtract,
  symmetricEigen,
  timesThin,
  toMatrix,
  trace,
  transpose,
  withPauses,
} from '../../src/linalg'

const golden = JSON.parse(readFileSync(join(__dirname, '../golden/linalg.json'), 'utf8')) as {
  subspaces: {
    rule: RankRule
    v: number[][]
    x: number[][]
    y: number[][]
    rank: number
    captured: number
    left: number[][]
    right: number[][]
  }[]
}

const gaussian = (m: number, n: number, seed: number): Dense => {
  const draw = stream(seed)
  return generate(m, n, () => draw.normal())
}
const withSpectrum = (m: number, n: number, s: ReadonlyArray<number>, seed: number): Matrix =>
  toMatrix(
    multiply(
      scaleColumns(orthonormal(gaussian(m, s.length, seed)), s),
      transpose(orthonormal(gaussian(n, s.length, seed + 1))),
    ),
  )
const distance = (a: Dense, b: Dense): number => frobenius(subtract(a, b)) / frobenius(b)

describe('dominant subspaces', () => {
  it.each(golden.subspaces.map((c, i) => [i, c] as const))('agree with numpy, case %i', (_, c) => {
    const v = toMatrix(fromRows(c.v))
    const found = inOneGo(dominantSubspaceSteps(v, c.rule))
    expect(found).toMatchObject({ rankLeft: c.rank, rankRight: c.rank })
    expect(found?.capturedLeft).toBeCloseTo(c.captured, 12)
    expect(distance(inOneGo(found!.projectLeft(fromRows(c.x))), fromRows(c.left))).toBeLessThan(1e-10)
    expect(distance(inOneGo(found!.projectRight(fromRows(c.y))), fromRows(c.right))).toBeLessThan(1e-10)
  })

  it('are those of a diagonal matrix', () => {
    const v: Matrix = { rows: 3, cols: 3, data: Float32Array.of(1, 0, 0, 0, 10, 0, 0, 0, 2) }
    const found = inOneGo(dominantSubspaceSteps(v, { fixed: 2 }))
    const p = inOneGo(found!.projectLeft(fromRows([[1], [1], [1]])))
    expect([...p.data].map((x) => Math.round(x * 1e12) / 1e12)).toEqual([0, 1, 1])
  })

  it('project: P P = P, P symmetric, and P V keeps the captured share', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 45 }),
        fc.integer({ min: 2, max: 45 }),
        fc.double({ min: 0.3, max: 0.99, noNaN: true }),
        (m, n, share) => {
          const v = toMatrix(gaussian(m, n, m * 100 + n))
          const found = inOneGo(dominantSubspaceSteps(v, { energy: share }))!
          for (const [project, size, target, captured] of [
            [found.projectLeft, m, fromMatrix(v), found.capturedLeft],
            [found.projectRight, n, transpose(fromMatrix(v)), found.capturedRight],
          ] as const) {
            const p = inOneGo(project(generate(size, size, (i, j) => (i === j ? 1 : 0))))
            expect(frobenius(subtract(multiply(p, p), p))).toBeLessThan(1e-9)
            expect(frobenius(subtract(p, transpose(p)))).toBeLessThan(1e-9)
            expect(trace(p)).toBeCloseTo(found.rankLeft, 8)
            const kept = energy(multiply(p, target)) / energy(target)
            expect(kept).toBeCloseTo(captured, 9)
            expect(kept).toBeGreaterThanOrEqual(share * (1 - 1e-9))
          }
        },
      ),
      { numRuns: 25 },
    )
  })

  it('do not change when V is scaled', () => {
    const v = toMatrix(gaussian(14, 9, 4))
    const larger: Matrix = { ...v, data: v.data.map((x) => 1024 * x) }
    const x = gaussian(14, 2, 5)
    const [a, b] = [v, larger].map((m) =>
      inOneGo(inOneGo(dominantSubspaceSteps(m, { energy: 0.7 }))!.projectLeft(x)),
    )
    expect(distance(a!, b!)).toBeLessThan(1e-13)
  })

  it('of a low-rank matrix never exceed its rank', () => {
    const v = withSpectrum(30, 20, [5, 4, 3], 1)
    expect(inOneGo(dominantSubspaceSteps(v, { energy: 1 - 1e-9 }))?.rankLeft).toBe(3)
  })

  it('cut between equal singular values, and still project', () => {
    const v: Matrix = toMatrix(generate(20, 20, (i, j) => (i === j ? 1 : 0)))
    const found = inOneGo(dominantSubspaceSteps(v, { energy: 0.95 }))!
    expect(found.rankLeft).toBe(19)
    const p = inOneGo(found.projectLeft(generate(20, 20, (i, j) => (i === j ? 1 : 0))))
    expect(frobenius(subtract(multiply(p, p), p))).toBeLessThan(1e-12)
    expect(trace(p)).toBeCloseTo(19, 12)
  })

  it('are the whole space if the rank is full', () => {
    const v = toMatrix(gaussian(6, 9, 2))
    const found = inOneGo(dominantSubspaceSteps(v, { fixed: 50 }))!
    expect(found.rankLeft).toBe(6)
    const x = gaussian(6, 2, 3)
    expect(inOneGo(found.projectLeft(x))).toBe(x)
  })

  it('do not exist for V = 0', () => {
    const v: Matrix = { rows: 2, cols: 2, data: new Float32Array(4) }
    expect(inOneGo(dominantSubspaceSteps(v, { energy: 0.95 }))).toBeUndefined()
  })

  it('stop on request', async () => {
    const abort = new AbortController()
    abort.abort()
    const v = toMatrix(gaussian(80, 80, 1))
    const result = await withPauses(abort.signal)(() => spectrumSteps(v))()
    expect(E.isLeft(result) && result.left._tag).toBe('Interrupted')
  })
})

describe('spectral step', () => {
  it('equals the projector by eigenvectors however close the cut', () => {
    const n = 60
    const draw = stream(8)
    const t = {
      diagonal: Float64Array.from({ length: n }, () => 3 + draw.normal()),
      offDiagonal: Float64Array.from({ length: n - 1 }, () => draw.normal()),
    }
    const full = generate(n, n, (i, j) =>
      i === j ? t.diagonal[i]! : Math.abs(i - j) === 1 ? t.offDiagonal[Math.min(i, j)]! : 0,
    )
    const { values, vectors } = symmetricEigen(full)
    const b = gaussian(n, 3, 9)
    for (const k of [1, 17, 30, 59]) {
      const gap = (values[k - 1]! - values[k]!) / 2
      const threshold = values[k]! + gap
      const range = Math.max(values[0]! - threshold, threshold - values[n - 1]!)
      const u = columns(vectors, 0, k)
      const p = inOneGo(projectionSteps(t, { threshold, gap, range }, b))
      expect(distance(p, multiply(u, multiply(transpose(u), b)))).toBeLessThan(1e-11)
    }
  })
})

describe('range finder', () => {
  it('agrees with the exact route if few directions hold the energy', () => {
    const s = Array.from({ length: 60 }, (_, i) => 3 ** -i + 1e-3 * (1 - i / 60))
    const v = withSpectrum(90, 60, s, 3)
    const range = inOneGo(rangeSteps(v, { rank: { energy: 0.99 }, maxWidth: 30 }))!
    const exact = subspacesOf(v, inOneGo(spectrumSteps(v)), { energy: 0.99 })
    expect(range.values).toHaveLength(exact.rankLeft)
    expect(range.angle).toBeLessThan(1e-8)
    expect(range.capturedLeft).toBeCloseTo(exact.capturedLeft, 10)
    const found = subspacesOf(v, { kind: 'range', range }, { energy: 0.99 })
    const [x, y] = [gaussian(90, 2, 1), gaussian(60, 2, 2)]
    expect(distance(inOneGo(found.projectLeft(x)), inOneGo(exact.projectLeft(x)))).toBeLessThan(1e-7)
    expect(distance(inOneGo(found.projectRight(y)), inOneGo(exact.projectRight(y)))).toBeLessThan(1e-7)
  })
  it('stops at the bound of its rule', () => {
    const v = withSpectrum(50, 40, [8, 4, 2, 1, 0.5, 0.25], 6)
    const range = inOneGo(rangeSteps(v, { rank: { energy: 0.999, max: 2 }, maxWidth: 20 }))!
    expect(range.values).toHaveLength(2)
    expect(range.capturedLeft).toBeCloseTo(80 / 85.3125, 6)
  })
  it('measures what it captured', () => {
    const v = withSpectrum(50, 40, [8, 4, 2, 1, 0.5, 0.25], 6)
    const range = inOneGo(rangeSteps(v, { rank: { fixed: 2 }, maxWidth: 20 }))!
    const kept = energy(multiply(transpose(range.U), fromMatrix(v))) / range.total
    expect(range.capturedLeft).toBeCloseTo(kept, 12)
    expect(range.capturedRight).toBeCloseTo(energy(timesThin(v, range.V)) / range.total, 12)
  })
  it('gives up on a smooth tail', () => {
    const v = withSpectrum(
      100,
      100,
      Array.from({ length: 100 }, (_, i) => Math.exp(-i / 60)),
      2,
    )
    expect(inOneGo(rangeSteps(v, { rank: { energy: 0.95 }, maxWidth: 30 }))).toBeUndefined()
  })
  it('is not tried for small matrices', () => {
    const v = withSpectrum(40, 40, [5, 1], 2)
    expect(inOneGo(decompositionSteps(v, { energy: 0.9 }, 1)).kind).toBe('spectrum')
  })
})

describe('rankFor', () => {
  it.each([
    [[8, 1, 1], 0.8, 1],
    [[8, 1, 1], 0.81, 2],
    [[8, 1, 1], 1, 3],
    [[8, 0, 0], 1, 1],
  ])('%j at %d needs %i', (squares, share, k) => {
    const total = squares.reduce((s, x) => s + x, 0)
    expect(rankFor(Float64Array.from(squares), total, { energy: share })).toBe(k)
    for (const max of [1, 2, 3, 9])
      expect(rankFor(Float64Array.from(squares), total, { energy: share, max })).toBe(Math.min(k, max))
  })
})

describe('random subspaces', () => {
  it('are projectors of the requested rank, the same for the same key', () => {
    const eye = generate(12, 12, (i, j) => (i === j ? 1 : 0))
    const p = inOneGo(randomProjector(12, 5, 1, 'a')(eye))
    expect(frobenius(subtract(multiply(p, p), p))).toBeLessThan(1e-12)
    expect(frobenius(subtract(p, transpose(p)))).toBeLessThan(1e-12)
    expect(trace(p)).toBeCloseTo(5, 12)
    expect(inOneGo(randomProjector(12, 5, 1, 'a')(eye))).toEqual(p)
    expect(distance(inOneGo(randomProjector(12, 5, 1, 'b')(eye)), p)).toBeGreaterThan(0.1)
  })
  it('are uniform: their mean is k/n times the identity', () => {
    const n = 4
    const eye = generate(n, n, (i, j) => (i === j ? 1 : 0))
    const runs = 3000
    const mean = Array.from({ length: runs }, (_, i) => inOneGo(randomProjector(n, 1, i)(eye))).reduce(
      (sum, p) => combine(1, sum, 1 / runs, p),
      generate(n, n, () => 0),
    )
    expect(
      frobenius(
        subtract(
          mean,
          generate(n, n, (i, j) => (i === j ? 1 / n : 0)),
        ),
      ),
    ).toBeLessThan(0.05)
  })
})
