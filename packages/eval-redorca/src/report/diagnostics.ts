/** What the methods say they did, a table for each method of a regime: a row for each value, a column for each strength. */
import { type Markup, html } from '@safe/tensor-core/page'
import { type Diagnostics, stages } from '@safe/tensor-core/contracts'
import { type FineTune, defendedStages, isSameFineTune, strengthWords } from '../plan/factors'
import type { CellResult, Results } from '../results/results'
import { significant } from './amounts'
import { plain, table } from './tableText'

// model ------------------------------------------------------------------------------------------

/** A value as it was recorded; undefined where a strength has none. */
type Value = number | string | null | undefined

/** What a method did at each of its strengths. */
export interface Panel {
  readonly method: string
  /** Strengths in words, from weak to strong. */
  readonly strengths: ReadonlyArray<string>
  readonly rows: ReadonlyArray<{ readonly name: string; readonly values: ReadonlyArray<Value> }>
}

// reading ----------------------------------------------------------------------------------------

/** `normRatio` is `norm ratio`; names within a record are symbols, and stay. */
const words = (name: string): string =>
  name.replace(/([a-z0-9])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`)

const valueOf = (u: unknown): Value =>
  typeof u === 'number' || typeof u === 'string' || u === null
    ? u
    : typeof u === 'boolean'
      ? u
        ? 'yes'
        : 'no'
      : undefined

const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === 'object' && u !== null && !Array.isArray(u)

/** Values by name; those of a record within it are named after both. Lists are left out: they are for files. */
const flat = (values: Diagnostics): ReadonlyMap<string, Value> =>
  new Map(
    Object.entries(values)
      .flatMap(([name, u]): ReadonlyArray<readonly [string, Value]> =>
        isRecord(u)
          ? Object.entries(u).map(([inner, x]) => [`${words(name)} ${inner}`, valueOf(x)] as const)
          : [[words(name), valueOf(u)]],
      )
      .filter(([, value]) => value !== undefined),
  )

/** The mean over seeds; words where all say the same. */
const pooled = (values: ReadonlyArray<Value>): Value => {
  const known = values.filter((v) => v !== undefined)
  const numbers = known.filter((v) => typeof v === 'number')
  if (numbers.length > 0 && numbers.length === known.length)
    return numbers.reduce((a, b) => a + b) / numbers.length
  return known.every((v) => v === known[0]) ? known[0] : null
}

const asConfigured = 'as configured'

const strengthOf = (method: string, { strengths }: CellResult): string => {
  const value = strengths[method]
  return value === undefined ? asConfigured : strengthWords(value)
}

/** Cells in which the method acts alone; where there are none, all in which it acts. */
const cellsOf = (cells: ReadonlyArray<CellResult>, method: string): ReadonlyArray<CellResult> => {
  const acting = cells.filter(({ diagnostics }) => diagnostics[method] !== undefined)
  const alone = acting.filter(
    ({ factors }) =>
      defendedStages(factors).length === 1 && stages.some((stage) => factors[stage] === method),
  )
  return alone.length > 0 ? alone : acting
}

const panelOf = (results: Results, cells: ReadonlyArray<CellResult>, method: string): Panel => {
  const path = (results.selection?.paths[method] ?? []).map(strengthWords)
  const place = (strength: string): number => (path.includes(strength) ? path.indexOf(strength) : path.length)
  const here = cellsOf(cells, method)
  const strengths = [...new Set(here.map((cell) => strengthOf(method, cell)))].sort(
    (a, b) => place(a) - place(b),
  )
  const values = strengths.map((strength) =>
    here
      .filter((cell) => strengthOf(method, cell) === strength)
      .map((c) => flat(c.diagnostics[method] ?? {})),
  )
  const names = [...new Set(values.flat().flatMap((found) => [...found.keys()]))]
  return {
    method,
    strengths,
    rows: names.map((name) => ({
      name,
      values: values.map((seeds) => pooled(seeds.map((found) => found.get(name)))),
    })),
  }
}

/** The panels of a regime, in the order in which its cells name the methods. */
export const panelsOf = (results: Results, regime: FineTune): ReadonlyArray<Panel> => {
  const cells = results.cells.filter(({ factors }) => isSameFineTune(factors, regime))
  const methods = [...new Set(cells.flatMap(({ diagnostics }) => Object.keys(diagnostics)))]
  return methods.map((method) => panelOf(results, cells, method)).filter(({ rows }) => rows.length > 0)
}

// constructors -----------------------------------------------------------------------------------

const shown = (value: Value): string =>
  value === undefined || value === null ? '–' : typeof value === 'number' ? significant(value) : value

const explanation =
  'What each method recorded of itself, by its strength from weak to strong: means over seeds, of the cells in which it acts alone where there are any. Labels of rows are looked at only here.'

/** The name of a column where cells are stacked. */
const labelOf = (strength = asConfigured): string =>
  strength === asConfigured ? strength : `strength ${strength}`

const panelTable = ({ method, strengths, rows }: Panel): Markup =>
  html`<h4>${method}</h4>
    <table class="numbers diagnostics">
      <thead>
        <tr>
          <th scope="col" class="first">Strength</th>
          ${strengths.map((strength) => html`<th scope="col" class="number">${strength}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ name, values }) =>
            html`<tr>
              <th scope="row">${name}</th>
              ${values.map((value, i) => {
                const absent = value === undefined || value === null
                return html`<td
                  data-label="${labelOf(strengths[i])}"
                  class="number${absent ? ' absent' : ''}"
                >
                  ${shown(value)}
                </td>`
              })}
            </tr>`,
        )}
      </tbody>
    </table>`

/** The panels of a regime; undefined where no method recorded anything. */
export const diagnosticsPanels = (results: Results, regime: FineTune): Markup | undefined => {
  const panels = panelsOf(results, regime)
  return panels.length === 0
    ? undefined
    : html`<p class="note">${explanation}</p>
        ${panels.map(panelTable)}`
}

/** The same as Markdown. */
export const diagnosticsText = (results: Results, regime: FineTune): ReadonlyArray<string> => {
  const panels = panelsOf(results, regime)
  return panels.length === 0
    ? []
    : [
        explanation,
        ...panels.map(({ method, strengths, rows }) =>
          table(
            [plain(method), ...strengths.map(plain)],
            rows.map(({ name, values }) => [plain(name), ...values.map((value) => plain(shown(value)))]),
          ),
        ),
      ]
}
