import fc from 'fast-check'
import * as E from 'fp-ts/Either'
import { attend, attendPullback } from '../../src/lm/decoder/attention'
import {
  type AdamWConstants,
  type Moments,
  adamWAdvance,
  adamWBefore,
  adamWUpdate,
  attendsCausally,
  cachedAttention,
  causalAttention,
  causalAttentionPullback,
  installedEngines,
  rawHandles,
  selectEngine,
  tf,
  writesCaches,
} from '../../src/engine'
import { tokenCrossEntropy } from '../../src/engine/fused/crossEntropy'
import { gatedGelu, gatedGeluPullback } from '../../src/engine/fused/gatedGelu'
import { gatedSilu } from '../../src/engine/fused/gatedSilu'
import { type FusedName, fusedNames, hasFused } from '../../src/engine/fused/kernel'
import { rmsNorm } from '../../src/engine/fused/rmsNorm'
import { rotateHalves } from '../../src/engine/fused/rotate'
import { maskedSoftmax } from '../../src/engine/fused/softmax'
import { matrixFromBytes, tensorFromBytes } from '../../src/engine/native/bfloat16'
import { type Values, type Work, cases, draws, stepByStep, valuesOf } from './fusedCases'

/** The native engine's own ops against the steps they replace, which the contract suite compares with float64. */
const installed = installedEngines().some(({ name, available }) => name === 'native' && available)
const onNative = installed ? describe : describe.skip

/** Equal up to float32's rounding in sums of some dozens of terms; what is not finite must be identical. */
const expectClose = (actual: ReadonlyArray<Values>, expected: ReadonlyArray<Values>): void => {
  expect(actual.map((v) => v.length)).toEqual(expected.map((v) => v.length))
  actual.forEach((values, which) => {
    const wanted = expected[which] ?? []
    const size = Math.max(1e-30, ...wanted.filter(Number.isFinite).map(Math.abs))
    const wrong = values.findIndex((x, i) => {
      const y = wanted[i] ?? NaN
      return Number.isFinite(y) ? !(Math.abs(x - y) <= 4e-6 * size) : !Object.is(x, y)
    })
    expect(wrong < 0 ? 'equal' : [wrong, values[wrong], wanted[wrong]]).toBe('equal')
  })
}

const entry = fc.double({ min: -6, max: 6, noNaN: true })

/** Masks later keys, and in each row those before its first. */
const someMask = (rows: number, length: number, keys: number): tf.Tensor =>
  tf.tensor4d(
    Float32Array.from({ length: rows * length * keys }, (_, i) => {
      const [n, t, s] = [Math.floor(i / (length * keys)), Math.floor(i / keys) % length, i % keys]
      return s > keys - length + t || (s < n && s < keys - length) ? -1e9 : 0
    }),
    [rows, 1, length, keys],
  )

const headsFirst = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [0, 2, 1, 3])

const nativeCases: ReadonlyArray<readonly [FusedName, Work]> = [
  ...cases,
  ...[1, 2].map((maskRows): readonly [FusedName, Work] => [
    fusedNames.maskedSoftmax,
    ({ rows, width, next }) => {
      const length = Math.min(rows, width)
      const scores = next(2, 3, length, width)
      const mask = someMask(maskRows, length, width)
      return () => [maskedSoftmax(scores, mask)]
    },
  ]),
  [
    fusedNames.gatedGelu,
    ({ rows, width, next }) => {
      const [gate, up] = [next(rows, width), next(rows, width)]
      return () => [gatedGelu(gate, up)]
    },
  ],
  [
    fusedNames.gatedGeluPullback,
    ({ rows, width, next }) => {
      const [gate, up, dy] = [next(rows, width), next(rows, width), next(rows, width)]
      return () => {
        const d = gatedGeluPullback(gate, up, dy)
        return [d.gate, d.up]
      }
    },
  ],
  [
    fusedNames.tokenCrossEntropy,
    ({ rows, width, next }) => {
      const vocab = width + 1
      const logits = next(rows, vocab)
      const ids = Int32Array.from({ length: rows }, (_, i) => (7 * i + 3) % vocab)
      const weights = Float32Array.from({ length: rows }, (_, i) => (i % 3) / 2)
      return () => {
        const { losses, dLogits } = tokenCrossEntropy(logits, ids, weights)
        return [losses, ...(dLogits === undefined ? [] : [dLogits])]
      }
    },
  ],
]

