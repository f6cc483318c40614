import type { Matrix } from '../../src/contracts'
import { stream } from '../../src/random'
import { at, inOneGo, reductionSteps, rowGramSteps, timesQ, tridiagonalEigenvalues } from '../../src/linalg'
import { generate, identity, multiply, transpose } from '../../src/linalg'
import { workspaceFor } from '../../src/linalg/workspace'

const floats = (m: number, n: number): Matrix => {
  const draw = stream(m, n)
  return { rows: m, cols: n, data: Float32Array.from({ length: m * n }, () => draw.normal()) }
}

describe('the SIMD kernels', () => {
  it('run on this machine', () => {
    expect(workspaceFor(128)).toBeDefined()
  })
  it('are not used for small matrices', () => {
    expect(workspaceFor(20)).toBeUndefined()
  })
  it.each([
    [96, 40],
    [97, 300],
    [130, 513],
    [259, 64],
    [323, 323],
  ])('give the same Gram matrix and spectrum as plain JavaScript: %i x %i', (m, n) => {
    const v = floats(m, n)
    const workspace = workspaceFor(m)!
    const [fast, plain] = [inOneGo(rowGramSteps(v, workspace)), inOneGo(rowGramSteps(v))]
    for (let i = 0; i < m; i++)
      for (let j = 0; j <= i; j++) expect(Math.abs(at(fast, i, j) - at(plain, i, j))).toBeLessThan(1e-10)
    const whole = generate(m, m, (i, j) => at(plain, Math.max(i, j), Math.min(i, j)))
    const [a, b] = [inOneGo(reductionSteps(fast, workspace)), inOneGo(reductionSteps(plain))]
    const [x, y] = [tridiagonalEigenvalues(a.T), tridiagonalEigenvalues(b.T)]
    const worst = Math.max(...x.map((value, i) => Math.abs(value - (y[i] ?? 0))))
    expect(worst / (y[0] ?? 1)).toBeLessThan(1e-13)
    // Q^T G Q = T
    const q = timesQ(a, identity(m))
    const t = multiply(transpose(q), multiply(whole, q))
    for (let i = 0; i < m; i++)
      for (let j = 0; j < m; j++) {
        const expected =
          i === j ? a.T.diagonal[i]! : Math.abs(i - j) === 1 ? a.T.offDiagonal[Math.min(i, j)]! : 0
        if (Math.abs(at(t, i, j) - expected) > 1e-10 * y[0]!) throw new Error(`T differs at ${i}, ${j}`)
      }
  })
})
