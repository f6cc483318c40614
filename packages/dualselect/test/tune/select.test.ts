import * as fc from 'fast-check'
import { strengthWithinBounds } from '@safe/tensor-core/stats'
import { plugins } from '../../src/plugin'
import { strengths } from '../../src/strengths'
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
    expect(safest(settings, bound)).toEqual({ chosen: settings[1], reachable: true })
    expect(safest(settings, { ...bound, epsilon: 0.1 })?.chosen.rho).toBe(1)
  })

  it('is the weaker of settings that are as safe, and keeps a bound that is met exactly', () => {
    const settings = [scored(0.1, 0.85, 0.8), scored(1, 0.9, 0.8)]
    expect(safest(settings, bound)).toEqual({ chosen: settings[0], reachable: true })
  })

  it('is the one that misses the task by least where none keeps it', () => {
    const settings = [scored(0.1, 0.7, 0.2), scored(0.5, 0.8, 0.3), scored(1, 0.2, 1)]
    expect(safest(settings, bound)).toEqual({ chosen: settings[1], reachable: false })
    expect(safest([], bound)).toBeUndefined()
  })

  it('is that of the benchmark: attack success is what is not safe, the task is its own bound', () => {
    const rate = fc.integer({ min: 0, max: 20 }).map((k) => k / 20)
    const one = fc.tuple(rate, rate, rate).map(([rho, accuracy, safety]) => scored(rho, accuracy, safety))
    fc.assert(
      fc.property(fc.array(one), fc.constantFrom(0, 0.05, 0.3), (settings, epsilon) => {
        const benchmark = strengthWithinBounds(settings, {
          harm: (s) => 1 - s.safety,
          bounds: (s) => [{ rate: s.accuracy, bare: 0.9, allowed: epsilon }],
        })
        const choice = safest(settings, { plain: 0.9, epsilon })
        expect(choice).toEqual(benchmark)
        const kept = settings.filter(keepsTask({ plain: 0.9, epsilon }))
        expect(choice?.reachable ?? false).toBe(kept.length > 0)
        for (const s of kept) expect(s.safety).toBeLessThanOrEqual((choice?.chosen.safety ?? 0) + 1e-8)
      }),
    )
  })
})

describe('the grid', () => {
  it('is the strengths that a benchmark tries, where nothing is given', () => {
    const plugin = plugins.find(({ name }) => name === 'dualselect')
    expect(gridOf({})).toEqual(plugin?.strength?.values)
    expect(gridOf({}).length).toBeGreaterThan(1)
  })
  it('is every pair once, from weak to strong', () => {
    expect(gridOf({ rho: [0.5, 0.1, 0.5], tokenBudget: [0.8, 0.9] })).toEqual([
      { rho: 0.1, tokenBudget: 0.9 },
      { rho: 0.1, tokenBudget: 0.8 },
      { rho: 0.5, tokenBudget: 0.9 },
      { rho: 0.5, tokenBudget: 0.8 },
    ])
    expect(gridOf({ rho: [2] })).toEqual([{ rho: 2, tokenBudget: 0.9 }])
    expect(gridOf({ tokenBudget: [0.5] }).map(({ rho }) => rho)).toEqual(strengths.map(({ rho }) => rho))
  })
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
    expect(results.nearest).toBeNull()
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
    expect(none.nearest).toEqual({ rho: 1, tokenBudget: 0.9 })
    expect(none.reason).toContain('no setting keeps the task')
    expect(none.reason).toContain('rho 1 with token budget 0.9 misses it by least: accuracy 60.0\u00a0%')
  })
})
