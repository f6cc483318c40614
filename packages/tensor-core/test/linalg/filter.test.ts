import * as E from 'fp-ts/Either'
import * as fc from 'fast-check'
import { matMul, selectEngine, tf } from '../../src/engine'
import {
  type Dense,
  type FilterRequest,
  type Filtered,
  type Large,
  type MatrixEngine,
  type RankRule,
  energy,
  filterSteps,
  flip,
  frobenius,
  fromMatrix,
  generate,
  identity,
  inOneGo,
  matrixEngine,
  multiply,
  orthonormal,
  scaleColumns,
  smallSVD,
  spectrumSteps,
  subspacesOf,
  subtract,
  suitsAnEngine,
  timesThin,
  toMatrix,
  transpose,
  transposedTimesThin,
  usualDegree,
  withPauses,
} from '../../src/linalg'
import { chebyshevSum, overLambda, stepSeries, timesLambda } from '../../src/linalg/chebyshev'
import { type Block, orthonormalBlock, toEngine, toHost } from '../../src/linalg/engineBlock'
import { filterCut } from '../../src/linalg/filterCut'
import { deflate, leadingSteps } from '../../src/linalg/leading'
import { countAbove, momentSteps, sumBelow } from '../../src/linalg/spectralDensity'
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

/** The operator of a symmetric matrix that is held by the engine while the test runs. */
const withOperator = <A>(g: Dense, use: (apply: (x: Block) => Block) => A): A => {
  const held = toEngine(g)
  const out = use((x) => matMul(held, x))
  held.dispose()
  return out
}

const withoutLeaks = <A>(f: () => A): A => {
  const before = tf.memory().numTensors
  const out = f()
  expect(tf.memory().numTensors).toBe(before)
  return out
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
  it('of an operator is the function of its eigenvalues, with a series for each group of columns', () => {
    const values = [0, 0.5, 1, 3.2, 4]
    const [one, other] = [stepSeries(60, 1.2), stepSeries(20, 2)]
    const found = withoutLeaks(() =>
      withOperator(
        generate(5, 5, (i, j) => (i === j ? (values[i] ?? 0) : 0)),
        (apply) => {
          const x = toEngine(generate(5, 3, () => 1))
          const parts = [
            { series: one, columns: 2 },
            { series: other, columns: 1 },
          ]
          const sum = inOneGo(chebyshevSum({ apply, bound: 4 }, parts, x))
          x.dispose()
          return toHost(() => sum)
        },
      ),
    )
    values.forEach((lambda, i) => {
      const t = Math.acos(lambda / 2 - 1)
      expect(found.data[3 * i]).toBeCloseTo(evaluate(one, t), 5)
      expect(found.data[3 * i + 1]).toBeCloseTo(evaluate(one, t), 5)
      expect(found.data[3 * i + 2]).toBeCloseTo(evaluate(other, t), 5)
    })
  })
})

describe('an orthonormal basis on the engine', () => {
  const basisOf = (y: Dense): Dense =>
    withoutLeaks(() =>
      toHost(() => {
        const block = toEngine(y)
        return orthonormalBlock(block)
      }),
    )
  const y = gaussian(60, 7, 1)
  it.each([
    ['independent columns', y],
    ['columns of very different sizes', scaleColumns(y, [1, 1e6, 1e-6, 1, 1e3, 1, 1])],
    [
      'columns that nearly depend on each other',
      generate(60, 7, (i, j) => 1 + 1e-4 * (y.data[7 * i + j] ?? 0)),
    ],
  ])('of %s spans them', (_, columns) => {
    const q = basisOf(columns)
    expect(distance(multiply(transpose(q), q), identity(7))).toBeLessThan(1e-5)
    expect(distance(multiply(q, multiply(transpose(q), columns)), columns)).toBeLessThan(1e-5)
  })
})

