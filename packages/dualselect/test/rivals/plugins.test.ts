/** The rivals as a benchmark finds them: names, options and defaults are a contract. */
import * as E from 'fp-ts/Either'
import { plugins } from '../../src'
import { rivals } from '../../src/rivals'

const size = {
  rows: 100,
  safe: 50,
  references: 64,
  harmful: 0,
  steps: 30,
  stepsOn: () => 30,
  batchSize: 10,
  maxNewTokens: 8,
}
const named = (name: string) => plugins.find((p) => p.name === name)!

describe('the rivals', () => {
  it.each([
    ['safegrad', { rho: 1 }],
    ['safety-after', { steps: 100 }],
    ['constrained-sft', { beta: 0.1, firstFactor: 5, prefixFactor: 20, prefix: 5, floor: 0.001 }],
    ['lisa', { safeSteps: 100, taskSteps: 900, rho: 1, warmup: 0.1 }],
    ['ema', { decay: 0.995 }],
  ])('%s has the defaults of the contract', (name, defaults) => {
    expect(named(name).complete({})).toEqual(E.right(defaults))
    expect(named(name).complete({ rhoo: 1 })).toMatchObject({ left: { field: 'rhoo', where: name } })
  })

  it('have strengths that their options allow, from weak to strong', () => {
    for (const { name, strength, complete } of rivals) {
      const { options, values } = strength!
      expect([name, options.length, [...values].sort((a, b) => Number(a) - Number(b))]).toEqual([
        name,
        1,
        values,
      ])
      for (const value of values)
        expect(complete({ [options[0]!]: value })).toMatchObject({ right: { [options[0]!]: value } })
    }
  })

  it('say what they cost and how faithful they are', () => {
    const work = (name: string, options = {}) => named(name).work?.(options, size)
    expect(work('safety-after', { steps: 7 })).toEqual({ trainingSteps: 7 })
    expect(work('safegrad')!.stepFactor).toBeGreaterThan(2)
    expect(work('constrained-sft')!.stepFactor).toBeGreaterThan(1)
    expect([work('ema'), work('lisa')]).toEqual([undefined, undefined])
    for (const { fidelity } of rivals)
      for (const field of ['source', 'formula', 'defaults', 'differs'] as const)
        expect(fidelity?.[field]).toMatch(/\S/)
  })
})
