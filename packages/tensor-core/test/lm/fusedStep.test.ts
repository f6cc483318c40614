import fc from 'fast-check'
import * as E from 'fp-ts/Either'
import { float32Matrix, installedEngines, matrixFromBytes, selectEngine, tf } from '../../src/engine'
import { fusedNames, hasFused } from '../../src/engine/fused/kernel'
import { decodeModelConfig } from '../../src/formats/model/readConfig'
import { type Frame, chunkFrame } from '../../src/lm/decoder/frame'
import { type KeyValues, keyValues, roomToWrite } from '../../src/lm/decoder/keyValues'
import type { LayerWeights } from '../../src/lm/decoder/layer'
import { layerStep } from '../../src/lm/decoder/layerForward'
import type { Linear } from '../../src/lm/decoder/linear'
import type { Norm } from '../../src/lm/decoder/rmsNorm'

/** One layer over a cache as one op of the native engine, against the steps it replaces. */
const installed = installedEngines().some(({ name, available }) => name === 'native' && available)
const onNative = installed ? describe : describe.skip

const drawn = fc.record({
  rows: fc.integer({ min: 1, max: 9 }),
  chunk: fc.integer({ min: 1, max: 3 }),
  before: fc.integer({ min: 1, max: 20 }),
  heads: fc.constantFrom<readonly [number, number]>([4, 2], [3, 3], [4, 1]),
  headDim: fc.constantFrom(8, 20, 64),
  width: fc.constantFrom(24, 33, 64),
  wide: fc.constantFrom(40, 67),
  norms: fc.constantFrom('before', 'around', 'after', 'heads', 'whole'),
  gelu: fc.boolean(),
  bias: fc.boolean(),
  residual: fc.constantFrom(undefined, 0.3),
  brief: fc.boolean(),
})
type Drawn = typeof drawn extends fc.Arbitrary<infer A> ? A : never

const config = (d: Drawn) => {
  const [heads, kvHeads] = d.heads
  const read = decodeModelConfig('config.json')({
    model_type: 'llama',
    vocab_size: 50,
    hidden_size: d.width,
    intermediate_size: d.wide,
    num_hidden_layers: 1,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    head_dim: d.headDim,
    rms_norm_eps: 1e-5,
    max_position_embeddings: 512,
    hidden_act: 'silu',
  })
  if (E.isLeft(read)) throw new Error(read.left.message)
  return {
    ...read.right,
    hiddenAct: d.gelu ? ('gelu_pytorch_tanh' as const) : ('silu' as const),
    ...(d.residual === undefined ? {} : { residualMultiplier: d.residual }),
  }
}

let seed = 0
const random = (...shape: number[]): tf.Tensor => tf.randomNormal(shape, 0, 0.4, 'float32', ++seed)

const matrix = (d: Drawn, rows: number, cols: number) => {
  const values = random(rows, cols)
  if (!d.brief) return float32Matrix(values)
  const made = matrixFromBytes(new Uint8Array(values.dataSync().slice().buffer), 'F32', [rows, cols])
  if (made === undefined) throw new Error('no bfloat16 on this engine')
  return made
}

const weightsOf = (d: Drawn): LayerWeights => {
  const [heads, groups] = d.heads
  const [inner, shared] = [heads * d.headDim, groups * d.headDim]
  const linear = (name: string, rows: number, cols: number): Linear => ({
    name,
    matrix: matrix(d, rows, cols),
    ...(d.bias ? { bias: random(rows) } : {}),
  })
  const norm = (name: string, size: number): Norm => ({ name, gain: tf.add(random(size), 1) })
  const before = d.norms !== 'after'
  const after = d.norms === 'after' || d.norms === 'around'
  return {
    name: 'layer',
    kind: 'full',
    ...(before ? { inputNorm: norm('n1', d.width), mlpNorm: norm('n2', d.width) } : {}),
    ...(after ? { afterAttention: norm('n3', d.width), afterMlp: norm('n4', d.width) } : {}),
    ...(d.norms === 'heads' ? { headNorms: { q: norm('q', d.headDim), k: norm('k', d.headDim) } } : {}),
    ...(d.norms === 'whole' ? { headNorms: { q: norm('q', inner), k: norm('k', shared) } } : {}),
    q: linear('q', inner, d.width),
    k: linear('k', shared, d.width),
    v: linear('v', shared, d.width),
    o: linear('o', d.width, inner),
    gate: linear('gate', d.wide, d.width),
    up: linear('up', d.wide, d.width),
    down: linear('down', d.width, d.wide),
  }
}

