import fc from 'fast-check'
import { selectEngine, tf } from '../../src/engine'
import { adamWUpdate } from '../../src/engine/fused/adamW'
import { type TokenCrossEntropy, tokenCrossEntropy } from '../../src/engine/fused/crossEntropy'
import { gatedSilu, gatedSiluPullback } from '../../src/engine/fused/gatedSilu'
import { type FusedName, fusedNames } from '../../src/engine/fused/kernel'
import { matMulAdd } from '../../src/engine/fused/matMulAdd'
import { rmsNorm, rmsNormPullback } from '../../src/engine/fused/rmsNorm'
import { rotateHalves } from '../../src/engine/fused/rotate'
import { softmaxPullback } from '../../src/engine/fused/softmax'
import { type Drawn, type Values, type Work, cases, draws, stepByStep, valuesOf } from './fusedCases'

/** Fused kernels against the same steps one by one, bit by bit, and the steps against float64. */
beforeAll(async () => {
  await selectEngine('wasm')()
})

const special = [0, -0, NaN, Infinity, -Infinity, 1e-40, 3e38, -1e9, 1e-20]
const plain = fc.double({ min: -6, max: 6, noNaN: true })
const wild = fc.oneof({ weight: 30, arbitrary: plain }, fc.constantFrom(...special))
const wasmCases: ReadonlyArray<readonly [FusedName, Work]> = [
  ...cases,
  ...[false, true].flatMap((transposeA) =>
    [false, true].flatMap((transposeB) =>
      ([[], [2]] as const).map((batch): readonly [FusedName, Work] => [
        fusedNames.matMulAdd,
        ({ rows, width, next }) => {
          const inner = (rows % 9) + 1
          const a = next(...batch, ...(transposeA ? [inner, rows] : [rows, inner]))
          const b = next(...batch, ...(transposeB ? [width, inner] : [inner, width]))
          const base = next(...batch, rows, width)
          return () => [matMulAdd(base, a, b, transposeA, transposeB)]
        },
      ]),
    ),
  ),
  [
    fusedNames.adamW,
    ({ rows, width, next }) => {
      const n = rows * width
      const [parameters, m, v, g] = [next(n), next(n), tf.abs(next(n)), next(n)]
      const constants = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.9999, root: 0.05, rate: 3e-4 }
      return () => {
        const next = adamWUpdate(constants, { parameters, m, v }, g)
        return [next.parameters, next.m, next.v]
      }
    },
  ],
]

it.each(wasmCases)('%s: one pass equals its steps, to the last bit', (name, work) =>
  fc.assert(
    fc.property(draws(wild, 23), (drawn) => {
      tf.engine().startScope()
      const run = work(drawn)
      expect(valuesOf(run)).toEqual(stepByStep(name, run))
      tf.engine().endScope()
    }),
    { numRuns: 60 },
  ),
)

describe('token cross-entropy', () => {
  const both = ({ losses, dLogits }: TokenCrossEntropy): ReadonlyArray<tf.Tensor> => [
    losses,
    ...(dLogits === undefined ? [] : [dLogits]),
  ]
  const run = ({ rows, width: more, next }: Drawn): (() => ReadonlyArray<tf.Tensor>) => {
    const width = more + 1
    const logits = next(rows, width)
    const ids = Int32Array.from({ length: rows }, (_, i) => (7 * i + 3) % width)
    const weights = Float32Array.from({ length: rows }, (_, i) => (i % 3) / 2)
    return () => both(tokenCrossEntropy(logits, ids, weights))
  }

  it('equals its steps, to the last bit', () =>
    fc.assert(
      fc.property(draws(plain, 23), (drawn) => {
        tf.engine().startScope()
        const work = run(drawn)
        expect(valuesOf(work)).toEqual(stepByStep(fusedNames.tokenCrossEntropy, work))
        tf.engine().endScope()
      }),
      { numRuns: 60 },
    ))

  it('gives NaN for a row with NaN, and does not affect other rows', () => {
    const logits = tf.tensor2d(
      [
        [1, NaN, 2],
        [1, 2, 3],
        [Infinity, 1, 2],
      ],
      [3, 3],
    )
    const [losses = []] = valuesOf(() =>
      both(tokenCrossEntropy(logits, Int32Array.of(0, 2, 1), Float32Array.of(1, 1, 1))),
    )
    logits.dispose()
    expect([Number.isNaN(losses[0]), Number.isNaN(losses[2])]).toEqual([true, true])
    expect(losses[1]).toBeCloseTo(Math.log(Math.exp(-2) + Math.exp(-1) + 1), 6)
  })
})

// against float64 --------------------------------------------------------------------------------

const closeTo = (got: Values, exact: Values): void => {
  expect(got.length).toBe(exact.length)
  const scale = Math.max(1, ...exact.map(Math.abs))
  const worst = Math.max(...got.map((x, i) => Math.abs(x - exact[i]!)))
  expect(worst).toBeLessThanOrEqual(3e-6 * scale)
}
const numbers = (t: tf.Tensor): number[] => Array.from(t.dataSync())
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

