/** The headline table: every defence at the strength that keeps task and look-alikes on the validation items, stated over the test. */
import { type Markup, html } from '@safe/tensor-core/page'
import {
  type FineTune,
  combinationName,
  defendedStages,
  isSameCombination,
  isSameFineTune,
  strengthWords,
} from '../plan/factors'
import type { EqualUtilityRow, EqualUtilityStrength } from '../results/equalUtility'
import type { Results } from '../results/results'
import type { Estimate } from '../stats'
import { changeCell, rateCell } from './cells'
import { percent } from './format'
import { boundsOf } from './reading'

// model ------------------------------------------------------------------------------------------

/** Columns with a rate over the test. */
export const equalColumns = [
  { field: 'attackSuccess', name: 'Attack success', short: 'harmful requests complied with; low is better' },
  { field: 'task', name: 'Task', short: 'answered correctly' },
  { field: 'lookalikeAnswered', name: 'Look-alikes answered', short: 'neither refused nor degenerate' },
  { field: 'degenerate', name: 'Degenerate', short: 'requests answered with nothing' },
] as const

// reading ----------------------------------------------------------------------------------------

/** `0.1`; `forgetfilter 0.1, csulora 0.5`; a dash where there is nothing to choose. */
export const shownStrength = (strength: EqualUtilityStrength): string =>
  strength === null
    ? '–'
    : typeof strength === 'object' && Object.values(strength).some((v) => typeof v === 'object')
      ? Object.entries(strength)
          .map(
            ([name, v]) =>
              `${name}: ${typeof v === 'object' && v !== null ? strengthWords({ ...v }) : String(v)}`,
          )
          .join('; ')
      : strengthWords(strength)

/** Rows of a regime: what keeps utility by attack success, then what does not, then controls. */
export const equalRows = (
  { equalUtility }: Pick<Results, 'equalUtility'>,
  regime: FineTune,
): Readonly<Record<'keeping' | 'failing' | 'controls', ReadonlyArray<EqualUtilityRow>>> => {
  const rows = equalUtility
    .filter((row) => isSameFineTune(row.factors, regime))
    .sort(
      (a, b) =>
        (a.attackSuccess?.value ?? 1) - (b.attackSuccess?.value ?? 1) ||
        defendedStages(a.factors).length - defendedStages(b.factors).length,
    )
  return {
    keeping: rows.filter((row) => row.reachable && !row.control),
    failing: rows.filter((row) => !row.reachable && !row.control),
    controls: rows.filter((row) => row.control),
  }
}

/** `a task within 2 points and look-alikes answered within 5 of the undefended model`. */
export const boundWords = (results: Pick<Results, 'selection'>): string => {
  const { epsilon, delta } = boundsOf(results)
  return `a task within ${percent(epsilon)} points and look-alikes answered within ${percent(delta)} points of the undefended model`
}

/** `, 2 strengths to come`: those of a method alone that an unfinished run has not computed yet; empty where there are none. */
export const toComeWords = (
  { running, selection, failed }: Pick<Results, 'running' | 'selection' | 'failed'>,
  { factors, tried }: Pick<EqualUtilityRow, 'factors' | 'tried'>,
): string => {
  const [stage, ...more] = defendedStages(factors)
  if (running === undefined || selection === undefined || stage === undefined || more.length > 0) return ''
  const path = selection.paths[factors[stage]]
  if (path === undefined) return ''
  const failures = new Set(
    failed.flatMap(({ factors: { strengths, ...f } }) =>
      strengths !== undefined && isSameFineTune(f, factors) && isSameCombination(f, factors)
        ? [JSON.stringify(strengths)]
        : [],
    ),
  )
  const open = path.length - failures.size - tried
  return open > 0 ? `, ${open} strength${open === 1 ? '' : 's'} to come` : ''
}

// parts ------------------------------------------------------------------------------------------

const paired = (found: (Estimate & { readonly name: string }) | undefined, label: string): Markup =>
  found === undefined ? changeCell(label, undefined) : html`${changeCell(`${label}: ${found.name}`, found)}`

const rowOf =
  (results: Results) =>
  (row: EqualUtilityRow): Markup =>
    html`<tr>
      <th scope="row">
        ${combinationName(row.factors)}
        <small
          >${shownStrength(row.strength)}${row.tried > 1 ? `, one of ${row.tried} tried` : ''}${toComeWords(results, row)}${row.control && !row.reachable ? ', cannot keep utility: best try' : ''}</small
        >
      </th>
      ${equalColumns.map(({ field, name }) => rateCell(name, row[field]))}
      ${changeCell('Minus undefended', row.difference)}
      ${paired(
        row.controlDifference === undefined
          ? row.partDifference === undefined
            ? undefined
            : { ...row.partDifference, name: row.partDifference.part }
          : { ...row.controlDifference, name: row.controlDifference.control },
        'Minus control or best part',
      )}
    </tr>`

const bandOf = (words: string): Markup =>
  html`<tr class="band">
    <th colspan="${equalColumns.length + 3}" scope="rowgroup">${words}</th>
  </tr>`

const body = (results: Results, rows: ReadonlyArray<EqualUtilityRow>, words: string): Markup =>
  rows.length === 0
    ? html``
    : html`<tbody>
        ${bandOf(words)}${rows.map(rowOf(results))}
      </tbody>`

// constructors -----------------------------------------------------------------------------------

/** The table of a regime; undefined where no strengths were selected. */
export const equalUtilityTable = (results: Results, regime: FineTune): Markup | undefined => {
  const { keeping, failing, controls } = equalRows(results, regime)
  return results.selection === undefined || keeping.length + failing.length + controls.length === 0
    ? undefined
    : html`<table class="numbers">
        <caption>
          Each defence at the strength with the lowest attack success among those that keep
          ${boundWords(results)}, chosen on validation items; the numbers are of the test, in percent with
          their 95 % intervals.
          ${results.selection.source === undefined ? '' : `Strengths: ${results.selection.source}.`} The last
          column is the paired difference in attack success from the method’s control, or of a combination
          from the best of its methods alone.
        </caption>
        <thead>
          <tr>
            <th scope="col" class="first">Defences<small>strength</small></th>
            ${equalColumns.map(
              ({ name, short }) => html`<th scope="col" class="number">${name}<small>${short}</small></th>`,
            )}
            <th scope="col" class="number">Minus undefended<small>attack success, points</small></th>
            <th scope="col" class="number">
              Minus control or best part<small>attack success, points</small>
            </th>
          </tr>
        </thead>
        ${body(results, keeping, 'keeps utility on the validation items')}
        ${body(results, failing, 'cannot keep utility at any strength tried: its best try')}
        ${body(results, controls, 'controls, at their own selected strength')}
      </table>`
}
