/** What may be asked of the result besides the method: modules without displacement, a lower rank, Safe LoRA by number, several adapters. */
import * as fc from 'fast-check'
import * as TE from 'fp-ts/TaskEither'
import type { LoraAdapter, Matrix } from '@safe/tensor-core/contracts'
import {
  type Dense,
  columns,
  energy,
  frobenius,
  multiply,
  scaleColumns,
  smallSVD,
  subtract,
  toMatrix,
  transpose,
} from '@safe/tensor-core/linalg'
import { correctAdapter, lowered, mergedAdapter, plugins } from '../src'
import { adapterOf, distance, gaussian, left, memorySource, product, right } from './world'

const [q, k, v] = ['model.layers.0.q_proj', 'model.layers.0.k_proj', 'model.layers.0.v_proj']
const factors = (m: number, n: number, seed: number) => ({
  B: gaussian(m, 2, seed),
  A: gaussian(2, n, seed + 1),
})
const adapter = adapterOf({ [q]: factors(12, 10, 1), [k]: factors(6, 10, 3), [v]: factors(8, 10, 5) })
const weights = (seed: number): Record<string, Matrix> => ({
  [`${q}.weight`]: toMatrix(gaussian(12, 10, seed)),
  [`${k}.weight`]: toMatrix(gaussian(6, 10, seed + 1)),
  [`${v}.weight`]: toMatrix(gaussian(8, 10, seed + 2)),
})
const pair = { base: memorySource('base', weights(10)), aligned: memorySource('aligned', weights(20)) }
const update = (m: LoraAdapter['modules'][number]): Dense => {
  const p = product(m)
  return { ...p, data: p.data.map((x) => m.scale * x) }
}
const best = (x: Dense, rank: number): Dense => {
  const { U, s, V } = smallSVD(x)
  return multiply(scaleColumns(columns(U, 0, rank), s), transpose(columns(V, 0, rank)))
}

describe('a module that the alignment did not move', () => {
  const still = {
    ...pair,
    base: memorySource('base', { ...weights(10), [`${k}.weight`]: weights(20)[`${k}.weight`]! }),
  }
  it('is refused by name, unless the options say what to do', async () => {
    const fault = left(await correctAdapter({}, still)(adapter)())
    expect(fault).toMatchObject({ _tag: 'NoDisplacement', kind: 'input', where: k })
    expect(fault.remedy).toContain('`unmoved`')
  })
  it.each([
    [{ unmoved: 'keep' }, 'kept', 1],
    [{ unmoved: 'drop' }, 'dropped', 0],
    [{ unmoved: 'keep', method: 'safelora', number: 1 }, 'kept', 1],
    [{ unmoved: 'drop', method: 'hard' }, 'dropped', 0],
  ] as const)('%j', async (options, unmoved, normRatio) => {
    const done = right(await correctAdapter(options, still)(adapter)())
    expect(done.modules[1]).toMatchObject({ name: k, route: 'none', unmoved, normRatio })
    expect(done.modules[1]?.energies).toBeUndefined()
    const [, before] = adapter.modules
    const [, after] = done.adapter.modules
    if (unmoved === 'kept') expect(after).toBe(before)
    else expect([frobenius(product(after!)), after!.A]).toEqual([0, before!.A])
    expect(done.modules[0]?.unmoved).toBeUndefined()
  })
})

describe('Safe LoRA with a number of modules', () => {
  it('projects those with the lowest cosines, as a threshold between them would', async () => {
    const all = right(await correctAdapter({ method: 'safelora', tau: 1 }, pair)(adapter)())
    const cosines = all.modules.map((m) => m.cosine!)
    const sorted = [...cosines].sort((a, b) => a - b)
    for (const number of [1, 2, 3, 9]) {
      const found = right(await correctAdapter({ method: 'safelora', number }, pair)(adapter)())
      const tau = ((sorted[number - 1] ?? 1) + (sorted[number] ?? 1)) / 2
      const threshold = right(await correctAdapter({ method: 'safelora', tau }, pair)(adapter)())
      expect(found.adapter).toEqual(threshold.adapter)
      expect(found.modules.map((m) => m.cosine)).toEqual(cosines)
      expect(found.modules.filter((m) => m.projected)).toHaveLength(Math.min(3, number))
    }
  })
  it('decomposes nothing', async () => {
    const cache = {
      get: () => TE.left({ _tag: 'FileDamaged', kind: 'input', message: 'asked' } as const),
      put: () => TE.left({ _tag: 'FileDamaged', kind: 'input', message: 'kept' } as const),
    }
    const found = right(
      await correctAdapter({ method: 'safelora', number: 2 }, { ...pair, cache })(adapter)(),
    )
    expect(found.modules.map((m) => [m.route, m.energies, m.rankLeft])).toEqual(
      found.modules.map(() => ['none', undefined, undefined]),
    )
  })
  it('is a choice of the plugin, instead of the threshold', () => {
    const plugin = plugins.find((p) => p.name === 'safelora')!
    expect(right(plugin.complete({ number: 2 }))).toEqual({ energy: 0.95, beta: 0.05, number: 2 })
    expect(left(plugin.complete({ number: 2, tau: 0.5 })).message).toContain('give either `tau` or `number`')
  })
})

