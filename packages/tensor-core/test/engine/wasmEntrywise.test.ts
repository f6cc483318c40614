import fc from 'fast-check'
import { selectEngine, tf } from '../../src/engine'
import { foldedAxes } from '../../src/engine/wasm/entrywise'
import { isOurs } from '../../src/engine/wasm/override'

/** Entry-wise operations and sums on wasm, bit by bit against plain JavaScript rounded to float32 after every operation. */
beforeAll(async () => {
  await selectEngine('wasm')()
})

const { fround } = Math
const special = [0, -0, 1, -1, NaN, Infinity, -Infinity, 1e-40, 3.4e38, -3.4e38, 1e-20]
const entry = fc.oneof(
  { weight: 4, arbitrary: fc.double({ min: -9, max: 9, noNaN: true }) },
  fc.constantFrom(...special),
)
const sizeOf = (shape: ReadonlyArray<number>): number => shape.reduce((n, d) => n * d, 1)

/** Runs `work`, expects that it leaks no tensor, and returns its values. */
const valuesOf = (work: () => tf.Tensor): { values: number[]; shape: number[] } => {
  const before = tf.memory().numTensors
  const out = tf.tidy(work)
  const result = { values: Array.from(out.dataSync()), shape: out.shape }
  out.dispose()
  expect(tf.memory().numTensors).toBe(before)
  return result
}

const drawn = (shape: ReadonlyArray<number>, next: () => number): Float32Array =>
  Float32Array.from({ length: sizeOf(shape) }, next)

// broadcasting -----------------------------------------------------------------------------------

const at = (shape: ReadonlyArray<number>, place: ReadonlyArray<number>): number =>
  shape.reduce((flat, d, i) => flat * d + (d === 1 ? 0 : place[place.length - shape.length + i]!), 0)

const places = (shape: ReadonlyArray<number>): number[][] =>
  shape.reduce<number[][]>(
    (all, d) => all.flatMap((p) => Array.from({ length: d }, (_, i) => [...p, i])),
    [[]],
  )

/** A result's shape and two operands' that broadcast to it. */
const broadcast = fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 5 }).chain((shape) =>
  fc
    .tuple(
      fc.array(fc.constantFrom('both', 'left', 'right'), {
        minLength: shape.length,
        maxLength: shape.length,
      }),
      fc.nat(shape.length),
    )
    .map(([kinds, cut]) => ({
      shape,
      a: shape.map((d, i) => (kinds[i] === 'right' ? 1 : d)),
      // Leading axes of length one may be omitted.
      b: shape.map((d, i) => (kinds[i] === 'left' || i < cut ? 1 : d)).slice(cut),
    }))
    .map(({ a, b }) => ({
      a,
      b,
      shape: a.map((d, i) => Math.max(d, b[b.length - a.length + i] ?? 1)),
    })),
)

const operations = [
  ['add', tf.Add, tf.add, (x: number, y: number) => x + y],
  ['sub', tf.Sub, tf.sub, (x: number, y: number) => x - y],
  ['mul', tf.Multiply, tf.mul, (x: number, y: number) => x * y],
  ['div', tf.RealDiv, tf.div, (x: number, y: number) => x / y],
] as const

describe.each(operations)('%s on wasm', (_, kernel, op, of) => {
  it('is ours', () => expect(isOurs(kernel)).toBe(true))

  it('rounds once, for every broadcast', () =>
    fc.assert(
      fc.property(broadcast, fc.infiniteStream(entry), ({ shape, a, b }, draws) => {
        const next = (): number => Number(draws.next().value)
        const [x, y] = [drawn(a, next), drawn(b, next)]
        const got = valuesOf(() => op(tf.tensor(x, a), tf.tensor(y, b)))
        expect(got.shape).toEqual(shape)
        expect(got.values).toEqual(places(shape).map((p) => fround(of(x[at(a, p)]!, y[at(b, p)]!))))
      }),
      { numRuns: 120 },
    ))

  it('accepts a number, an empty tensor, a part of a longer one', () => {
    expect(valuesOf(() => op(tf.tensor1d([1, 2, 3, 4, 5]), 0.1)).values).toEqual(
      [1, 2, 3, 4, 5].map((x) => fround(of(x, fround(0.1)))),
    )
    expect(valuesOf(() => op(tf.zeros([0, 3]), tf.ones([3]))).shape).toEqual([0, 3])
    const seven = tf.slice(tf.range(0, 9), [1], [7])
    expect(valuesOf(() => op(seven, seven)).values).toEqual([1, 2, 3, 4, 5, 6, 7].map((x) => of(x, x)))
    seven.dispose()
  })
})

