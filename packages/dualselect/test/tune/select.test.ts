import * as fc from 'fast-check'
import { gridOf } from '../../src/tune/grid'
import { tuneResults } from '../../src/tune/results'
import { type Scored, keepsTask, safest } from '../../src/tune/select'

const scored = (rho: number, accuracy: number, safety: number, tokenBudget = 0.9): Scored => ({
  rho,
  tokenBudget,
  accuracy,
  safety,
})
const bound = { plain: 0.9, epsilon: 0.05 }

describe('the choice', () => {
  it('is the safest that keeps the task, not the safest of all', () => {
    const settings = [scored(0.1, 0.9, 0.6), scored(0.5, 0.86, 0.8), scored(1, 0.84, 0.95)]
    expect(safest(settings, bound)?.rho).toBe(0.5)
    expect(safest(settings, { ...bound, epsilon: 0.1 })?.rho).toBe(1)
    expect(safest(settings, { plain: 1, epsilon: 0.01 })).toBeUndefined()
  })

  it('takes the higher accuracy, then the weaker setting, where settings are as safe', () => {
    expect(safest([scored(0.1, 0.88, 0.8), scored(1, 0.9, 0.8)], bound)?.rho).toBe(1)
    expect(safest([scored(1, 0.9, 0.8), scored(0.1, 0.9, 0.8)], bound)?.rho).toBe(0.1)
    expect(safest([scored(1, 0.9, 0.8, 0.5), scored(1, 0.9, 0.8, 0.9)], bound)?.tokenBudget).toBe(0.9)
  })

  it('no setting that keeps the task is safer, whatever the order', () => {
    const one = fc.record({
      rho: fc.constantFrom(0.1, 0.2, 0.5),
      tokenBudget: fc.constantFrom(0.5, 0.9),
      accuracy: fc.double({ min: 0.7, max: 1, noNaN: true }),
      safety: fc.constantFrom(0.2, 0.5, 0.9),
    })
    fc.assert(
      fc.property(fc.array(one, { minLength: 1 }), (settings) => {
        const best = safest(settings, bound)
        expect(safest([...settings].reverse(), bound)).toEqual(best)
        for (const s of settings.filter(keepsTask(bound))) expect(s.safety).toBeLessThanOrEqual(best!.safety)
        if (best === undefined) expect(settings.some(keepsTask(bound))).toBe(false)
      }),
    )
  })
})

it('the grid is every pair once, from weak to strong', () => {
  expect(gridOf([0.5, 0.1, 0.5], [0.8, 0.9])).toEqual([
    { rho: 0.1, tokenBudget: 0.9 },
    { rho: 0.1, tokenBudget: 0.8 },
    { rho: 0.5, tokenBudget: 0.9 },
    { rho: 0.5, tokenBudget: 0.8 },
  ])
})

describe('results', () => {
  const rows = (right: number): ReadonlyArray<number> =>
    Array.from({ length: 20 }, (_, i) => Number(i < right))
  const outcomes = (right: number, safe: number) => [{ tasks: [rows(right)], safety: rows(safe) }]
  const results = tuneResults(
    { setting: null, outcomes: outcomes(18, 8) },
    [
      { setting: { rho: 0.1, tokenBudget: 0.9 }, outcomes: outcomes(18, 12) },
      { setting: { rho: 0.5, tokenBudget: 0.9 }, outcomes: outcomes(17, 16) },
      { setting: { rho: 1, tokenBudget: 0.9 }, outcomes: outcomes(12, 20) },
    ],
    { epsilon: 0.05, seeds: [1], seed: 42 },
  )

  it('say what was chosen on what', () => {
    expect(results.chosen).toEqual({ rho: 0.5, tokenBudget: 0.9 })
    expect(results.reason).toContain(
      'rho 0.5 with token budget 0.9 is the safest of the settings that keep the task',
    )
    expect(results.reason).toContain('20 validation rows and 20 safety prompts with 1 seed')
    expect(results.reason).toContain('safety 80.0\u00a0% (plain fine-tuning 40.0\u00a0%)')
    expect(results.settings.map((s) => s.keepsTask)).toEqual([true, true, false])
    expect(results.settings[1]?.difference.safety.value).toBeCloseTo(0.4)
    expect(results.settings[1]?.difference.safety.low).toBeGreaterThan(0)
  })

  it('choose nothing where nothing keeps the task', () => {
    const none = tuneResults(
      { setting: null, outcomes: outcomes(20, 8) },
      [{ setting: { rho: 1, tokenBudget: 0.9 }, outcomes: outcomes(12, 20) }],
      { epsilon: 0.05, seeds: [1], seed: 42 },
    )
    expect(none.chosen).toBeNull()
    expect(none.reason).toContain('no setting keeps the task')
  })
})