describe('fused operations against float64', () => {
  const check = (work: (d: Drawn) => void): void =>
    fc.assert(
      fc.property(draws(plain, 23), (drawn) => {
        tf.engine().startScope()
        work(drawn)
        tf.engine().endScope()
      }),
      { numRuns: 25 },
    )
  const lines = (x: Values, width: number): number[][] =>
    Array.from({ length: x.length / width }, (_, r) => x.slice(r * width, (r + 1) * width))

  it('normalise', () =>
    check(({ rows, width, next }) => {
      const [x, gain] = [next(rows, width), next(width)]
      const g = numbers(gain)
      const exact = lines(numbers(x), width).flatMap((line) => {
        const s = 1 / Math.sqrt(line.reduce((a, b) => a + b * b, 0) / width + 1e-5)
        return line.map((v, i) => v * s * g[i]!)
      })
      closeTo(numbers(rmsNorm(x, gain, 1e-5).y), exact)
    }))

  it('rotate, and rotate back', () =>
    check(({ rows, width, next }) => {
      const x = next(1, rows, 2, 2 * width)
      const angles = numbers(next(rows * width))
      const table = (of: (a: number) => number): tf.Tensor => tf.tensor(angles.map(of), [1, rows, 1, width])
      const turned = rotateHalves(x, table(Math.cos), table(Math.sin), false)
      const exact = lines(numbers(x), 2 * width).flatMap((line, n) => {
        const angle = (i: number): number => angles[Math.floor(n / 2) * width + (i % width)]!
        return line.map((v, i) =>
          i < width
            ? v * Math.cos(angle(i)) - line[i + width]! * Math.sin(angle(i))
            : v * Math.cos(angle(i)) + line[i - width]! * Math.sin(angle(i)),
        )
      })
      closeTo(numbers(turned), exact)
      closeTo(numbers(rotateHalves(turned, table(Math.cos), table(Math.sin), true)), numbers(x))
    }))

  it('gate', () =>
    check(({ rows, width, next }) => {
      const [gate, up, dy] = [next(rows, width), next(rows, width), next(rows, width)]
      const [g, u, d] = [numbers(gate), numbers(up), numbers(dy)]
      const back = gatedSiluPullback(gate, up, dy)
      closeTo(
        numbers(gatedSilu(gate, up)),
        g.map((x, i) => x * sigmoid(x) * u[i]!),
      )
      closeTo(
        numbers(back.gate),
        g.map((x, i) => d[i]! * u[i]! * sigmoid(x) * (1 + x * (1 - sigmoid(x)))),
      )
      closeTo(
        numbers(back.up),
        g.map((x, i) => d[i]! * x * sigmoid(x)),
      )
    }))

  it('predict tokens', () =>
    check(({ rows, width: more, next }) => {
      const width = more + 1
      const logits = next(rows, width)
      const ids = Int32Array.from({ length: rows }, (_, i) => (5 * i) % width)
      const { losses, dLogits } = tokenCrossEntropy(logits, ids, new Float32Array(rows).fill(0.5))
      const p = lines(numbers(logits), width).map((line) => {
        const sum = line.reduce((a, x) => a + Math.exp(x), 0)
        return line.map((x) => Math.exp(x) / sum)
      })
      closeTo(
        numbers(losses),
        p.map((line, r) => -Math.log(line[ids[r]!]!)),
      )
      closeTo(
        dLogits === undefined ? [] : numbers(dLogits),
        p.flatMap((line, r) => line.map((x, j) => 0.5 * (x - (ids[r] === j ? 1 : 0)))),
      )
    }))
})

it('frees its memory: the heap does not grow', () => {
  const [x, gain] = [tf.ones([64, 512]), tf.ones([512])]
  const once = (): void => {
    tf.tidy(() => {
      const { y, scale } = rmsNorm(x, gain, 1e-5)
      gatedSiluPullback(y, x, rmsNormPullback(y, x, scale, gain))
      softmaxPullback(x, y, 1)
      tf.clone(tf.add(tf.sum(tf.mul(x, gain), 0), tf.mean(x, -1, true)))
      matMulAdd(x, tf.matMul(x, y, false, true), y)
      tokenCrossEntropy(y, new Int32Array(64), new Float32Array(64))
    })
  }
  const heap = (): number => {
    const { wasm } = tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }
    return wasm.HEAPU8.byteLength
  }
  for (let i = 0; i < 20; i++) once()
  const before = heap()
  for (let i = 0; i < 400; i++) once()
  expect(heap()).toBe(before)
  tf.dispose([x, gain])
})

it('computes step by step for empty tensors, and on engines without kernels', async () => {
  expect(valuesOf(() => [softmaxPullback(tf.zeros([0, 3]), tf.zeros([0, 3]), 1)])).toEqual([[]])
  await selectEngine('cpu')()
  const [y = []] = valuesOf(() => [rmsNorm(tf.tensor2d([[3, 4]]), tf.tensor1d([1, 2]), 0).y])
  closeTo(y, [3 / Math.sqrt(12.5), 8 / Math.sqrt(12.5)])
  await selectEngine('wasm')()
})