onNative('the ops of the native engine', () => {
  beforeAll(async () => {
    expect(E.isRight(await selectEngine('native')())).toBe(true)
  })

  it.each(nativeCases)('%s equals its steps', (name, work) => {
    if (!hasFused(name)) return // an addon installed by npm has none
    fc.assert(
      fc.property(draws(entry, 37), (drawn) => {
        tf.engine().startScope()
        const run = work(drawn)
        expectClose(valuesOf(run), stepByStep(name, run))
        tf.engine().endScope()
      }),
      { numRuns: 40 },
    )
  })

  it('several threads give the result of one', () => {
    const wide = tf.randomUniform([300, 1000], -4, 4, 'float32', 7)
    const up = tf.ones([300, 1000])
    const whole = Array.from(gatedSilu(wide, up).dataSync())
    const rows = [0, 150, 299].map((r) =>
      Array.from(gatedSilu(wide.slice([r, 0], [1, 1000]), up.slice([r, 0], [1, 1000])).dataSync()),
    )
    expect([0, 150, 299].map((r) => whole.slice(r * 1000, (r + 1) * 1000))).toEqual(rows)
    tf.dispose([wide, up])
  })

  it('NaN stays NaN, and does not spread to other rows', () => {
    tf.tidy(() => {
      const x = tf.tensor2d([1, NaN, 2, 1, 2, 3, Infinity, 1, 2], [3, 3])
      const normed = Array.from(rmsNorm(x, tf.ones([3]), 1e-5).y.dataSync())
      expect(normed.slice(0, 3)).toEqual([NaN, NaN, NaN])
      expect(normed.slice(3, 6).every(Number.isFinite)).toBe(true)
      const { losses } = tokenCrossEntropy(x, Int32Array.of(0, 2, 1), Float32Array.of(1, 1, 1))
      expect(Array.from(losses.dataSync()).map(Number.isFinite)).toEqual([false, true, false])
      expect(Array.from(gatedSilu(tf.tensor1d([NaN, -1e4, 1e4]), tf.ones([3])).dataSync())).toEqual([
        NaN,
        -0,
        1e4,
      ])
    })
  })

  it('attention over a cache: rotates, stores and attends as the steps do; earlier slots are unchanged', () => {
    if (!writesCaches()) return
    fc.assert(
      fc.property(
        draws(entry, 37),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 0, max: 20 }),
        fc.constantFrom([4, 2], [3, 3], [4, 1]),
        ({ next, width: half }, chunk, before, [heads = 1, groups = 1]) => {
          tf.engine().startScope()
          const [rows, d, total] = [2, 2 * half, before + chunk]
          const [q, k, v] = [
            next(rows, chunk, heads, d),
            next(rows, chunk, groups, d),
            next(rows, chunk, groups, d),
          ]
          // Angles and a scale that keep scores moderate: the softmax of scores in the thousands has no digits to compare.
          const angle = next(rows, chunk, 1, half)
          const [cos, sin, scale] = [tf.cos(angle), tf.sin(angle), 0.3 / d]
          const [oldKeys, oldValues] = [next(rows, groups, before, d), next(rows, groups, before, d)]
          const room = tf.zeros([rows, groups, chunk + 5, d])
          const [keys, values] = [tf.concat([oldKeys, room], 2), tf.concat([oldValues, room], 2)]
          const mask = someMask(rows, chunk, total)
          const context = cachedAttention({ q, k, v }, { keys, values }, { cos, sin }, mask, scale)
          const allKeys = tf.concat([oldKeys, headsFirst(rotateHalves(k, cos, sin, false))], 2)
          const allValues = tf.concat([oldValues, headsFirst(v)], 2)
          const repeated = (x: tf.Tensor): tf.Tensor =>
            tf.reshape(tf.tile(tf.expandDims(x, 2), [1, 1, heads / groups, 1, 1]), [rows, heads, total, d])
          const scores = tf.mul(
            tf.matMul(headsFirst(rotateHalves(q, cos, sin, false)), repeated(allKeys), false, true),
            scale,
          )
          const expected = tf.reshape(
            headsFirst(tf.matMul(tf.softmax(tf.add(scores, mask)), repeated(allValues))),
            [rows * chunk, heads * d],
          )
          const read = (x: tf.Tensor | undefined): Values => Array.from(x?.dataSync() ?? [])
          expectClose([read(context)], [read(expected)])
          expectClose([read(keys.slice([0, 0, 0, 0], [rows, groups, total, d]))], [read(allKeys)])
          expect(read(values.slice([0, 0, 0, 0], [rows, groups, total, d]))).toEqual(read(allValues))
          tf.engine().endScope()
        },
      ),
      { numRuns: 40 },
    )
  })

  it('attention of whole rows and its gradient equal those made of products, with and without a window', () => {
    if (!attendsCausally()) return
    fc.assert(
      fc.property(
        draws(entry, 5),
        fc.constantFrom(1, 7, 31, 32, 33, 70),
        fc.constantFrom(undefined, 1, 3, 40),
        fc.constantFrom([4, 2], [3, 3], [4, 1]),
        fc.constantFrom(2, 16, 20, 40),
        ({ rows, next }, length, window, [heads = 1, groups = 1], d) => {
          tf.engine().startScope()
          const [q, k, v] = [
            next(rows, length, heads, d),
            next(rows, length, groups, d),
            next(rows, length, groups, d),
          ]
          const dContext = next(rows * length, heads * d)
          // Moderate scores: the softmax of scores in the thousands has no digits to compare.
          const rule = { factor: 0.3 / d, ...(window === undefined ? {} : { window }) }
          const sees = window ?? length
          const mask = tf.tensor4d(
            Float32Array.from({ length: length * length }, (_, i) => {
              const back = Math.floor(i / length) - (i % length)
              return back < 0 || back >= sees ? -1e9 : 0
            }),
            [1, 1, length, length],
          )
          const first = { q: headsFirst(q), k: headsFirst(k), v: headsFirst(v) }
          const made = attend(first, mask, rule)
          const cotangent = headsFirst(tf.reshape(dContext, [rows, length, heads, d]))
          const back = attendPullback(first, made.weights, cotangent, rule)
          const read = (x: tf.Tensor | undefined): Values => Array.from(x?.dataSync() ?? [])
          const gradients = causalAttentionPullback({ q, k, v }, dContext, rule)
          expectClose(
            [causalAttention({ q, k, v }, rule), gradients?.q, gradients?.k, gradients?.v].map(read),
            [made.context, back.q, back.k, back.v].map(headsFirst).map(read),
          )
          tf.engine().endScope()
        },
      ),
      { numRuns: 40 },
    )
  })

  it('AdamW equals its steps; in place, the memory that JavaScript gave stays as it was', () => {
    if (!hasFused(fusedNames.adamWInPlace)) return
    const size = 5000
    const drawn = (seed: number): Float32Array =>
      Float32Array.from(tf.tidy(() => tf.randomNormal([size], 0, 1, 'float32', seed)).dataSync())
    const given = drawn(1)
    const kept = Float32Array.from(given)
    const constants = (t: number): AdamWConstants => ({
      ...{ beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.999, clip: 0.5 },
      ...{ root: Math.sqrt(1 - 0.999 ** t), rate: 0.01 / (1 - 0.9 ** t) },
    })
    const start = (): Moments => adamWBefore(tf.tensor1d(given))
    /** As a checkpoint gives it: the first update of such vectors is not in place. */
    const read = (s: Moments): ReadonlyArray<Values> =>
      [s.parameters, s.m, s.v].map((x) => Array.from(x.dataSync()))
    const restored = (): Moments => ({
      parameters: tf.tensor1d(given),
      m: tf.zeros([size]),
      v: tf.zeros([size]),
    })
    const gradients = [2, 3, 4].map((seed) => tf.tensor1d(drawn(seed)))
    const tensors = tf.memory().numTensors
    const fused = gradients.reduce((s, g, i) => adamWAdvance(constants(i + 1), s, g), start())
    expect(tf.memory().numTensors).toBe(tensors + 3)
    const steps = (s: Moments, g: tf.Tensor, i: number): Moments => {
      const kernel = tf.getKernel(fusedNames.adamW, tf.getBackend())
      tf.unregisterKernel(fusedNames.adamW, tf.getBackend())
      const inPlace = tf.getKernel(fusedNames.adamWInPlace, tf.getBackend())
      tf.unregisterKernel(fusedNames.adamWInPlace, tf.getBackend())
      const next = adamWUpdate(constants(i + 1), s, g)
      tf.registerKernel(kernel)
      tf.registerKernel(inPlace)
      return next
    }
    const plain = gradients.reduce(steps, start())
    expectClose(read(fused), read(plain))
    const after = gradients.reduce((s, g, i) => adamWAdvance(constants(i + 1), s, g), restored())
    expect(read(after)).toEqual(read(fused))
    tf.dispose([after.parameters, after.m, after.v, plain.parameters, plain.m, plain.v])
    expect(given).toEqual(kept)
    tf.dispose([...gradients, fused.parameters, fused.m, fused.v])
  })

  it('reports shapes that do not fit instead of reading past the end', () => {
    if (!writesCaches()) return
    tf.tidy(() => {
      const heads = tf.ones([1, 1, 2, 4])
      const tables = tf.ones([1, 1, 1, 2])
      const memory = { keys: tf.zeros([1, 2, 3, 4]), values: tf.zeros([1, 2, 3, 4]) }
      const run = (slots: number) => () =>
        cachedAttention(
          { q: heads, k: heads, v: heads },
          memory,
          { cos: tables, sin: tables },
          tf.zeros([1, 1, 1, slots]),
          1,
        )
      expect(run(3)).not.toThrow()
      expect(run(4)).toThrow(/do not fit/)
      expect(() => tokenCrossEntropy(tf.ones([1, 3]), Int32Array.of(3), Float32Array.of(1))).toThrow(
        /vocabulary/,
      )
      if (!attendsCausally()) return
      const short = { q: heads, k: tf.ones([1, 1, 3, 4]), v: heads }
      expect(() => causalAttention(short, { factor: 1 })).toThrow(/do not fit/)
      expect(() => causalAttention({ q: heads, k: heads, v: heads }, { factor: 0 })).toThrow(/do not fit/)
      const all = { q: heads, k: heads, v: heads }
      expect(() => causalAttentionPullback(all, tf.ones([1, 7]), { factor: 1 })).toThrow(/do not fit/)
    })
  })
})

