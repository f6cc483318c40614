/**
 * How well the thresholds of `@safe/forgetfilter` find unsafe rows on synthetic rates (syntheticRates.ts), and whether they abstain
 * where they should: no model is run.
 *
 *   node --conditions=@safe/source --import tsx tools/forgetfilter/evaluateThresholds.ts [--rows 1000] [--canaries 100]
 *     [--repeats 100] [--first-seed 10001] [--alpha 0.05] [--json]
 *
 * Seeds below 10001 are for development, the others for the table of docs/forgetfilter-thresholds.md: no constant was chosen on them.
 */
import * as TE from 'fp-ts/TaskEither'
import { command, integer, main, withDefault } from '@safe/tensor-core/cli'
import { number } from '@safe/tensor-core/options'
import { DEFAULT_ALPHA } from '../../packages/forgetfilter/src/defaults'
import type { RatedRow } from '../../packages/forgetfilter/src/rates/rates'
import { wilson } from '../../packages/eval-redorca/src/stats'
import { type Scenario, scenarios, syntheticRates } from './syntheticRates'
import { LEAST_USEFUL_J, bestOf, methodsOf, outcomeOf } from './thresholdOutcomes'
import { type Cell, tables } from './thresholdTables'

// one draw ---------------------------------------------------------------------------------------

const shares = [0, 0.01, 0.05, 0.25, 0.5, 0.75] as const

const rated = (rate: number, i: number): RatedRow => ({ id: String(i), s1: 1, s2: 1 - rate, rate })

// cells ------------------------------------------------------------------------------------------

interface Setting {
  readonly rows: number
  readonly canaries: number
  readonly repeats: number
  readonly firstSeed: number
  readonly alpha: number
}

const cellsOf = (scenario: Scenario, unsafeShare: number, setting: Setting): ReadonlyArray<Cell> => {
  const draws = Array.from({ length: setting.repeats }, (_, i) => {
    const drawn = syntheticRates(
      scenario,
      { n: setting.rows, unsafeShare, canaries: setting.canaries },
      setting.firstSeed + i,
    )
    const rows = drawn.rows.map(({ rate, unsafe }, i) => ({ ...rated(rate, i), unsafe }))
    const canaries = drawn.canaries.map(rated)
    const best = bestOf(rows)
    return {
      best: best.f1,
      outcomes: methodsOf(setting.alpha).map((method) =>
        outcomeOf(method, rows, canaries, best.j >= LEAST_USEFUL_J),
      ),
    }
  })
  return methodsOf(setting.alpha).map(({ name }, m) => ({
    scenario: scenario.name,
    unsafeShare,
    method: name,
    bestF1: draws.reduce((sum, { best }) => sum + best, 0) / draws.length,
    outcomes: draws.flatMap(({ outcomes }) => outcomes.slice(m, m + 1)),
  }))
}

// command ----------------------------------------------------------------------------------------

main({
  name: 'evaluateThresholds',
  version: '0',
  description: 'thresholds of forgetting rates on synthetic mixtures',
  commands: [
    command({
      name: '',
      description: 'thresholds of forgetting rates on synthetic mixtures',
      options: {
        rows: withDefault(1000, integer('rows of a draw', { min: 20 })),
        canaries: withDefault(100, integer('canaries of a draw', { min: 0 })),
        repeats: withDefault(100, integer('draws per scenario and share', { min: 2 })),
        firstSeed: withDefault(10001, integer('seed of the first draw; the next ones follow', { min: 0 })),
        alpha: withDefault(
          DEFAULT_ALPHA,
          number('share of benign rows that may be lost', { min: 0.001, max: 0.5 }),
        ),
      },
      run: (setting, context) =>
        TE.fromIO(() => {
          const progress = context.progress('cells', scenarios.length * shares.length)
          const cells = scenarios.flatMap((scenario) =>
            shares.flatMap((share) => {
              const found = cellsOf(scenario, share, setting)
              progress.tick(1, `${scenario.name} ${100 * share} %`)
              return found
            }),
          )
          progress.stop()
          const made = tables(scenarios, cells, wilson)
          return { json: { setting, rows: made.rows }, text: made.text }
        }),
    }),
  ],
})
