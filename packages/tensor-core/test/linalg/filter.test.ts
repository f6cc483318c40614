import * as E from 'fp-ts/Either'
import * as fc from 'fast-check'
import { selectEngine, tf } from '../../src/engine'
import {
  type Dense,
  type Filtered,
  type FilterRequest,
  type Large,
  type MatrixEngine,
  type RankRule,
  countAbove,
  deflationOf,
  dense,
  energy,
  filterCut,
  filterSteps,
  flip,
  frobenius,
  fromMatrix,
  generate,
  inOneGo,
  leadingSteps,
  matrixEngine,
  momentSteps,
  multiply,
  orthonormal,
  overLambda,
  chebyshevSum,
  scaleColumns,
  smallSVD,
  spectrumSteps,
  stepSeries,
  subspacesOf,
  subtract,
  sumBelow,
  timesLambda,
  timesThin,
  toMatrix,
  transpose,
  transposedTimesThin,
  usualDegree,
  withPauses,
} from '../../src/linalg'
import { stream } from '../../src/random'

const gaussian = (m: number, n: number, seed: number): Dense => {
  const draw = stream(seed)
  return generate(m, n, () => draw.normal())
}
const distance = (a: Dense, b: Dense): number => frobenius(subtract(a, b)) / frobenius(b)

/** As real displacements are: some large directions, then a smooth tail without a gap. */
const displacement = (m: number, n: number, seed: number): Large => {
  const tail = gaussian(m, n, seed)
  const large = multiply(
    scaleColumns(
      gaussian(m, 8, seed + 1),
      Array.from({ length: 8 }, (_, i) => 0.6 * 0.7 ** i),
    ),
    gaussian(8, n, seed + 2),
  )
  return toMatrix(
    generate(
      m,
      n,
      (i, j) => (tail.data[i * n + j] ?? 0) * (1 - (0.7 * i) / m) + (large.data[i * n + j] ?? 0),
    ),
  )
}

const engine = (): MatrixEngine => {
  const found = matrixEngine()
  if (found === undefined) throw new Error('the engine has no matrices')
  return found
}

beforeAll(async () => {
  await selectEngine('wasm')()
})

describe('Chebyshev series', () => {
  const evaluate = (series: Float64Array, t: number): number =>
    series.reduce((s, c, k) => s + c * Math.cos(k * t), 0)

  it('of a step: its mean square error is 1 / (pi^2 degree) at most', () => {
    for (const degree of [20, 80])
      for (const cut of [0.4, 1.5, 2.8]) {
        const series = stepSeries(degree, cut)
        const points = Array.from({ length: 700 }, (_, i) => ((i + 0.5) * Math.PI) / 700)
        const error =
          points.reduce((s, t) => s + (evaluate(series, t) - (t < cut ? 1 : 0)) ** 2, 0) / points.length
        expect(error).toBeLessThan(1.1 / (Math.PI ** 2 * degree))
      }
  })
  it('times lambda and over lambda', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 2, maxLength: 30 }),
        fc.double({ min: 0, max: Math.PI, noNaN: true }),
        (coefficients, t) => {
          const [series, bound] = [Float64Array.from(coefficients), 3]
          const lambda = (bound * (1 + Math.cos(t))) / 2
          const value = evaluate(series, t)
          expect(evaluate(timesLambda(series, bound), t)).toBeCloseTo(lambda * value, 9)
          const { constant, series: quotient } = overLambda(series, bound)
          expect(constant + lambda * evaluate(quotient, t)).toBeCloseTo(value, 8)
        },
      ),
    )
  })
  it('of an operator is the function of its eigenvalues', () => {
    const values = [0, 0.5, 1, 3.2, 4]
    const apply = (x: Dense): Dense =>
      dense(
        x.rows,
        x.cols,
        x.data.map((y, i) => y * (values[Math.floor(i / x.cols)] ?? 0)),
      )
    const series = stepSeries(60, 1.2)
    const found = inOneGo(
      chebyshevSum(
        { apply, bound: 4 },
        series,
        generate(5, 2, () => 1),
      ),
    )
    values.forEach((lambda, i) =>
      expect(found.data[2 * i]).toBeCloseTo(evaluate(series, Math.acos(lambda / 2 - 1)), 10),
    )
  })
})

