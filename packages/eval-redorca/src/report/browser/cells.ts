/** The cells of the page, in the order in which they are read: models before fine-tuning, then by setting from no defence to several. */
import * as t from 'io-ts'
import {
  cellName,
  defendedStages,
  fineTuneKey,
  isTuned,
  isUndefended,
  settingKey,
  strengthWords,
} from '../../plan/factors'
import type { CellResult, Results } from '../../results/results'
import { fineTuneWords, rowName } from '../format'
import type { PageCell } from './data'

// parts ------------------------------------------------------------------------------------------

/** A factor that not every version of a benchmark writes. */
const attacked = t.type({ attacker: t.string })

const attackerOf = ({ factors }: CellResult): string => (attacked.is(factors) ? factors.attacker : '')

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
  const settings = [...new Set(cells.map(({ factors }) => settingKey(factors)))]
  return [...cells].sort(
    byRank((cell) => [
      isTuned(cell.factors) ? 1 : 0,
      settings.indexOf(settingKey(cell.factors)),
      cell.control ? 1 : 0,
      defendedStages(cell.factors).length,
    ]),
  )
}

/** The cells as the page names them. @param cells in the order of the page */
export const pageCells = (cells: ReadonlyArray<CellResult>): ReadonlyArray<PageCell> => {
  const bare = new Map(
    cells.flatMap((cell, i) => (isUndefended(cell.factors) ? [[settingKey(cell.factors), i] as const] : [])),
  )
  return cells.map((cell) => {
    const { id, factors, strengths, control } = cell
    return {
      id,
      name: rowName(cellName(factors), { control }),
      strengths: Object.entries(strengths)
        .map(([method, value]) => `${method} ${strengthWords(value)}`)
        .join(', '),
      regime: fineTuneKey(factors),
      regimeWords: isTuned(factors) ? fineTuneWords(factors) : 'before fine-tuning',
      seed: String(factors.seed),
      attacker: attackerOf(cell),
      methods: defendedStages(factors).map((stage) => factors[stage]),
      control,
      bare: isUndefended(cell.factors) ? null : (bare.get(settingKey(cell.factors)) ?? null),
    }
  })
}
