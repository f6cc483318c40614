import * as TE from 'fp-ts/TaskEither'
import {
  type Diagnostics,
  type Resources,
  badInput,
  failure,
  defenceName,
  pluginVersion,
} from '@safe/tensor-core/contracts'
import { toMatrix } from '@safe/tensor-core/linalg'
import { type PerBlock, correctAdapter, methods, plugins as all } from '../src'
import { adapterOf, gaussian, left, memorySource, right } from './world'

/** CSULoRA and its controls; the rivals have a test of their own. */
const plugins = all.slice(0, methods.length)

const unavailable = TE.left(badInput('Unavailable', 'not provided'))
const empty = { name: 'none', examples: [] }
const source = (seed: number) => memorySource(`s${seed}`, { 'a.weight': toMatrix(gaussian(9, 8, seed)) })
const resources: Resources = {
  seed: 7,
  train: () => unavailable,
  model: () => unavailable,
  gradients: () => unavailable,
  activationNorms: () => unavailable,
  anchor: unavailable,
  maxNewTokens: 8,
  safe: empty,
  harmful: empty,
  references: empty,
  counterpart: TE.left(failure('Unused', 'not declared, so not used')),
  baseModel: unavailable,
  base: TE.right(source(1)),
  aligned: TE.right(source(2)),
  judge: { specificationVersion: 2, id: 'none', axes: [], judge: () => TE.right([]) },
}
const adapter = adapterOf({ a: { B: gaussian(9, 2, 3), A: gaussian(2, 8, 4) } })

describe('plugins', () => {
  it('offer every method at the weights stage', () => {
    expect(plugins.map((p) => p.name)).toEqual([...methods])
    for (const p of plugins)
      expect([p.stage, p.specificationVersion, p.needs]).toEqual([
        'weights',
        pluginVersion,
        ['base', 'aligned', 'seed'],
      ])
  })
  it.each(plugins.map((p) => [p.name, p] as const))(
    '%s builds a defence that works',
    async (name, plugin) => {
      const options = right(plugin.complete({ energy: 0.8 }))
      const defence = right(await plugin.create(options, resources)())
      expect(defenceName(defence)).toBe(name)
      expect(defence.steps[0]?.parameters).toEqual(options)
      if (defence.stage !== 'weights') throw new Error('wrong stage')
      expect(right(await defence.apply(adapter)()).modules).toHaveLength(1)
    },
  )
  it.each([
    ['csulora', ['modules', 'energies', 'normRatio', 'gammas', 'lostEnergy']],
    ['hard', ['modules', 'energies', 'normRatio', 'gammas', 'lostEnergy']],
    ['safelora', ['modules', 'energies', 'normRatio', 'projected', 'cosine']],
    ['scale', ['modules', 'energies', 'normRatio']],
    ['random-basis', ['modules', 'energies', 'normRatio', 'gammas', 'lostEnergy']],
  ])('%s records what it did to the adapter', async (name, fields) => {
    const two = adapterOf({
      a: { B: gaussian(9, 2, 3), A: gaussian(2, 8, 4) },
      b: { B: gaussian(9, 2, 5), A: gaussian(2, 8, 6) },
    })
    const pair = (seed: number) =>
      memorySource(`s${seed}`, {
        'a.weight': toMatrix(gaussian(9, 8, seed)),
        'b.weight': toMatrix(gaussian(9, 8, seed + 10)),
      })
    const given = { ...resources, base: TE.right(pair(1)), aligned: TE.right(pair(2)) }
    const seen: Diagnostics[] = []
    const plugin = plugins.find((p) => p.name === name)!
    const defence = right(await plugin.create({ energy: 0.8 }, given, (values) => seen.push(values))())
    if (defence.stage !== 'weights') throw new Error('wrong stage')
    await defence.apply(two)()
    const method = methods.find((m) => m === name)!
    const options = { energy: 0.8, method }
    const { modules } = right(
      await correctAdapter(options, { base: pair(1), aligned: pair(2), seed: 7 })(two)(),
    )
    expect(seen).toHaveLength(1)
    expect(Object.keys(seen[0]!)).toEqual(fields)
    expect(seen[0]).toMatchObject({ modules: 2 })
    expect(seen[0]!['normRatio']).toBeCloseTo((modules[0]!.normRatio + modules[1]!.normRatio) / 2)
    const { LR, Lp, pR, pp } = seen[0]!['energies'] as PerBlock
    expect(LR + Lp + pR + pp).toBeCloseTo(1)
    if (name === 'safelora')
      expect(seen[0]!['projected']).toBe(modules.filter((m) => m.projected === true).length)
  })
  it('say how faithful they are', () => {
    for (const { fidelity } of plugins)
      for (const field of ['source', 'formula', 'defaults', 'differs'] as const)
        expect(fidelity?.[field]).toMatch(/\S/)
    expect(plugins[2]?.fidelity?.source).toContain('2405.16833')
  })

  it('fill in defaults', () => {
    const [csulora, , safelora] = plugins
    expect(right(csulora!.complete({}))).toEqual({ energy: 0.95, beta: 0.05 })
    expect(right(csulora!.complete({ rank: 4 }))).toEqual({ rank: 4, beta: 0.05 })
    expect(right(csulora!.complete({ 'max-rank': 9 }))).toEqual({ energy: 0.95, maxRank: 9, beta: 0.05 })
    expect(right(safelora!.complete({ tau: 0.35 }))).toEqual({ energy: 0.95, beta: 0.05, tau: 0.35 })
  })
  it.each([
    [{ energy: 2 }, 'energy', 'must be a number, above 0'],
    [{ rank: 0 }, 'rank', 'must be a whole number'],
    [{ rank: 2, energy: 0.5 }, 'rank', 'give either `energy` or `rank`'],
    [{ gamma: 1 }, 'gamma', 'is not an option; use energy, rank'],
  ])('refuse %j', (options, field, said) => {
    const fault = left(plugins[0]!.complete(options))
    expect(fault).toMatchObject({ kind: 'input', field, where: 'csulora' })
    expect(fault.message).toContain(said)
  })
})
