/** The audit of a filter as commands print it. */
import type { Audit } from '../audit/audit'
import { type Quality, qualityMetrics } from '../audit/quality'

/** The part of a JSON answer that every command which filters gives. */
export const auditJson = ({ threshold, counts }: Audit) => ({
  method: threshold.method,
  phi: threshold.phi,
  abstained: threshold.abstained,
  reason: threshold.reason,
  ...counts,
  diagnostics: threshold.diagnostics,
})

/** The same in two lines. */
export const auditText = ({ threshold, counts }: Audit): string =>
  [
    threshold.phi === null
      ? `no threshold (${threshold.method}): ${threshold.reason}`
      : `phi ${Number(threshold.phi.toPrecision(6))} (${threshold.method}): ${threshold.reason}`,
    `kept ${counts.kept}, dropped ${counts.dropped}, indeterminate ${counts.indeterminate}`,
  ].join('\n')

/** Quality against labels, a metric per line. */
export const qualityText = (quality: Quality): string =>
  qualityMetrics
    .map((metric) => {
      const { [metric]: value, intervals } = quality
      const interval = intervals[metric]
      return value === null
        ? `${metric} undefined`
        : `${metric} ${value.toFixed(3)}${interval === null ? '' : ` [${interval.low.toFixed(3)}, ${interval.high.toFixed(3)}]`}`
    })
    .join('\n')