describe('a matrix on the engine', () => {
  it.each([
    [1030, 30],
    [30, 1030],
    [1026, 1027],
    [1027, 1026],
  ])('multiplies [%d, %d] in slabs, and frees them', (m, n) => {
    const v = toMatrix(generate(m, n, (i, j) => Math.sin(i * j + i)))
    const [x, y] = [gaussian(n, 3, 2), gaussian(m, 3, 3)]
    const [left, right] = [gaussian(m, 2, 4), gaussian(2, n, 5)]
    const times = (block: Dense): Dense =>
      subtract(timesThin(v, block), multiply(left, multiply(right, block)))
    const across = (block: Dense): Dense =>
      subtract(transposedTimesThin(v, block), multiply(transpose(right), multiply(transpose(left), block)))
    withoutLeaks(() => {
      const loaded = engine().load(v)
      tf.tidy(() => loaded.subtract(toEngine(left), toEngine(right)))
      expect(
        distance(
          toHost(() => loaded.times(toEngine(x))),
          times(x),
        ),
      ).toBeLessThan(1e-5)
      expect(
        distance(
          toHost(() => loaded.transposedTimes(toEngine(y))),
          across(y),
        ),
      ).toBeLessThan(1e-5)
      const whole = subtract(fromMatrix(v), multiply(left, right))
      expect(loaded.energy() / energy(whole)).toBeCloseTo(1, 6)
      const [short, reference] = m <= n ? [y, times(across(y))] : [x, across(times(x))]
      const product = inOneGo(
        loaded.withGram(function* (gram) {
          yield
          return toHost(() => gram(toEngine(short)))
        }),
      )
      expect(distance(product, reference)).toBeLessThan(1e-5)
      loaded.dispose()
    })
  })
  it('is worth an engine from 4 Mi entries with a shorter side of 1024', () => {
    expect(suitsAnEngine(1024, 4096)).toBe(true)
    expect(suitsAnEngine(1024, 1024)).toBe(false)
    expect(suitsAnEngine(512, 65536)).toBe(false)
    // The engine of these tests is slower than that.
    expect(engine().suits(1024, 4096)).toBe(false)
    expect(engine().suits(4096, 4096)).toBe(true)
  })
})

describe('spectral density', () => {
  it('counts and sums eigenvalues on either side of a cut', () => {
    const n = 240
    const values = Float64Array.from({ length: n }, (_, i) => 2 * (1 - i / n) ** 2)
    // A diagonal operator is measured exactly by vectors of +-1: mix it by reflections first.
    const q = orthonormal(gaussian(n, n, 1))
    const mixed = multiply(scaleColumns(q, values), transpose(q))
    const m = withoutLeaks(() =>
      withOperator(mixed, (apply) =>
        inOneGo(momentSteps({ apply, bound: 2.1 }, n, { probes: 32, degree: 40, seed: 1 })),
      ),
    )
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
    const apply = (x: Block): Block => tf.mul(x, 3)
    const settings = { probes: 4, degree: 10, seed: 1 }
    expect(withoutLeaks(() => inOneGo(momentSteps({ apply, bound: 2 }, 20, settings)))).toBeUndefined()
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
    withoutLeaks(() => {
      const loaded = engine().load(v)
      const all = loaded.energy()
      const leading = inOneGo(leadingSteps(loaded, 5, 1))
      const removed = deflate(loaded, leading)
      expect(loaded.energy() / (all - removed)).toBeCloseTo(1, 3)
      const rest = toHost(() => loaded.times(toEngine(identity(70))))
      expect(smallSVD(rest).s[0]).toBeLessThan(1.01)
      expect(frobenius(toHost(() => matMul(leading.near, toEngine(rest), true)))).toBeLessThan(1e-4)
      expect(frobenius(toHost(() => matMul(toEngine(rest), leading.far)))).toBeLessThan(1e-4)
      leading.dispose()
      loaded.dispose()
    })
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

  it('projects both sides at once as it does one after the other', () => {
    const both = inOneGo(
      filterSteps(wide, engine(), request({ energy: 0.95 }), function* (_, at) {
        const s = at(usualDegree)
        return yield* s.projectBoth?.(gaussian(wide.rows, 4, 8), gaussian(wide.cols, 4, 9)) ?? []
      }),
    )
    const single = projected(wide, { energy: 0.95 })
    const [left, right] = both ?? []
    if (left === undefined || right === undefined || single === undefined) throw new Error('not suited')
    expect(distance(left, single.px)).toBeLessThan(1e-5)
    expect(distance(right, single.py)).toBeLessThan(1e-5)
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
