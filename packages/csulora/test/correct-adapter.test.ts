import * as TE from 'fp-ts/TaskEither'
import type { Matrix } from '@safe/tensor-core/contracts'
import { flip, fromMatrix, toMatrix } from '@safe/tensor-core/linalg'
import { isIdentity } from '@safe/tensor-core/contracts'
import { correctAdapter, csulora } from '../src'
import { adapterOf, distance, gaussian, left, memorySource, product, right } from './world'

const [q, k] = ['model.layers.0.q_proj', 'model.layers.0.k_proj']
const factors = (m: number, n: number, seed: number) => ({
  B: gaussian(m, 2, seed),
  A: gaussian(2, n, seed + 1),
})
const adapter = adapterOf({ [q]: factors(12, 10, 1), [k]: factors(6, 10, 3) })
const weights = (seed: number): Record<string, Matrix> => ({
  [`${q}.weight`]: toMatrix(gaussian(12, 10, seed)),
  [`${k}.weight`]: toMatrix(gaussian(6, 10, seed + 1)),
})
const pair = { base: memorySource('base', weights(10)), aligned: memorySource('aligned', weights(20)) }

describe('correctAdapter', () => {
  it('corrects every module and keeps the structure', async () => {
    const seen: string[] = []
    const done = right(await correctAdapter({}, { ...pair, onModule: (m) => seen.push(m.name) })(adapter)())
    expect(seen).toEqual([q, k])
    expect(done.adapter).toMatchObject({ config: adapter.config, dtype: 'F32', metadata: { format: 'pt' } })
    done.adapter.modules.forEach((m, i) => {
      const before = adapter.modules[i]!
      expect([m.A.rows, m.A.cols, m.B.rows, m.B.cols, m.scale]).toEqual([
        before.A.rows,
        before.A.cols,
        before.B.rows,
        before.B.cols,
        before.scale,
      ])
      expect(distance(product(m), product(before))).toBeGreaterThan(0.01)
    })
    expect(done.modules[0]).toMatchObject({ shape: [12, 10], route: 'spectrum' })
  })

  it('reads fan_in_fan_out layers the other way round', async () => {
    const flipped = (m: Record<string, Matrix>) =>
      Object.fromEntries(Object.entries(m).map(([key, x]) => [key, toMatrix(fromMatrix(flip(x)))]))
    const other = { ...adapter, config: { ...adapter.config, fan_in_fan_out: true } }
    const twin = {
      base: memorySource('base', flipped(weights(10))),
      aligned: memorySource('aligned', flipped(weights(20))),
    }
    const a = right(await correctAdapter({}, pair)(adapter)())
    const b = right(await correctAdapter({}, twin)(other)())
    a.adapter.modules.forEach((m, i) =>
      expect(distance(product(b.adapter.modules[i]!), product(m))).toBeLessThan(1e-6),
    )
  })

  it('finds the output head of a tied model under the embedding', async () => {
    const head = adapterOf({ lm_head: factors(12, 10, 1) })
    const tied = (seed: number) =>
      memorySource('tied', { 'model.embed_tokens.weight': toMatrix(gaussian(12, 10, seed)) })
    const done = right(await correctAdapter({}, { base: tied(1), aligned: tied(2) })(head)())
    expect(done.modules[0]?.name).toBe('lm_head')
  })

  it('does nothing after a stop', async () => {
    const abort = new AbortController()
    abort.abort()
    const fault = left(await correctAdapter({}, { ...pair, signal: abort.signal })(adapter)())
    expect(fault).toMatchObject({ _tag: 'Interrupted', kind: 'interrupted' })
  })

  it.each([
    ['NoDisplacement', { base: pair.aligned }, adapter, q],
    ['AdapterMismatch', {}, adapterOf({ 'model.layers.9.q_proj': factors(12, 10, 1) }), 'layers.9.q_proj'],
    ['AdapterMismatch', {}, adapterOf({ [q]: factors(16, 10, 1) }), '[12, 10], but the adapter'],
    ['CheckpointMismatch', { base: memorySource('base', {}) }, adapter, `has no ${q}.weight`],
    [
      'CheckpointMismatch',
      { base: memorySource('base', { [`${q}.weight`]: toMatrix(gaussian(3, 3, 1)) }) },
      adapter,
      '[3, 3]',
    ],
    [
      'NotFinite',
      {
        base: memorySource('base', {
          ...weights(10),
          [`${q}.weight`]: { rows: 12, cols: 10, data: new Float32Array(120).fill(NaN) },
        }),
      },
      adapter,
      q,
    ],
    ['NotFinite', {}, adapterOf({ [q]: { ...factors(12, 10, 1), B: gaussian(12, 2, 1, Infinity) } }), q],
  ])('refuses: %s', async (tag, change, given, said) => {
    const fault = left(await correctAdapter({}, { ...pair, ...change })(given)())
    expect(fault).toMatchObject({ _tag: tag, kind: 'input' })
    expect(`${fault.where ?? ''} ${fault.message}`).toContain(said)
  })
})

describe('csulora', () => {
  it('is a defence of the weights stage with the options that decide it', async () => {
    const defence = csulora({}, pair)
    expect(defence.stage).toBe('weights')
    expect(isIdentity(defence)).toBe(false)
    expect(defence.steps).toEqual([{ name: 'csulora', parameters: { energy: 0.95, beta: 0.05 } }])
    const direct = right(await correctAdapter({}, pair)(adapter)())
    expect(right(await defence.apply(adapter)())).toEqual(direct.adapter)
  })
  it.each([
    [{ rank: 3 }, 'csulora', { rank: 3, beta: 0.05 }],
    [{ rank: 3, energy: 0.5 }, 'csulora', { rank: 3, beta: 0.05 }],
    [{ method: 'safelora' }, 'safelora', { energy: 0.95, beta: 0.05, tau: 0.5 }],
    [{ method: 'hard', tau: 0.1 }, 'hard', { energy: 0.95, beta: 0.05 }],
  ] as const)('names what decides: %j', (options, name, parameters) => {
    expect(csulora(options, pair).steps).toEqual([{ name, parameters }])
  })
  it('names the field of an impossible option', async () => {
    const fault = left(await csulora({ energy: 1.5 }, pair).apply(adapter)())
    expect(fault).toMatchObject({ _tag: 'BadOption', kind: 'input', field: 'energy' })
    expect(fault.message).toBe('must be a number, above 0, at most 1, but is 1.5')
  })
  it.each([
    [{ number: 2 }, 'number'],
    [{ method: 'safelora', factor: 0.5 }, 'factor'],
    [{ rank: 3, maxRank: 5 }, 'maxRank'],
  ] as const)('refuses an option that nothing would read: %j', async (options, field) => {
    const fault = left(await correctAdapter(options, pair)(adapter)())
    expect(fault).toMatchObject({ _tag: 'BadOption', kind: 'input', field })
    expect(fault.remedy).toContain('out')
  })
  it('leaves the source of a failure readable', async () => {
    const broken = {
      ...pair.base,
      read: () => TE.left({ _tag: 'FileDamaged', kind: 'input', message: 'x' } as const),
    }
    expect(left(await csulora({}, { ...pair, base: broken }).apply(adapter)())._tag).toBe('FileDamaged')
  })
})
