/** The audit row by row: what was decided, and why. */
import type { Audit, FilterRule } from './audit'
import { type Decision, isLogScale } from './decisions'
import type { RatedRow } from '../rates/rates'

// model ------------------------------------------------------------------------------------------

/** One row of the audit. */
export interface AuditRow extends RatedRow {
  readonly decision: Decision
  /** Whether the row is in the output. */
  readonly kept: boolean
  readonly why: string
}

// constructors -----------------------------------------------------------------------------------

const shown = (x: number): string => String(Number(x.toPrecision(4)))

const whyOf = (
  { minLearned }: FilterRule,
  phi: number | null,
  { s1, rate }: RatedRow,
  decision: Decision,
): string => {
  if (rate === null) return 'has no response token to score'
  if (phi === null) return 'no threshold was found'
  if (decision === 'dropped') return `rate ${shown(rate)} is above phi ${shown(phi)}`
  if (decision === 'kept') return `rate ${shown(rate)} is at most phi ${shown(phi)}`
  const learned = s1 === null ? 'unknown' : shown(s1)
  return minLearned === undefined
    ? `s1 ${learned} is at most phi ${shown(phi)}: M1 never learned the row, so no rate could be above it`
    : `s1 ${learned} is below ${shown(minLearned)}: M1 did not learn the row`
}

/** Every row with its decision and the reason for it, in order. @param kept ids of the rows that stay */
export const auditRows = (
  rule: FilterRule,
  { rates, decisions, threshold }: Audit,
  kept: ReadonlySet<string>,
): ReadonlyArray<AuditRow> =>
  rates.map((row, i) => {
    const decision = decisions[i] ?? 'indeterminate'
    return { ...row, decision, kept: kept.has(row.id), why: whyOf(rule, threshold.phi, row, decision) }
  })

/** The unit of rates read from a file: nats where a score is negative; undefined where no row has scores. */
export const unitOfRates = (rates: ReadonlyArray<RatedRow>): 'share' | 'nats' | undefined =>
  isLogScale(rates) ? 'nats' : rates.some(({ s1 }) => s1 !== null) ? 'share' : undefined