it('leaves integers to TensorFlow.js', () =>
  expect(valuesOf(() => tf.mul(tf.tensor1d([3, -4], 'int32'), tf.tensor1d([5, 7], 'int32'))).values).toEqual([
    15, -28,
  ]))

it('merges adjacent axes', () => {
  expect(foldedAxes([8, 128, 4, 32], [8, 128, 4, 32], [1, 128, 1, 32])).toEqual([
    { size: 32, a: 1, b: 1 },
    { size: 4, a: 32, b: 0 },
    { size: 128, a: 128, b: 32 },
    { size: 8, a: 16384, b: 0 },
  ])
  expect(foldedAxes([6, 5], [6, 5], [])).toEqual([{ size: 30, a: 1, b: 0 }])
})

it('a clone is an aliased view that outlives its original', () => {
  const before = tf.memory().numTensors
  const x = tf.tensor1d([1, 2, 3])
  const copy = tf.clone(x)
  x.dispose()
  expect(Array.from(copy.dataSync())).toEqual([1, 2, 3])
  copy.dispose()
  expect(tf.memory().numTensors).toBe(before)
})

// sums -------------------------------------------------------------------------------------------

const summed = fc
  .array(fc.integer({ min: 1, max: 11 }), { minLength: 1, maxLength: 4 })
  .chain((shape) =>
    fc
      .tuple(fc.nat(shape.length - 1), fc.nat(shape.length - 1), fc.boolean())
      .map(([i, j, keep]) => ({ shape, first: Math.min(i, j), last: Math.max(i, j), keep })),
  )

describe.each([
  ['sum', tf.Sum, tf.sum, false],
  ['mean', tf.Mean, tf.mean, true],
] as const)('%s on wasm', (_, kernel, op, divides) => {
  it('is ours', () => expect(isOurs(kernel)).toBe(true))

  it('adds from the first to the last, for all axes', () =>
    fc.assert(
      fc.property(summed, fc.infiniteStream(entry), ({ shape, first, last, keep }, draws) => {
        const x = drawn(shape, () => Number(draws.next().value))
        const axes = Array.from({ length: last - first + 1 }, (_, i) => first + i)
        const got = valuesOf(() => op(tf.tensor(x, shape), axes, keep))
        const [outer, middle, inner] = [
          sizeOf(shape.slice(0, first)),
          sizeOf(shape.slice(first, last + 1)),
          sizeOf(shape.slice(last + 1)),
        ]
        const exact = Array.from({ length: outer * inner }, (_, i) => {
          let sum = 0
          for (let m = 0; m < middle; m++)
            sum = fround(sum + x[(Math.floor(i / inner) * middle + m) * inner + (i % inner)]!)
          return divides ? fround(sum / middle) : sum
        })
        expect(got.values).toEqual(exact)
        expect(got.shape).toEqual(
          keep
            ? shape.map((d, i) => (i < first || i > last ? d : 1))
            : shape.filter((_, i) => i < first || i > last),
        )
      }),
      { numRuns: 150 },
    ))

  it('reduces everything to one number, nothing to zeros, and accepts axes that are not adjacent', () => {
    expect(valuesOf(() => op(tf.range(0, 7))).values).toEqual([divides ? 3 : 21])
    expect(valuesOf(() => tf.sum(tf.zeros([0, 3]), 1)).shape).toEqual([0])
    expect(valuesOf(() => op(tf.ones([2, 3, 4]), [0, 2])).values).toEqual(new Array(3).fill(divides ? 1 : 8))
  })
})
