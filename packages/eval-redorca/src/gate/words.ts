/** A gate in words: a line for each check, and what it comes to. */
import { percent, points } from '../report/format'
import type { Check, Checked } from './checks'
import { fewestClusters } from './worsening'

/** `passed`, `refused`, `undecided` */
export const verdictWord = (passed: boolean | null): string =>
  passed === null ? 'undecided' : passed ? 'passed' : 'refused'

/** `attackSuccess harmful`; `task` */
export const checkName = ({ metric, set }: Pick<Check, 'metric' | 'set'>): string =>
  metric === set ? metric : `${metric} ${set}`

/** `12.5 %`, or `?` where nothing is scored. */
export const rateWords = (rate: number | null): string => (rate === null ? '?' : `${percent(rate)} %`)

/** `+7.0 (2.0–13.0)` */
export const worseWords = ({ difference, low, high }: Pick<Check, 'difference' | 'low' | 'high'>): string =>
  `${difference === null ? '?' : points(difference)} (${points(low)} to ${points(high)})`

/** `n = 144, 36 clusters, 3 unscored` */
export const sizeText = ({ n, clusters, unscored }: Pick<Check, 'n' | 'clusters' | 'unscored'>): string =>
  [
    `n = ${n}`,
    ...(clusters < n ? [`${clusters} clusters`] : []),
    ...(unscored === 0 ? [] : [`${unscored} unscored`]),
  ].join(', ')

/** Why a check is undecided and what would decide it; undefined where it is decided. */
export const undecidedWords = (check: Check): string | undefined => {
  if (check.passed !== null) return undefined
  const needed = fewestClusters(check.margin)
  const few =
    check.clusters >= needed
      ? 'more items, or a larger margin, would decide'
      : Number.isFinite(needed)
        ? `a margin of ${percent(check.margin)} points needs at least ${needed} clusters`
        : 'a margin of 0 can be refused, but never kept'
  return check.unscored === 0 ? few : `${few}; or a judge that scores the ${check.unscored} unscored items`
}

/** One line for a check. */
export const checkLine = (check: Check): string => {
  const why = undecidedWords(check)
  return [
    `${checkName(check)}: ${rateWords(check.baseline)} -> ${rateWords(check.candidate)}`,
    `worse by ${worseWords(check)} points`,
    `margin ${percent(check.margin)}`,
    `${sizeText(check)}: ${verdictWord(check.passed)}${why === undefined ? '' : ` (${why})`}`,
  ].join(', ')
}

const names = (checks: ReadonlyArray<Check>): string => checks.map(checkName).join(', ')

/** The last line: the verdict, and the checks that decide it. */
export const verdictLine = ({ passed, checks }: Pick<Checked, 'passed' | 'checks'>): string => {
  const refused = checks.filter((c) => c.passed === false)
  const undecided = checks.filter((c) => c.passed === null)
  return passed === true
    ? `passed: ${names(checks)}`
    : [
        ...(refused.length === 0 ? [] : [`refused: ${names(refused)}`]),
        ...(undecided.length === 0 ? [] : [`undecided: ${names(undecided)}`]),
      ].join('; ')
}

/** All lines for a terminal. */
export const checkedText = (found: Checked): string =>
  [...found.checks.map(checkLine), verdictLine(found)].join('\n')

/** The document of `--json`. */
export const checkedJson = ({ passed, checks }: Checked): object => ({
  passed,
  checks: checks.map((c) => ({
    metric: c.metric,
    set: c.set,
    baseline: c.baseline,
    candidate: c.candidate,
    difference: c.difference,
    low: c.low,
    high: c.high,
    margin: c.margin,
    passed: c.passed,
  })),
})
