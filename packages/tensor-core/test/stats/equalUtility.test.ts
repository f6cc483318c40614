import * as fc from 'fast-check'
import { keepsBounds, strengthWithinBounds } from '../../src/stats'

interface Setting {
  readonly attack: number
  readonly task: number | undefined
}
const setting = (attack: number, task: number | undefined): Setting => ({ attack, task })
const choose = (settings: ReadonlyArray<Setting>) =>
  strengthWithinBounds(settings, {
    harm: ({ attack }) => attack,
    bounds: ({ task }) => [{ rate: task, bare: 0.9, allowed: 0.02 }],
  })

describe('strengthWithinBounds', () => {
  it('takes the least harmful of those within the bounds', () => {
    const all = [setting(0.9, 0.9), setting(0.5, 0.89), setting(0.1, 0.87)]
    expect(choose(all)).toEqual({ chosen: all[1], reachable: true })
  })
  it('takes the weaker of equal ones, whatever the rounding', () => {
    const all = [setting(0.1 + 0.2, 0.88), setting(0.3, 0.9)]
    expect(choose(all)?.chosen).toBe(all[0])
  })
  it('gives the weaker best try where none is within them', () => {
    const all = [setting(0.9, 0.1), setting(0.5, 0.5), setting(0, 0.5)]
    expect(choose(all)).toEqual({ chosen: all[1], reachable: false })
  })
  it('counts a rate that is missing as 0', () => {
    expect(choose([setting(0.5, undefined)])?.reachable).toBe(false)
    expect(choose([])).toBeUndefined()
  })
})

describe('keepsBounds', () => {
  it('keeps a loss of exactly what is allowed', () => {
    expect(keepsBounds([{ rate: 0.7 - 0.1, bare: 0.8, allowed: 0.2 }])).toBe(true)
    expect(keepsBounds([{ rate: 0.59, bare: 0.8, allowed: 0.2 }])).toBe(false)
  })
  it('knows no bound where the undefended model has no rate', () => {
    expect(keepsBounds([{ rate: undefined, bare: undefined, allowed: 0 }])).toBe(true)
    expect(keepsBounds([])).toBe(true)
  })
  it('is decided by the tightest of several', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1 }), (slacks) => {
        const bounds = slacks.map((slack) => ({ rate: slack, bare: 0, allowed: 0 }))
        expect(keepsBounds(bounds)).toBe(Math.min(...slacks) >= -1e-9)
      }),
    )
  })
})
