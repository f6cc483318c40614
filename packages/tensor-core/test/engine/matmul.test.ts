import fc from 'fast-check'
import { matMul, selectEngine, tf } from '../../src/engine'

/** A product in float64, batches broadcast by index. */
const reference = (a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): number[] =>
  tf.tidy(() => {
    const x = transposeA ? tf.transpose(a, swap(a.rank)) : a
    const y = transposeB ? tf.transpose(b, swap(b.rank)) : b
    const batch = tf.broadcast_util.assertAndGetBroadcastShape(x.shape.slice(0, -2), y.shape.slice(0, -2))
    const [m, k, n] = [x.shape.at(-2)!, x.shape.at(-1)!, y.shape.at(-1)!]
    const p = tf.broadcastTo(x, [...batch, m, k]).dataSync()
    const q = tf.broadcastTo(y, [...batch, k, n]).dataSync()
    const out: number[] = []
    for (let s = 0; s < p.length / (m * k); s++)
      for (let i = 0; i < m; i++)
        for (let j = 0; j < n; j++) {
          let sum = 0
          for (let t = 0; t < k; t++) sum += p[(s * m + i) * k + t]! * q[(s * k + t) * n + j]!
          out.push(sum)
        }
    return out
  })
/** Both batches broadcast: the cpu engine cannot do it (TensorFlow.js 4.22), and our code does not need it. */
const twoWay: [number[], number[]] = [
  [2, 1],
  [1, 3],
]
const swap = (rank: number): number[] => [...Array(rank - 2).keys(), rank - 1, rank - 2]

describe.each(['wasm', 'cpu'] as const)('matMul on %s', (engine) => {
  beforeAll(async () => {
    expect(await selectEngine(engine)()).toMatchObject({ _tag: 'Right', right: { engine } })
  })

  it('multiplies two matrices', () => {
    const values = tf.tidy(() =>
      Array.from(
        matMul(
          tf.tensor2d([
            [1, 2],
            [3, 4],
          ]),
          tf.tensor2d([
            [5, 6],
            [7, 8],
          ]),
        ).dataSync(),
      ),
    )
    expect(values).toEqual([19, 22, 43, 50])
  })

  it('agrees with float64 for any shape, transposition and broadcast batch, and leaks nothing', () => {
    const batches = fc.constantFrom<[number[], number[]]>(
      [[], []],
      [[3], [3]],
      [[2], [1]],
      [[1], [3]],
      [
        [2, 3],
        [2, 3],
      ],
      ...(engine === 'wasm' ? [twoWay] : []),
      [
        [2, 3],
        [1, 1],
      ],
    )
    const size = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 7, max: 70 }))
    fc.assert(
      fc.property(batches, size, size, size, fc.boolean(), fc.boolean(), ([ba, bb], m, k, n, ta, tb) => {
        const before = tf.memory().numTensors
        const a = tf.randomNormal([...ba, ...(ta ? [k, m] : [m, k])], 0, 1, 'float32', 1)
        const b = tf.randomNormal([...bb, ...(tb ? [n, k] : [k, n])], 0, 1, 'float32', 2)
        const c = matMul(a, b, ta, tb)
        const exact = reference(a, b, ta, tb)
        const got = c.dataSync()
        tf.dispose([a, b, c])
        expect(tf.memory().numTensors).toBe(before)
        expect(got).toHaveLength(exact.length)
        expect(exact.reduce((worst, x, i) => Math.max(worst, Math.abs(x - got[i]!)), 0)).toBeLessThan(
          1e-5 * Math.max(10, k),
        )
      }),
      { numRuns: engine === 'cpu' ? 20 : 120 },
    )
  })

  it('works for more columns than are packed at once', () => {
    const worst = tf.tidy(() => {
      const a = tf.randomNormal([5, 3000], 0, 1, 'float32', 1)
      const b = tf.randomNormal([100, 3000], 0, 1, 'float32', 2)
      const exact = reference(a, b, false, true)
      return Math.max(...[...matMul(a, b, false, true).dataSync()].map((x, i) => Math.abs(x - exact[i]!)))
    })
    expect(worst).toBeLessThan(2e-3)
  })

  it('has gradients for both operands', () => {
    tf.tidy(() => {
      const a = tf.randomNormal<tf.Rank.R3>([2, 3, 4], 0, 1, 'float32', 1)
      const b = tf.randomNormal<tf.Rank.R3>([2, 5, 4], 0, 1, 'float32', 2)
      const [da, db] = tf.grads((x, y) => tf.sum(matMul(x, y, false, true)))([a, b])
      const ones = tf.ones([2, 3, 5])
      expect(tf.max(tf.abs(tf.sub(da!, matMul(ones, b)))).dataSync()[0]).toBeLessThan(1e-5)
      expect(tf.max(tf.abs(tf.sub(db!, matMul(ones, a, true)))).dataSync()[0]).toBeLessThan(1e-5)
    })
  })

  it('refuses inner sizes that differ', () => {
    expect(() => tf.tidy(() => matMul(tf.ones([2, 3]), tf.ones([4, 2])))).toThrow('nner')
  })
})