describe('a matrix on the engine', () => {
  it.each([
    [1030, 30],
    [30, 1030],
    [1026, 1026],
  ])('multiplies [%d, %d] in slabs, and frees them', (m, n) => {
    const before = tf.memory().numTensors
    const v = toMatrix(gaussian(m, n, 1))
    const [x, y] = [gaussian(n, 3, 2), gaussian(m, 3, 3)]
    const less = { left: gaussian(m, 2, 4), right: gaussian(2, n, 5) }
    const times = (right: Dense): Dense =>
      subtract(timesThin(v, right), multiply(less.left, multiply(less.right, right)))
    const across = (right: Dense): Dense =>
      subtract(
        transposedTimesThin(v, right),
        multiply(transpose(less.right), multiply(transpose(less.left), right)),
      )
    const loaded = engine().load(v, less)
    expect(distance(loaded.times(x), times(x))).toBeLessThan(1e-5)
    expect(distance(loaded.transposedTimes(y), across(y))).toBeLessThan(1e-5)
    const g = loaded.gram()
    const [short, reference] = m <= n ? [y, times(across(y))] : [x, across(times(x))]
    expect(distance(g.times(short), reference)).toBeLessThan(1e-5)
    g.dispose()
    loaded.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('spectral density', () => {
  it('counts and sums eigenvalues on either side of a cut', () => {
    const n = 240
    const values = Float64Array.from({ length: n }, (_, i) => 2 * (1 - i / n) ** 2)
    const apply = (x: Dense): Dense =>
      dense(
        x.rows,
        x.cols,
        x.data.map((y, i) => y * (values[Math.floor(i / x.cols)] ?? 0)),
      )
    // A diagonal operator is measured exactly by vectors of +-1: mix it by reflections first.
    const q = orthonormal(gaussian(n, n, 1))
    const mixed = (x: Dense): Dense => multiply(q, apply(multiply(transpose(q), x)))
    const m = inOneGo(momentSteps({ apply: mixed, bound: 2.1 }, n, { probes: 32, degree: 40, seed: 1 }))
    if (m === undefined) throw new Error('no moments')
    const cut = 1.9
    const tau = (2.1 * (1 + Math.cos(cut))) / 2
    const trace = values.reduce((s, x) => s + x, 0)
    const below = values.filter((x) => x < tau)
    const sum = sumBelow(m, cut, trace)
    expect(Math.abs(sum.value - below.reduce((s, x) => s + x, 0))).toBeLessThan(4 * sum.error + 0.002 * trace)
    const count = countAbove(m, cut)
    expect(Math.abs(count.value - (n - below.length))).toBeLessThan(4 * count.error + 0.01 * n)
  })
  it('notices a spectrum beyond its bound', () => {
    const apply = (x: Dense): Dense =>
      dense(
        x.rows,
        x.cols,
        x.data.map((y) => 3 * y),
      )
    expect(inOneGo(momentSteps({ apply, bound: 2 }, 20, { probes: 4, degree: 10, seed: 1 }))).toBeUndefined()
  })
})

describe('leading directions', () => {
  it('are taken out on both sides', () => {
    const s = Array.from({ length: 60 }, (_, i) => (i < 5 ? 40 - i : 1 - i / 100))
    const v = toMatrix(
      multiply(
        scaleColumns(orthonormal(gaussian(80, 60, 1)), s),
        transpose(orthonormal(gaussian(70, 60, 2))),
      ),
    )
    const loaded = engine().load(v)
    const leading = inOneGo(leadingSteps(loaded, 5, 1))
    const { less, removed } = deflationOf(loaded, leading)
    loaded.dispose()
    const rest = subtract(fromMatrix(v), multiply(less.left, less.right))
    expect(energy(rest) / (energy(fromMatrix(v)) - removed)).toBeCloseTo(1, 3)
    expect(smallSVD(rest).s[0]).toBeLessThan(1.01)
    expect(frobenius(multiply(transpose(leading.near), rest))).toBeLessThan(1e-4)
    expect(frobenius(multiply(rest, leading.far))).toBeLessThan(1e-4)
  })
})

describe('the filter', () => {
  const request = (rank: RankRule, known?: Filtered): FilterRequest => ({
    rank,
    seed: 42,
    columns: 8,
    ...(known === undefined ? {} : { known }),
  })
  const projected = (v: Large, rank: RankRule, degree = usualDegree, known?: Filtered) =>
    inOneGo(
      filterSteps(v, engine(), request(rank, known), function* (found, at) {
        const s = at(degree)
        const [x, y] = [gaussian(v.rows, 4, 8), gaussian(v.cols, 4, 9)]
        return { found, s, x, y, px: yield* s.projectLeft(x), py: yield* s.projectRight(y) }
      }),
    )
  const square = displacement(256, 256, 1)
  const wide = displacement(200, 420, 2)

  it.each([
    ['square', square, { energy: 0.95 }],
    ['wide', wide, { energy: 0.95 }],
    ['tall', flip(wide), { energy: 0.95 }],
    ['a fixed number', square, { fixed: 107 }],
    ['a bounded number', square, { energy: 0.95, max: 85 }],
  ] as const)('agrees with the exact route: %s', (_, v, rank) => {
    const before = tf.memory().numTensors
    const found = projected(v, rank)
    expect(tf.memory().numTensors).toBe(before)
    if (found === undefined) throw new Error('not suited')
    const exact = subspacesOf(v, inOneGo(spectrumSteps(v)), rank)
    expect(Math.abs(found.s.rankLeft - exact.rankLeft)).toBeLessThan(0.025 * 256)
    expect(Math.abs(found.s.capturedLeft - exact.capturedLeft)).toBeLessThan(0.005)
    for (const [ours, theirs, x, expected] of [
      [found.px, inOneGo(exact.projectLeft(found.x)), found.x, found.s.errorLeft],
      [found.py, inOneGo(exact.projectRight(found.y)), found.y, found.s.errorRight],
    ] as const) {
      const error = energy(subtract(ours, theirs)) / energy(x)
      expect(error).toBeLessThan(0.012)
      expect(error).toBeLessThan(3 * (expected ?? 0))
      expect(error).toBeGreaterThan((expected ?? 0) / 4)
    }
  })

  it('is more exact at a higher degree', () => {
    const exact = subspacesOf(square, inOneGo(spectrumSteps(square)), { fixed: 107 })
    const error = (degree: number): number => {
      const found = projected(square, { fixed: 107 }, degree)
      if (found === undefined) throw new Error('not suited')
      return energy(subtract(found.px, inOneGo(exact.projectLeft(found.x)))) / energy(found.x)
    }
    expect(error(240)).toBeLessThan(0.7 * error(20))
  })

  it('needs no probes where the matrix is known, for another cut too', () => {
    const first = projected(wide, { energy: 0.95 })
    const again = projected(wide, { energy: 0.95 }, usualDegree, first?.found)
    expect(again?.px).toEqual(first?.px)
    const other = projected(wide, { energy: 0.97 }, usualDegree, first?.found)
    expect(other?.s.rankLeft).toBeGreaterThan(first?.s.rankLeft ?? 0)
    expect(other?.found.moments).toBe(first?.found.moments)
  })

  it('is not suited where few directions hold the energy', () => {
    const low = toMatrix(multiply(gaussian(120, 4, 1), gaussian(4, 120, 2)))
    expect(projected(low, { energy: 0.95 })).toBeUndefined()
    expect(projected(square, { fixed: 3 })).toBeUndefined()
  })

  it('has no cut where the leading directions satisfy the rule', () => {
    const found = projected(square, { energy: 0.95 })?.found
    if (found === undefined) throw new Error('not suited')
    expect(filterCut(found, { energy: found.removed / found.total / 2 })).toBeUndefined()
  })

  it('frees what it holds when it is stopped', async () => {
    const before = tf.memory().numTensors
    const stop = new AbortController()
    const steps = withPauses(
      stop.signal,
      0,
    )(() =>
      filterSteps(wide, engine(), request({ energy: 0.95 }), function* () {
        stop.abort()
        yield
        return 'not reached'
      }),
    )
    const result = await steps()
    expect(E.isLeft(result) && result.left._tag).toBe('Interrupted')
    expect(tf.memory().numTensors).toBe(before)
  })
})
