import fc from 'fast-check'
import { selectEngine, tf } from '../../src/engine'
import { isOurs } from '../../src/engine/wasm/override'
import { swapOf } from '../../src/engine/wasm/swaps'

/** The wasm engine's own kernels against TensorFlow.js's cpu backend, which shares no code with them. */
const both = async (
  work: () => tf.Tensor,
): Promise<{ wasm: number[]; cpu: number[]; shapes: number[][] }> => {
  const on = async (engine: string): Promise<{ values: number[]; shape: number[] }> => {
    await selectEngine(engine)()
    const before = tf.memory().numTensors
    const out = tf.tidy(work)
    const values = Array.from(out.dataSync())
    const { shape } = out
    out.dispose()
    expect(tf.memory().numTensors).toBe(before)
    return { values, shape }
  }
  const cpu = await on('cpu')
  const wasm = await on('wasm')
  return { wasm: wasm.values, cpu: cpu.values, shapes: [wasm.shape, cpu.shape] }
}

const same = async (work: () => tf.Tensor): Promise<void> => {
  const { wasm, cpu, shapes } = await both(work)
  expect(shapes[0]).toEqual(shapes[1])
  expect(wasm).toEqual(cpu)
}

const shape = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 })
const filled = (s: number[]): tf.Tensor =>
  tf.reshape(
    tf.range(
      0,
      s.reduce((n, d) => n * d, 1),
    ),
    s,
  )

it.each([
  tf.BatchMatMul,
  tf.Slice,
  tf.SplitV,
  tf.Concat,
  tf.Tile,
  tf.Transpose,
  tf.GatherV2,
  tf.UnsortedSegmentSum,
  tf.Exp,
  tf.Log,
])('%s is ours', (name) => expect(isOurs(name)).toBe(true))

describe('copies on wasm', () => {
  it('slices any part', () =>
    fc.assert(
      fc.asyncProperty(shape, fc.infiniteStream(fc.nat(1000)), (s, draws) => {
        const next = (bound: number): number => draws.next().value % bound
        const begin = s.map((d) => next(d))
        const size = s.map((d, i) => 1 + next(d - begin[i]!))
        return same(() => tf.slice(filled(s), begin, size))
      }),
      { numRuns: 60 },
    ))

  it('splits, concatenates, tiles along any axis', () =>
    fc.assert(
      fc.asyncProperty(shape, fc.nat(3), fc.integer({ min: 1, max: 3 }), async (s, any, times) => {
        const axis = any % s.length
        const twice = s.map((d, i) => (i === axis ? 2 * d : d))
        await same(() => tf.concat(tf.split(filled(twice), 2, axis).reverse(), axis))
        await same(() => tf.concat([filled(s), filled(twice)], axis))
        await same(() =>
          tf.tile(
            filled(s),
            s.map((_, i) => (i === axis ? times : 1 + (i % 2))),
          ),
        )
      }),
      { numRuns: 40 },
    ))

  it('gathers along any axis, and sums by segment in its gradient', () =>
    fc.assert(
      fc.asyncProperty(
        shape,
        fc.nat(3),
        fc.array(fc.nat(100), { minLength: 1, maxLength: 8 }),
        async (s, any, raw) => {
          const axis = any % s.length
          const indices = raw.map((i) => i % s[axis]!)
          await same(() => tf.gather(filled(s), tf.tensor1d(indices, 'int32'), axis))
          await same(() =>
            tf.grad((x) => tf.sum(tf.square(tf.gather(x, tf.tensor1d(indices, 'int32'), axis))))(
              tf.cast(filled(s), 'float32'),
            ),
          )
        },
      ),
      { numRuns: 40 },
    ))

  it('transposes in any order', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 }),
        fc.infiniteStream(fc.nat(1000)),
        async (s, draws) => {
          const perm = s
            .map((_, axis) => ({ axis, key: Number(draws.next().value) }))
            .sort((a, b) => a.key - b.key)
            .map(({ axis }) => axis)
          await same(() => tf.transpose(filled(s), perm))
          await same(() => tf.transpose(tf.cast(filled([...s, 5]), 'int32'), [...perm, s.length]))
        },
      ),
      { numRuns: 80 },
    ))

  it('detects which permutations swap two blocks', () => {
    expect(swapOf([2, 3, 4, 5], [0, 2, 1, 3])).toEqual({ outer: 2, a: 3, b: 4, inner: 5 })
    expect(swapOf([2, 3, 4, 5], [1, 2, 0, 3])).toEqual({ outer: 1, a: 2, b: 12, inner: 5 })
    expect(swapOf([2, 3, 4, 5], [2, 1, 0, 3])).toBeUndefined()
    expect(swapOf([2, 3], [0, 1])).toBeUndefined()
  })

  it('concatenates parts of which one is empty', () =>
    same(() => tf.concat([filled([2, 3]), tf.zeros([2, 0]), filled([2, 1])], 1)))

  it('refuses parts whose shapes do not fit', async () => {
    await selectEngine('wasm')()
    expect(() => tf.tidy(() => tf.concat([tf.ones([2, 3]), tf.ones([3, 3])], 1))).toThrow('shape')
  })

  it('refuses an index that is out of range, and frees the memory', async () => {
    await selectEngine('wasm')()
    const before = tf.memory().numDataBuffers
    expect(() => tf.tidy(() => tf.gather(tf.ones([3, 2]), tf.tensor1d([0, 3], 'int32')))).toThrow('[0, 3)')
    expect(tf.memory().numDataBuffers).toBe(before)
  })

  it('leaves other types to TensorFlow.js', () =>
    same(() =>
      tf.cast(tf.concat([tf.tensor1d([true, false], 'bool'), tf.tensor1d([true], 'bool')]), 'int32'),
    ))
})

describe('exp and log on wasm', () => {
  const values = [
    0,
    -0,
    1,
    -1,
    0.5,
    10,
    -10,
    88,
    88.72,
    89,
    100,
    -87,
    -88,
    -100,
    -104,
    -200,
    1e-30,
    1e-40,
    1e30,
    3.4e38,
    -1e9,
    Infinity,
    -Infinity,
    NaN,
  ]
  const spread = Array.from({ length: 4001 }, (_, i) => -100 + i * 0.047)
  const near = (got: number, exact: number): boolean =>
    Object.is(Math.fround(exact), got) ||
    (Number.isNaN(exact) && Number.isNaN(got)) ||
    Math.abs(got - exact) <= 2.5e-7 * Math.abs(exact) + 2e-45

  it.each([
    ['exp', (x: tf.Tensor) => tf.exp(x), Math.exp, [...values, ...spread]],
    ['log', (x: tf.Tensor) => tf.log(x), Math.log, [...values, ...spread.map(Math.exp)]],
  ] as const)('%s is accurate to two units in the last place', async (_, op, exact, inputs) => {
    await selectEngine('wasm')()
    const got = tf.tidy(() => Array.from(op(tf.tensor1d([...inputs])).dataSync()))
    const wrong = inputs.flatMap((x, i) =>
      near(got[i]!, exact(Math.fround(x))) ? [] : [[x, got[i], exact(Math.fround(x))]],
    )
    expect(wrong).toEqual([])
  })
})
