import * as TE from 'fp-ts/TaskEither'
import type { Workbench } from '@safe/tensor-core/contracts'
import { badInput } from '@safe/tensor-core/contracts'
import { toMatrix } from '@safe/tensor-core/linalg'
import { methods, plugins } from '../src'
import { adapterOf, gaussian, left, memorySource, right } from './world'

const unavailable = TE.left(badInput('Unavailable', 'not lent'))
const empty = { name: 'none', examples: [] }
const source = (seed: number) => memorySource(`s${seed}`, { 'a.weight': toMatrix(gaussian(9, 8, seed)) })
const bench: Workbench = {
  seed: 7,
  train: () => unavailable,
  model: () => unavailable,
  anchor: unavailable,
  maxNewTokens: 8,
  safe: empty,
  references: empty,
  baseWeights: TE.right(source(1)),
  alignedWeights: TE.right(source(2)),
  judge: { id: 'none', judge: () => TE.right([]) } as unknown as Workbench['judge'],
}
const adapter = adapterOf({ a: { B: gaussian(9, 2, 3), A: gaussian(2, 8, 4) } })

describe('plugins', () => {
  it('offer every method at the weights stage', () => {
    expect(plugins.map((p) => p.name)).toEqual([...methods])
    expect(plugins.every((p) => p.stage === 'weights')).toBe(true)
  })
  it.each(plugins.map((p) => [p.name, p] as const))(
    '%s builds a defence that works',
    async (name, plugin) => {
      const defence = right(await plugin.create({ energy: 0.8 }, bench)())
      expect(defence.name).toBe(name)
      if (defence.stage !== 'weights') throw new Error('wrong stage')
      expect(right(await defence.apply(adapter)()).modules).toHaveLength(1)
    },
  )
  it('fill in defaults', async () => {
    const [csulora, , safelora] = plugins
    expect(right(await csulora!.complete({})())).toEqual({ energy: 0.95, beta: 0.05 })
    expect(right(await csulora!.complete({ rank: 4 })())).toEqual({ rank: 4, beta: 0.05 })
    expect(right(await safelora!.complete({ tau: 0.35 })())).toEqual({ energy: 0.95, beta: 0.05, tau: 0.35 })
  })
  it.each([
    [{ energy: 2 }, 'energy must be a number above 0'],
    [{ rank: 0 }, 'rank must be a whole number'],
    [{ rank: 2, energy: 0.5 }, 'not both'],
    [{ gamma: 1 }, 'has no option gamma'],
  ])('refuse %j', async (options, said) => {
    const fault = left(await plugins[0]!.complete(options)())
    expect(fault.kind).toBe('input')
    expect(fault.message).toContain(said)
  })
})