describe('a lower rank', () => {
  it('is the best approximation of the update', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 12 }),
        fc.integer({ min: 2, max: 12 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 7 }),
        (m, n, r, rank) => {
          const d = { B: gaussian(m, r, m * n), A: gaussian(r, n, m + n) }
          const { factors: found, lostEnergy } = lowered(d, rank)
          const [whole, kept] = [multiply(d.B, d.A), multiply(found.B, found.A)]
          expect(found.A.rows).toBe(Math.min(rank, r))
          const reference = best(whole, Math.min(rank, m, n))
          expect(distance(kept, reference)).toBeLessThan(1e-9)
          expect(lostEnergy).toBeCloseTo(energy(subtract(whole, kept)) / energy(whole), 9)
        },
      ),
    )
  })
  it('holds for every module and for the configuration, the scale unchanged', async () => {
    const done = right(await correctAdapter({ toRank: 1 }, pair)(adapter)())
    const full = right(await correctAdapter({}, pair)(adapter)())
    expect(done.adapter.config).toMatchObject({ r: 1, lora_alpha: 2, rank_pattern: {}, alpha_pattern: {} })
    done.adapter.modules.forEach((m, i) => {
      expect([m.A.rows, m.B.cols, m.scale]).toEqual([1, 1, 2])
      expect(distance(product(m), best(product(full.adapter.modules[i]!), 1))).toBeLessThan(1e-6)
      expect(done.modules[i]!.lostEnergy).toBeGreaterThan(full.modules[i]!.lostEnergy)
    })
    expect(right(await correctAdapter({ toRank: 5 }, pair)(adapter)()).adapter).toEqual(full.adapter)
  })
})

describe('several adapters', () => {
  const other = adapterOf({ [q]: { B: gaussian(12, 3, 31), A: gaussian(3, 10, 32) } })
  it('are their weighted sum at the sum of their ranks', () => {
    const sum = right(
      mergedAdapter([
        { adapter, weight: 1, name: 'one' },
        { adapter: other, weight: -0.5, name: 'two' },
      ]),
    )
    expect(sum.modules.map((m) => [m.name, m.A.rows, m.scale])).toEqual([
      [q, 5, 1],
      [k, 2, 1],
      [v, 2, 1],
    ])
    const [a, b] = [update(adapter.modules[0]!), update(other.modules[0]!)]
    const expected = { ...a, data: a.data.map((x, i) => x - 0.5 * (b.data[i] ?? 0)) }
    expect(distance(update(sum.modules[0]!), expected)).toBeLessThan(1e-6)
    expect(distance(update(sum.modules[1]!), update(adapter.modules[1]!))).toBeLessThan(1e-6)
  })
  it('one adapter of weight 1 stays as it is', () => {
    expect(right(mergedAdapter([{ adapter, weight: 1, name: 'one' }]))).toBe(adapter)
  })
  it('are corrected as their sum would be, and cut to a rank', async () => {
    const twice = right(
      mergedAdapter([
        { adapter, weight: 0.25, name: 'one' },
        { adapter, weight: 0.75, name: 'the same' },
      ]),
    )
    const sum = right(await correctAdapter({ toRank: 2 }, pair)(twice)())
    const single = right(await correctAdapter({}, pair)(adapter)())
    // Twice the same update: its rank is still 2, the correction that of the one.
    sum.adapter.modules.forEach((m, i) => {
      expect(m.A.rows).toBe(2)
      expect(distance(best(update(m), 2), best(update(single.adapter.modules[i]!), 2))).toBeLessThan(1e-4)
    })
    expect(sum.adapter.config).toMatchObject({ r: 2, lora_alpha: 2 })
  })
  it.each([
    ['other shapes', adapterOf({ [q]: factors(9, 10, 1) }), '[9, 10], but [12, 10] in one'],
    [
      'another storage of layers',
      adapterOf({ [q]: factors(12, 10, 1) }, 'F32', { fan_in_fan_out: true }),
      'fan_in_fan_out',
    ],
    [
      'tensors that have no sum',
      {
        ...adapter,
        extras: [{ name: 'lm_head.weight', dtype: 'F32', shape: [1], bytes: new Uint8Array(4) }],
      },
      'lm_head.weight',
    ],
  ] as const)('refuse %s', (_, second, said) => {
    const fault = left(
      mergedAdapter([
        { adapter, weight: 1, name: 'one' },
        { adapter: second, weight: 1, name: 'two' },
      ]),
    )
    expect(fault).toMatchObject({ _tag: 'AdapterMismatch', where: 'two' })
    expect(fault.message).toContain(said)
  })
})