onNative('weights from the bytes of a checkpoint', () => {
  beforeAll(async () => {
    expect(E.isRight(await selectEngine('native')())).toBe(true)
  })
  /** bfloat16 is the upper half of float32. */
  const brain = (values: ReadonlyArray<number>): Uint8Array =>
    new Uint8Array(
      Uint16Array.from(new Uint32Array(Float32Array.from(values).buffer), (b) => b >>> 16).buffer,
    )
  const exact = [1, -2.5, 0.15625, 3, 0, -0.0078125]

  it('are widened on the device, from every type', () => {
    const before = tf.memory().numTensors
    const bytes: ReadonlyArray<readonly ['BF16' | 'F32' | 'F64' | 'F16', Uint8Array]> = [
      ['BF16', brain(exact)],
      ['F32', new Uint8Array(Float32Array.from(exact).buffer)],
      ['F64', new Uint8Array(Float64Array.from(exact).buffer)],
      ['F16', new Uint8Array(Uint16Array.of(0x3c00, 0xc100, 0x3100, 0x4200, 0, 0xa000).buffer)],
    ]
    for (const [dtype, data] of bytes) {
      const made = tensorFromBytes(data, dtype, [2, 3])
      expect([dtype, made?.shape, Array.from(made?.dataSync() ?? [])]).toEqual([dtype, [2, 3], exact])
      made?.dispose()
    }
    expect(tf.memory().numTensors).toBe(before)
  })

  it('stay bfloat16 in a frozen matrix: products, gradients and rows, and nothing is leaked', () => {
    const [before, handles] = [tf.memory().numTensors, rawHandles()]
    const matrix = matrixFromBytes(brain(exact), 'BF16', [2, 3])
    expect(rawHandles()).toBe(handles + 1)
    const read = (x: tf.Tensor | undefined): Values => {
      const values = Array.from(x?.dataSync() ?? [])
      x?.dispose()
      return values
    }
    tf.tidy(() => {
      expect(read(matrix?.product(tf.tensor2d([1, 0, 2], [1, 3])))).toEqual([1.3125, 2.984375])
      expect(read(matrix?.pullback(tf.tensor2d([2, 1], [1, 2])))).toEqual([5, -5, 0.3046875])
      expect(read(matrix?.rows(tf.tensor1d([1, 1], 'int32')))).toEqual([3, 0, -0.0078125, 3, 0, -0.0078125])
    })
    matrix?.dispose()
    matrix?.dispose()
    expect([tf.memory().numTensors, rawHandles()]).toEqual([before, handles])
  })
})
