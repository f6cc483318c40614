/** The cells of the page, in the order in which they are read: models before fine-tuning, then by setting from no defence to several. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Stage, stages } from '@safe/tensor-core/contracts'
import { canonicalJson } from '@safe/tensor-core/files'
import { cellName, defendedStages, isTuned } from '../../plan/factors'
import type { CellResult, Results } from '../../results/results'
import { regimeWords } from '../format'
import type { PageCell } from './data'

// parts ------------------------------------------------------------------------------------------

/** Records that not every version of a benchmark writes. */
const recorded = t.partial({
  strengths: t.record(t.string, t.unknown),
  factors: t.partial({ attacker: t.string }),
})

const recordsOf = (cell: unknown): t.TypeOf<typeof recorded> =>
  pipe(
    recorded.decode(cell),
    E.getOrElseW(() => ({})),
  )

const several = t.record(t.string, t.unknown)

/** A strength in words: one value, or the values of several options. */
const strengthWords = (value: unknown): string =>
  Array.isArray(value)
    ? value.map(strengthWords).join(' and ')
    : several.is(value)
      ? Object.entries(value)
          .map(([option, v]) => `${option} ${strengthWords(v)}`)
          .join(', ')
      : String(value)

const isStage = (name: string): name is Stage => stages.some((stage) => stage === name)

/** All factors but the defences: cells that agree in them differ by their defences alone. */
const settingOf = ({ factors }: CellResult): string =>
  canonicalJson(Object.fromEntries(Object.entries(factors).filter(([name]) => !isStage(name))))

const isBare = ({ factors }: CellResult): boolean => defendedStages(factors).length === 0

/** Sorts by the first of these numbers that differs. */
const byRank =
  (rank: (cell: CellResult) => ReadonlyArray<number>) =>
  (a: CellResult, b: CellResult): number => {
    const [left, right] = [rank(a), rank(b)]
    return left.map((x, i) => x - (right[i] ?? 0)).find((difference) => difference !== 0) ?? 0
  }

// constructors -----------------------------------------------------------------------------------

/** The cells in the order of the page. */
export const orderedCells = ({ cells }: Pick<Results, 'cells'>): ReadonlyArray<CellResult> => {
  const settings = [...new Set(cells.map(settingOf))]
  return [...cells].sort(
    byRank((cell) => [
      isTuned(cell.factors) ? 1 : 0,
      settings.indexOf(settingOf(cell)),
      cell.control ? 1 : 0,
      defendedStages(cell.factors).length,
    ]),
  )
}

/** The cells as the page names them. @param cells in the order of the page */
export const pageCells = (cells: ReadonlyArray<CellResult>): ReadonlyArray<PageCell> => {
  const bare = new Map(cells.flatMap((cell, i) => (isBare(cell) ? [[settingOf(cell), i] as const] : [])))
  return cells.map((cell) => {
    const { id, factors, control } = cell
    const { strengths = {}, factors: { attacker = '' } = {} } = recordsOf(cell)
    return {
      id,
      name: `${cellName(factors)}${control ? ' (control)' : ''}`,
      strengths: Object.entries(strengths)
        .map(([method, value]) => `${method} ${strengthWords(value)}`)
        .join(', '),
      regime: factors.regime,
      regimeWords: isTuned(factors) ? regimeWords(factors.regime) : 'before fine-tuning',
      seed: String(factors.seed),
      attacker,
      methods: defendedStages(factors).map((stage) => factors[stage]),
      control,
      bare: isBare(cell) ? null : (bare.get(settingOf(cell)) ?? null),
    }
  })
}