/** Rows of unequal length: the first row's first slot is empty. */
const frameOf = (d: Drawn): Frame => {
  const total = d.before + d.chunk
  const slots = Array.from({ length: d.rows }, (_, n) =>
    Uint8Array.from({ length: total }, (_unused, s) => (n === 0 && s === 0 && d.before > 1 ? 0 : 1)),
  )
  const positions = slots.map((row) => {
    const held = row.reduce((a, b) => a + b, 0)
    return Int32Array.from({ length: d.chunk }, (_, t) => held - d.chunk + t)
  })
  return chunkFrame(config(d), slots, positions, { factors: new Map() })
}

const past = (d: Drawn): KeyValues => {
  const [, groups] = d.heads
  return keyValues(random(d.rows, groups, d.before, d.headDim), random(d.rows, groups, d.before, d.headDim))
}

const withoutKernel = <A>(work: () => A): A => {
  const names = [fusedNames.decoderLayer, fusedNames.rowsProduct]
  const kernels = names.map((name) => tf.getKernel(name, 'tensorflow'))
  names.forEach((name) => tf.unregisterKernel(name, 'tensorflow'))
  try {
    return work()
  } finally {
    kernels.forEach((kernel) => tf.registerKernel(kernel))
  }
}

const largest = (x: tf.Tensor): number => tf.max(tf.abs(x)).dataSync()[0] ?? NaN

onNative('a layer over a cache', () => {
  beforeAll(async () => {
    expect(E.isRight(await selectEngine('native')())).toBe(true)
  })

  it('is the same as one op and step by step: every norm, bias, activation, both types', () => {
    if (!hasFused(fusedNames.decoderLayer)) return // an addon installed by npm has none
    fc.assert(
      fc.property(drawn, (d) => {
        tf.engine().startScope()
        const [weights, frame, state, x] = [
          weightsOf(d),
          frameOf(d),
          past(d),
          random(d.rows * d.chunk, d.width),
        ]
        const fused = layerStep(weights, frame, x, state)
        const steps = withoutKernel(() => layerStep(weights, frame, x, state))
        const cut = ({ k }: KeyValues): tf.Tensor =>
          tf.slice(k, [0, 0, 0, 0], [d.rows, d.heads[1], d.before + d.chunk, d.headDim])
        const [y, keys] = [
          largest(tf.sub(fused.y, steps.y)) / largest(steps.y),
          largest(tf.sub(cut(fused.seen), cut(steps.seen))),
        ]
        tf.engine().endScope()
        ;[weights.q, weights.k, weights.v, weights.o, weights.gate, weights.up, weights.down].forEach((l) => {
          if (d.brief) l.matrix.dispose()
        })
        // sums in another order may round to the neighbouring bfloat16
        expect([y < (d.brief ? 2e-2 : 2e-5), keys < (d.brief ? 4e-2 : 2e-5)]).toEqual([true, true])
      }),
      { numRuns: 60 },
    )
  })

  it('leaves the slots before alone, and memory of another state is not written', () => {
    if (!hasFused(fusedNames.decoderLayer)) return
    const d: Drawn = {
      rows: 2,
      chunk: 1,
      before: 4,
      heads: [4, 2],
      headDim: 8,
      width: 24,
      wide: 40,
      norms: 'before',
      gelu: false,
      bias: false,
      residual: undefined,
      brief: false,
    }
    tf.tidy(() => {
      const state = past(d)
      const room = roomToWrite(state, 1)
      const before = Array.from(state.k.dataSync())
      layerStep(weightsOf(d), frameOf(d), random(2, 24), state)
      expect(Array.from(state.k.dataSync())).toEqual(before)
      expect(room?.k.shape[2]).toBeGreaterThan(4)
    })
  })
})
