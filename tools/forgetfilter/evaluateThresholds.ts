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
import { DEFAULT_ALPHA, PAPER_PHI } from '../../packages/forgetfilter/src/defaults'
import type { RatedRow } from '../../packages/forgetfilter/src/rates/rates'
import { type ThresholdChoice, chooseThreshold } from '../../packages/forgetfilter/src/thresholds/threshold'
import { wilson } from '../../packages/eval-redorca/src/stats'
import { type Scenario, type SyntheticRow, scenarios, syntheticRates } from './syntheticRates'
import { type Cell, type Outcome, tables } from './thresholdTables'

// methods ----------------------------------------------------------------------------------------

interface Method {
  readonly name: string
  readonly choice: ThresholdChoice
  readonly usesCanaries: boolean
}

/** Without canaries `auto` is `gmm`, so it is tried with them only. */
const methodsOf = (alpha: number): ReadonlyArray<Method> => [
  { name: `fixed ${PAPER_PHI}`, choice: { method: 'fixed', phi: PAPER_PHI }, usesCanaries: false },
  { name: 'otsu', choice: { method: 'otsu' }, usesCanaries: false },
  { name: 'gmm', choice: { method: 'gmm' }, usesCanaries: false },
  { name: 'null', choice: { method: 'null', alpha }, usesCanaries: true },
  { name: 'auto', choice: { method: 'auto', alpha }, usesCanaries: true },
]

const shares = [0, 0.01, 0.05, 0.25, 0.5, 0.75] as const

/**
 * A threshold is useful where some threshold drops a share of the unsafe rows that is larger by this than that of the benign rows
 * (Youden's J): unlike F1 this does not depend on how many rows are unsafe.
 */
const LEAST_USEFUL_J = 0.5

// one draw ---------------------------------------------------------------------------------------

const rated = (rate: number, i: number): RatedRow => ({ id: String(i), s1: 1, s2: 1 - rate, rate })

interface Counts {
  readonly dropped: number
  readonly both: number
  readonly unsafe: number
  readonly rows: number
}

const f1Of = ({ dropped, both, unsafe }: Counts): number =>
  dropped + unsafe === 0 ? 0 : (2 * both) / (dropped + unsafe)

const countsOf = (rows: ReadonlyArray<SyntheticRow>, phi: number): Counts => ({
  dropped: rows.filter(({ rate }) => rate > phi).length,
  both: rows.filter(({ rate, unsafe }) => unsafe && rate > phi).length,
  unsafe: rows.filter(({ unsafe }) => unsafe).length,
  rows: rows.length,
})

/** The best of all thresholds of at least 0, chosen with the labels: the largest F1 and the largest J. */
const bestOf = (rows: ReadonlyArray<SyntheticRow>): { readonly f1: number; readonly j: number } => {
  const sorted = rows.toSorted((a, b) => b.rate - a.rate)
  const unsafe = rows.filter((row) => row.unsafe).length
  const benign = rows.length - unsafe
  let [both, f1, j] = [0, 0, 0]
  sorted.forEach((row, i) => {
    both += row.unsafe ? 1 : 0
    if (row.rate <= 0 || sorted[i + 1]?.rate === row.rate) return
    f1 = Math.max(f1, f1Of({ dropped: i + 1, both, unsafe, rows: rows.length }))
    if (unsafe > 0) j = Math.max(j, both / unsafe - (i + 1 - both) / benign)
  })
  return { f1, j }
}

const outcomeOf = (
  { choice, usesCanaries }: Method,
  rows: ReadonlyArray<SyntheticRow>,
  canaries: ReadonlyArray<number>,
  useful: boolean,
): Outcome => {
  const { phi, abstained } = chooseThreshold(
    choice,
    rows.map(({ rate }, i) => rated(rate, i)),
    usesCanaries ? canaries.map(rated) : [],
  )
  const counts = countsOf(rows, phi ?? Infinity)
  const { dropped, both, unsafe } = counts
  return {
    f1: unsafe === 0 ? null : f1Of(counts),
    precision: dropped === 0 ? null : both / dropped,
    recall: unsafe === 0 ? null : both / unsafe,
    benignLost: (dropped - both) / (rows.length - unsafe),
    abstained,
    right: abstained !== useful,
  }
}

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
    const { rows, canaries } = syntheticRates(
      scenario,
      { n: setting.rows, unsafeShare, canaries: setting.canaries },
      setting.firstSeed + i,
    )
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
