import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { stream } from '../../src/random'
import {
  type Dense,
  at,
  frobenius,
  fromRows,
  generate,
  gram,
  identity,
  multiply,
  multiplyTransposed,
  scaleColumns,
  smallSVD,
  subtract,
  symmetricEigen,
  symmetricFunction,
  thinQR,
  transpose,
} from '../../src/linalg'

const golden = JSON.parse(readFileSync(join(__dirname, '../golden/linalg.json'), 'utf8')) as {
  qr: { a: number[][]; absR: number[][] }
  eigen: { a: number[][]; values: number[] }
  svd: { a: number[][]; values: number[] }
}

const gaussian = (m: number, n: number, seed: number): Dense => {
  const draw = stream(seed)
  return generate(m, n, () => draw.normal())
}
/** A matrix of rank at most k. */
const lowRank = (m: number, n: number, k: number, seed: number): Dense =>
  multiply(gaussian(m, k, seed), gaussian(k, n, seed + 1))
const distance = (a: Dense, b: Dense): number => frobenius(subtract(a, b)) / Math.max(1e-300, frobenius(b))
const orthonormality = (q: Dense): number => frobenius(subtract(gram(q), identity(q.cols)))

const shape = fc.record({
  m: fc.integer({ min: 1, max: 40 }),
  n: fc.integer({ min: 1, max: 40 }),
  k: fc.integer({ min: 1, max: 40 }),
  seed: fc.integer({ min: 0, max: 1e6 }),
})

describe('thinQR', () => {
  it('reflects a single column onto its length', () => {
    const { Q, R } = thinQR(fromRows([[3], [4]]))
    expect(Math.abs(at(R, 0, 0))).toBeCloseTo(5, 14)
    expect(distance(multiply(Q, R), fromRows([[3], [4]]))).toBeLessThan(1e-15)
  })
  it('gives A = Q R with orthonormal Q and triangular R, dependent columns included', () => {
    fc.assert(
      fc.property(shape, ({ m, n, k, seed }) => {
        const a = lowRank(m, n, k, seed)
        const { Q, R } = thinQR(a)
        expect(distance(multiply(Q, R), a)).toBeLessThan(1e-13)
        expect(orthonormality(Q)).toBeLessThan(1e-13)
        for (let i = 0; i < R.rows; i++) for (let j = 0; j < Math.min(i, n); j++) expect(at(R, i, j)).toBe(0)
      }),
      { numRuns: 60 },
    )
  })
  it('keeps Q orthonormal for a zero matrix', () => {
    expect(orthonormality(thinQR(fromRows([[0], [0]])).Q)).toBe(0)
  })
  it('agrees with numpy', () => {
    const { R } = thinQR(fromRows(golden.qr.a))
    golden.qr.absR.forEach((row, i) =>
      row.forEach((x, j) => expect(Math.abs(Math.abs(at(R, i, j)) - x)).toBeLessThan(1e-10)),
    )
  })
})

describe('symmetricEigen', () => {
  it('finds the values of [[2, 1], [1, 2]]', () => {
    const { values } = symmetricEigen(
      fromRows([
        [2, 1],
        [1, 2],
      ]),
    )
    expect(values[0]).toBeCloseTo(3, 14)
    expect(values[1]).toBeCloseTo(1, 14)
  })
  it('gives A V = V diag(values) with orthonormal V, descending, at any size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 110 }), fc.integer({ min: 1, max: 110 }), (n, k) => {
        const x = lowRank(n, n, k, n)
        const a = multiplyTransposed(x, x)
        const { values, vectors } = symmetricEigen(a)
        expect(orthonormality(vectors)).toBeLessThan(1e-12)
        expect(distance(multiply(a, vectors), scaleColumns(vectors, values))).toBeLessThan(1e-12)
        values.forEach((v, i) => expect(v).toBeLessThanOrEqual(values[i - 1] ?? Infinity))
      }),
      { numRuns: 30 },
    )
  })
  it.each([0, 1, 3])('is exact on %i times the identity', (c) => {
    const { values, vectors } = symmetricEigen(generate(5, 5, (i, j) => (i === j ? c : 0)))
    expect([...values]).toEqual([c, c, c, c, c])
    expect(orthonormality(vectors)).toBe(0)
  })
  it('agrees with numpy', () => {
    const { values } = symmetricEigen(fromRows(golden.eigen.a))
    golden.eigen.values.forEach((x, i) => expect(Math.abs((values[i] ?? 0) - x)).toBeLessThan(1e-10))
  })
  it('takes functions of matrices', () => {
    const x = gaussian(7, 7, 3)
    const a = multiplyTransposed(x, x)
    const root = symmetricFunction(a, Math.sqrt)
    expect(distance(multiply(root, root), a)).toBeLessThan(1e-12)
  })
})

describe('smallSVD', () => {
  it('finds the values of a diagonal matrix with signs', () => {
    const { s } = smallSVD(
      fromRows([
        [0, -3],
        [2, 0],
      ]),
    )
    expect([...s]).toEqual([3, 2])
  })
  it('gives A = U diag(s) V^T with orthonormal U, V, whatever shape and rank', () => {
    fc.assert(
      fc.property(shape, ({ m, n, k, seed }) => {
        const a = lowRank(m, n, k, seed)
        const { U, s, V } = smallSVD(a)
        expect(distance(multiply(scaleColumns(U, s), transpose(V)), a)).toBeLessThan(1e-13)
        expect(orthonormality(U)).toBeLessThan(1e-9)
        expect(orthonormality(V)).toBeLessThan(1e-9)
        s.forEach((x, i) => expect(x).toBeLessThanOrEqual(s[i - 1] ?? Infinity))
      }),
      { numRuns: 60 },
    )
  })
  it('handles the zero matrix', () => {
    const { U, s, V } = smallSVD(generate(4, 3, () => 0))
    expect([...s]).toEqual([0, 0, 0])
    expect(orthonormality(U)).toBe(0)
    expect(orthonormality(V)).toBe(0)
  })
  it('agrees with numpy', () => {
    const { s } = smallSVD(fromRows(golden.svd.a))
    golden.svd.values.forEach((x, i) => expect(Math.abs((s[i] ?? 0) - x)).toBeLessThan(1e-10))
  })
})
