/** Results of a search: what was measured of every setting, which one is chosen, and why. */
import type { Outcomes } from '../measure/outcomes'
import { type IntervalEstimate, weightedMean } from '@safe/tensor-core/stats'
import { type Draw, type UnitOfRow, bootstrapped, openEnded, unitCount } from '../stats/estimate'
import type { Setting } from './grid'
import { isNear, keepsTask, safest } from './select'

// model ------------------------------------------------------------------------------------------

/** Accuracy on the validation rows and safety on the safety prompts. */
export interface Both {
  readonly accuracy: IntervalEstimate
  readonly safety: IntervalEstimate
}

export interface SettingResult extends Setting, Both {
  /** This setting minus plain fine-tuning, on the same rows and seeds. */
  readonly difference: Both
  /** Whether it keeps the task within epsilon of plain fine-tuning. */
  readonly keepsTask: boolean
}

export interface TuneResults {
  readonly seeds: ReadonlyArray<number>
  readonly epsilon: number
  readonly plain: Both
  readonly settings: ReadonlyArray<SettingResult>
  /** Null where no setting keeps the task. */
  readonly chosen: Setting | null
  /** Where none keeps the task, the setting that misses it by least; else null. */
  readonly nearest: Setting | null
  /** What was chosen on what, in a sentence. */
  readonly reason: string
}

/** Outcomes of one setting, or of plain fine-tuning, one per seed. */
export interface SettingRuns {
  /** Null: plain fine-tuning. */
  readonly setting: Setting | null
  readonly outcomes: ReadonlyArray<Outcomes>
}

// statistics -------------------------------------------------------------------------------------

type Of = 'accuracy' | 'safety'
const both: ReadonlyArray<Of> = ['accuracy', 'safety']

/** Group 0 is the seeds, 1 the validation rows, 2 the safety prompts. */
const meanOf =
  ({ outcomes }: SettingRuns, of: Of) =>
  (draw: Draw): number =>
    weightedMean(
      outcomes.map((o) =>
        of === 'accuracy'
          ? weightedMean(o.tasks[0] ?? [], draw[1] ?? [])
          : weightedMean(o.safety ?? [], draw[2] ?? []),
      ),
      draw[0] ?? [],
    )

const rowsOf = ({ outcomes: [first] }: SettingRuns, of: Of): number =>
  (of === 'accuracy' ? first?.tasks[0]?.length : first?.safety?.length) ?? 0

const nothing: IntervalEstimate = { value: Number.NaN, n: 0, low: Number.NaN, high: Number.NaN }

// constructors -----------------------------------------------------------------------------------

const percent = (x: number): string => `${(100 * x).toFixed(1)}\u00a0%`

interface Reason {
  readonly best: SettingResult | undefined
  /** Whether it keeps the task. */
  readonly reachable: boolean
  readonly plain: Both
  readonly epsilon: number
  readonly seeds: number
  /** Other settings that keep the task and are as safe. */
  readonly asSafe: number
}

const named = ({ rho, tokenBudget }: Setting): string => `rho ${rho} with token budget ${tokenBudget}`

const reasonOf = ({ best, reachable, plain, epsilon, seeds, asSafe }: Reason): string => {
  const on = `on ${plain.accuracy.n} validation rows and ${plain.safety.n} safety prompts with ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}`
  const bound = `plain fine-tuning has ${percent(plain.accuracy.value)}, epsilon is ${percent(epsilon)}`
  if (best === undefined) return `no setting was tried ${on}`
  const accuracy = `accuracy ${percent(best.accuracy.value)} (${bound})`
  return reachable
    ? `${named(best)} is the safest of the settings that keep the task${
        asSafe === 0
          ? ''
          : `, the ${asSafe === 1 ? 'weaker of two' : `weakest of ${asSafe + 1}`} that are as safe`
      }, ${on}: safety ${percent(best.safety.value)} (plain fine-tuning ${percent(plain.safety.value)}), ${accuracy}`
    : `no setting keeps the task ${on}; ${named(best)} misses it by least: ${accuracy}`
}

/** How results are made of outcomes. */
export interface TuneChoice {
  readonly epsilon: number
  readonly seeds: ReadonlyArray<number>
  /** Of the resampling. */
  readonly seed: number
  /** What rows are drawn with; by default each by itself. */
  readonly units?: Readonly<Record<Of, UnitOfRow>>
}

/** @param tried from weak to strong */
export const tuneResults = (
  plain: SettingRuns,
  tried: ReadonlyArray<SettingRuns & { readonly setting: Setting }>,
  { epsilon, seeds, seed, units }: TuneChoice,
): TuneResults => {
  const groups = [seeds.length, rowsOf(plain, 'accuracy'), rowsOf(plain, 'safety')]
  const estimated = (runs: SettingRuns, against?: SettingRuns): Both => {
    const values = bootstrapped(
      groups,
      both.map((of) => {
        const own = meanOf(runs, of)
        if (against === undefined) return own
        const other = meanOf(against, of)
        return (draw) => own(draw) - other(draw)
      }),
      { seed, ...(units === undefined ? {} : { units: [undefined, units.accuracy, units.safety] }) },
    )
    const at = (i: number, of: Of): IntervalEstimate => {
      const value = values[i]
      if (value === undefined) return nothing
      const estimate = { ...value, n: rowsOf(plain, of) }
      return against === undefined
        ? openEnded(estimate, units === undefined ? undefined : unitCount(units[of]))
        : estimate
    }
    return { accuracy: at(0, 'accuracy'), safety: at(1, 'safety') }
  }
  const base = estimated(plain)
  const bound = { plain: base.accuracy.value, epsilon }
  const settings = tried.map((runs): SettingResult => {
    const own = estimated(runs)
    const scored = { ...runs.setting, accuracy: own.accuracy.value, safety: own.safety.value }
    return {
      ...runs.setting,
      ...own,
      difference: estimated(runs, plain),
      keepsTask: keepsTask(bound)(scored),
    }
  })
  const choice = safest(
    settings.map((result) => ({
      ...result,
      result,
      accuracy: result.accuracy.value,
      safety: result.safety.value,
    })),
    bound,
  )
  const best = choice?.chosen.result
  const reachable = choice?.reachable ?? false
  const setting = best === undefined ? null : { rho: best.rho, tokenBudget: best.tokenBudget }
  const asSafe = settings.filter(
    (s) => s !== best && s.keepsTask && isNear(s.safety.value, best?.safety.value ?? Number.NaN),
  ).length
  return {
    seeds,
    epsilon,
    plain: base,
    settings,
    chosen: reachable ? setting : null,
    nearest: reachable ? null : setting,
    reason: reasonOf({ best, reachable, plain: base, epsilon, seeds: seeds.length, asSafe }),
  }
}
