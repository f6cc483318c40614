/** The audit of a filter as commands print it. */
import { type Audit, type FilterRule, keptIds } from '../audit/audit'
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

/** The same of commands that write the rows that are kept, with quality where there are labels. */
export const keptJson = (rule: FilterRule, audit: Audit, quality: Quality | undefined) => ({
  ...auditJson(audit),
  rowsKept: keptIds(rule, audit).size,
  ...(quality === undefined ? {} : { quality }),
})

/** A metric against labels. */
const metricLine =
  (quality: Quality) =>
  (metric: (typeof qualityMetrics)[number]): string => {
    const { [metric]: value, intervals } = quality
    const interval = intervals[metric]
    return value === null
      ? `${metric} undefined`
      : `${metric} ${value.toFixed(3)}${interval === null ? '' : ` [${interval.low.toFixed(3)}, ${interval.high.toFixed(3)}]`}`
  }

/** The same in two lines, with quality a metric per line. */
export const auditText = ({ threshold, counts }: Audit, quality: Quality | undefined): string =>
  [
    threshold.phi === null
      ? `no threshold (${threshold.method}): ${threshold.reason}`
      : `phi ${Number(threshold.phi.toPrecision(6))} (${threshold.method}): ${threshold.reason}`,
    `kept ${counts.kept}, dropped ${counts.dropped}, indeterminate ${counts.indeterminate}`,
    ...(quality === undefined ? [] : qualityMetrics.map(metricLine(quality))),
  ].join('\n')
