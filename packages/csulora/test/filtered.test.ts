import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { selectEngine, tf } from '@safe/tensor-core/engine'
import type { LoraAdapter, Matrix } from '@safe/tensor-core/contracts'
import {
  type Dense,
  type MatrixEngine,
  generate,
  matrixEngine,
  multiply,
  scaleColumns,
  toMatrix,
} from '@safe/tensor-core/linalg'
import { type CsuloraOptions, type CsuloraResources, correctAdapter, openCache } from '../src'
import { adapterOf, distance, gaussian, memorySource, product, right, temporaryFolder } from './world'

/** A smooth tail without a gap and some large directions, as in real displacements. */
const displacement = (m: number, n: number, seed: number): Dense => {
  const tail = gaussian(m, n, seed)
  const sizes = Array.from({ length: 6 }, (_, i) => 0.6 * 0.7 ** i)
  const large = multiply(scaleColumns(gaussian(m, 6, seed + 1), sizes), gaussian(6, n, seed + 2))
  return generate(
    m,
    n,
    (i, j) => (tail.data[i * n + j] ?? 0) * (1 - (0.7 * i) / m) + (large.data[i * n + j] ?? 0),
  )
}

const layer = 'model.layers.0'
const shapes: Readonly<Record<string, readonly [number, number]>> = {
  [`${layer}.self_attn.q_proj`]: [240, 240],
  [`${layer}.mlp.up_proj`]: [380, 240],
  [`${layer}.mlp.down_proj`]: [240, 380],
}
const names = Object.keys(shapes)
const zeroMatrices = (): Record<string, Matrix> =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, [m, n]]) => [
      `${name}.weight`,
      { rows: m, cols: n, data: new Float32Array(m * n) },
    ]),
  )
const moved = (): Record<string, Matrix> =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, [m, n]], i) => [
      `${name}.weight`,
      toMatrix(displacement(m, n, 10 * i)),
    ]),
  )
const pair = { base: memorySource('base', zeroMatrices()), aligned: memorySource('aligned', moved()) }
const adapter: LoraAdapter = adapterOf(
  Object.fromEntries(
    Object.entries(shapes).map(([name, [m, n]], i) => [
      name,
      { B: gaussian(m, 4, 100 + i), A: gaussian(4, n, 200 + i) },
    ]),
  ),
)

const engine = (): MatrixEngine => {
  const found = matrixEngine()
  if (found === undefined) throw new Error('the engine has no matrices')
  return { ...found, suits: () => true }
}
const single: LoraAdapter = { ...adapter, modules: adapter.modules.slice(0, 1) }
const correct = async (
  options: Partial<CsuloraOptions>,
  more: Partial<CsuloraResources> = {},
  given: LoraAdapter = single,
) => right(await correctAdapter(options, { ...pair, ...more })(given)())
const exactly = correct({})

beforeAll(async () => {
  await selectEngine('wasm')()
})

describe('filtered subspaces', () => {
  it('give the exact update within the error that they report, in attention and MLP shapes', async () => {
    const before = tf.memory().numTensors
    const exact = await correct({}, {}, adapter)
    const found = await correct({}, { engine: engine() }, adapter)
    expect(tf.memory().numTensors).toBe(before)
    expect(found.modules.map((m) => m.name)).toEqual(names)
    found.modules.forEach((m, i) => {
      const [ours, theirs] = [found.adapter.modules[i]!, exact.adapter.modules[i]!]
      expect(m.route).toBe('filter')
      expect(m.degree).toBeGreaterThanOrEqual(80)
      expect(Math.abs(m.capturedLeft! - exact.modules[i]!.capturedLeft!)).toBeLessThan(0.005)
      const error = distance(product(ours), product(theirs))
      expect(error).toBeLessThan(0.06)
      expect(error).toBeLessThan(2 * m.updateError!)
      expect(m.updateError).toBeLessThanOrEqual(0.045)
      expect(Math.abs(m.normRatio - exact.modules[i]!.normRatio)).toBeLessThan(0.02)
    })
  })

  it('are not used where the result must be exact', async () => {
    const found = await correct({ exact: true }, { engine: engine() })
    expect(found.modules.every((m) => m.route === 'spectrum' && m.updateError === undefined)).toBe(true)
    expect(found.adapter).toEqual((await exactly).adapter)
  })

  it('are not used for small matrices, or where the cut is out of reach', async () => {
    const large = await correct({}, { engine: { ...engine(), suits: () => false } })
    expect(large.modules.every((m) => m.route === 'spectrum')).toBe(true)
    const few = await correct({ rank: 3 }, { engine: engine() })
    expect(few.modules.every((m) => m.route === 'spectrum')).toBe(true)
    expect(few.adapter).toEqual((await correct({ rank: 3 })).adapter)
  })

  it('are kept in the cache, for other cuts too, and give way to an exact decomposition', async () => {
    const folder = temporaryFolder()
    const cache = right(await openCache(folder, pair)())
    const first = await correct({}, { engine: engine(), cache })
    const files = (): ReadonlyArray<string> => readdirSync(join(folder, readdirSync(folder)[0]!)).sort()
    expect(files()).toEqual([`${names[0]}.filter.safetensors`])
    const again = await correct({}, { engine: engine(), cache })
    expect(again.adapter).toEqual(first.adapter)
    const other = await correct({ energy: 0.97 }, { engine: engine(), cache })
    expect(other.modules[0]!.route).toBe('filter')
    expect(other.modules[0]!.rankLeft).toBeGreaterThan(first.modules[0]!.rankLeft!)
    expect(files()).toHaveLength(1)
    const exact = await correct({ exact: true }, { engine: engine(), cache })
    expect(exact.adapter).toEqual((await exactly).adapter)
    const last = await correct({}, { engine: engine(), cache })
    expect(last.modules.every((m) => m.route === 'spectrum')).toBe(true)
  })
})
