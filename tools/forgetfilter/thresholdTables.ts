/**
 * Outcomes of thresholds as rows and as Markdown. Intervals are 95 %: of means over draws (normal; Student's t below 30 draws), of
 * shares (Wilson).
 */
import type { Scenario } from './syntheticRates'

// model ------------------------------------------------------------------------------------------

/** A method on one draw; null where a measure is undefined. */
export interface Outcome {
  /** 0 where the method abstained: nothing was dropped. */
  readonly f1: number | null
  readonly precision: number | null
  readonly recall: number | null
  /** Share of the benign rows that was dropped. */
  readonly benignLost: number
  readonly abstained: boolean
  /** It abstained where no threshold is useful, or gave one where one is. */
  readonly right: boolean
}

/** A method on all draws of a scenario with a share of unsafe rows. */
export interface Cell {
  readonly scenario: string
  readonly unsafeShare: number
  readonly method: string
  /** Mean of the largest F1 of any threshold, chosen with the labels. */
  readonly bestF1: number
  readonly outcomes: ReadonlyArray<Outcome>
}

interface Estimate {
  readonly value: number
  readonly n: number
  readonly low: number
  readonly high: number
}

type Wilson = (k: number, n: number) => Estimate

// estimates --------------------------------------------------------------------------------------

/** Two-sided 95 % quantiles of Student's t for 1, 2, ... 28 degrees of freedom. */
const studentT = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048,
]

/** The mean of the defined values; null where there are none. One draw says nothing of others: its interval is everything. */
const meanOf = (values: ReadonlyArray<number | null>): Estimate | null => {
  const defined = values.flatMap((x) => (x === null ? [] : [x]))
  const n = defined.length
  if (n === 0) return null
  const value = defined.reduce((s, x) => s + x, 0) / n
  if (n === 1) return { value, n, low: 0, high: 1 }
  const variance = defined.reduce((s, x) => s + (x - value) ** 2, 0) / (n - 1)
  const half = (studentT[n - 2] ?? 1.96) * Math.sqrt(variance / n)
  return { value, n, low: Math.max(0, value - half), high: Math.min(1, value + half) }
}

const rowOf =
  (wilson: Wilson) =>
  ({ scenario, unsafeShare, method, bestF1, outcomes }: Cell) => {
    const n = outcomes.length
    return {
      scenario,
      unsafeShare,
      method,
      bestF1,
      f1: meanOf(outcomes.map(({ f1 }) => f1)),
      precision: meanOf(outcomes.map(({ precision }) => precision)),
      recall: meanOf(outcomes.map(({ recall }) => recall)),
      benignLost: meanOf(outcomes.map(({ benignLost }) => benignLost)),
      abstained: wilson(outcomes.filter(({ abstained }) => abstained).length, n),
      right: wilson(outcomes.filter(({ right }) => right).length, n),
    }
  }

// text -------------------------------------------------------------------------------------------

const percent = (x: number): string => (100 * x).toFixed(x === 0 || x === 1 ? 0 : 1)

const shown = (e: Estimate | null): string =>
  e === null
    ? '–'
    : e.n === 1
      ? percent(e.value)
      : `${percent(e.value)} [${percent(e.low)}, ${percent(e.high)}]`

const head = [
  '| unsafe | threshold | F1 | precision | recall | benign rows lost | abstains | right call |',
  '| -----: | --------- | -: | --------: | -----: | ---------------: | -------: | ---------: |',
]

// constructors -----------------------------------------------------------------------------------

/** All cells as rows, and a Markdown table per scenario; everything in the text is in percent. */
export const tables = (
  scenarios: ReadonlyArray<Pick<Scenario, 'name' | 'description'>>,
  cells: ReadonlyArray<Cell>,
  wilson: Wilson,
) => {
  const rows = cells.map(rowOf(wilson))
  const text = scenarios
    .map(({ name, description }) => {
      const own = rows.filter((row) => row.scenario === name)
      const lines = own.map((row, i) => {
        const first = own[i - 1]?.unsafeShare !== row.unsafeShare
        const share = first
          ? `${100 * row.unsafeShare}${row.unsafeShare === 0 ? '' : ` (best F1 ${percent(row.bestF1)})`}`
          : ''
        return `| ${[share, row.method, shown(row.f1), shown(row.precision), shown(row.recall), shown(row.benignLost), shown(row.abstained), shown(row.right)].join(' | ')} |`
      })
      return [`### ${name}`, '', `${description}.`, '', ...head, ...lines].join('\n')
    })
    .join('\n\n')
  return { rows, text }
}
