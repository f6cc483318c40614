import * as fc from 'fast-check'
import type { Matrix } from '../../src/contracts'
import { stream } from '../../src/random'
import {
  type Dense,
  at,
  flip,
  frobenius,
  fromMatrix,
  generate,
  inOneGo,
  matrixEnergy,
  multiply,
  multiplyTransposed,
  rowGramSteps,
  subtract,
  timesThin,
  transpose,
  transposedTimesThin,
} from '../../src/linalg'

/** The definition. */
const plain = (a: Dense, b: Dense): Dense =>
  generate(a.rows, b.cols, (i, j) => {
    let s = 0
    for (let l = 0; l < a.cols; l++) s += at(a, i, l) * at(b, l, j)
    return s
  })
const floats = (m: number, n: number, seed: number): Matrix => {
  const draw = stream(seed)
  return { rows: m, cols: n, data: Float32Array.from({ length: m * n }, () => draw.normal()) }
}
const gaussian = (m: number, n: number, seed: number): Dense => fromMatrix(floats(m, n, seed))
const distance = (a: Dense, b: Dense): number => frobenius(subtract(a, b)) / frobenius(b)
const side = fc.integer({ min: 1, max: 150 })

describe('products', () => {
  it('agree with the definition at every size', () => {
    fc.assert(
      fc.property(side, side, fc.integer({ min: 1, max: 13 }), (m, n, p) => {
        const v = floats(m, n, m)
        const d = fromMatrix(v)
        const x = gaussian(n, p, 2)
        const y = gaussian(m, p, 3)
        expect(distance(multiply(d, x), plain(d, x))).toBeLessThan(1e-13)
        expect(distance(timesThin(v, x), plain(d, x))).toBeLessThan(1e-13)
        expect(distance(transposedTimesThin(v, y), plain(transpose(d), y))).toBeLessThan(1e-13)
      }),
      { numRuns: 25 },
    )
  })
  it('take inner dimensions longer than a panel', () => {
    const v = floats(70, 1100, 1)
    const x = gaussian(1100, 3, 2)
    expect(distance(timesThin(v, x), plain(fromMatrix(v), x))).toBeLessThan(1e-13)
  })
  it('give the lower triangle of V V^T', () => {
    const v = floats(135, 600, 5)
    const g = inOneGo(rowGramSteps(v))
    const d = fromMatrix(v)
    const whole = multiplyTransposed(d, d)
    for (let i = 0; i < 135; i++)
      for (let j = 0; j <= i; j++) expect(Math.abs(at(g, i, j) - at(whole, i, j))).toBeLessThan(1e-10)
  })
  it('transpose and measure float32 matrices', () => {
    const v = floats(33, 70, 9)
    expect(fromMatrix(flip(v))).toEqual(transpose(fromMatrix(v)))
    expect(matrixEnergy(v)).toBeCloseTo(frobenius(fromMatrix(v)) ** 2, 8)
  })
})
