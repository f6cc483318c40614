/**
 * Which cell of a results folder is meant: by its id or the beginning of it, or by factors, `weights=csulora,seed=42`. A folder of one
 * cell needs no choice.
 */
import * as E from 'fp-ts/Either'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { givenRegime } from '../config/regimes'
import { type Factors, cellName, factorNames, isTuned, isUndefended, withListed } from '../plan/factors'
import type { ListedCell } from '../results/listing'

// parts ------------------------------------------------------------------------------------------

/** Cells that a message lists. */
const mostListed = 8

const factorsOf = ({ factors, strengths = {} }: ListedCell): Factors => withListed({ factors, strengths })

/** `csulora on poison:0.05, seed 42 (3f9ab2c1)` */
export const cellWords = (cell: ListedCell): string => {
  const { attacker, regime, seed } = cell.factors
  if (regime === givenRegime && isUndefended(cell.factors))
    return `the model with its adapter (${cell.id.slice(0, 8)})`
  const on = isTuned(cell.factors)
    ? ` on ${regime}${attacker === undefined ? '' : ` by ${attacker}`}, seed ${seed}`
    : ''
  return `${cellName(factorsOf(cell))}${on} (${cell.id.slice(0, 8)})`
}

const listed = (cells: ReadonlyArray<ListedCell>): string =>
  `${cells.slice(0, mostListed).map(cellWords).join('; ')}${
    cells.length > mostListed ? `; and ${cells.length - mostListed} more` : ''
  }`

type Wanted = ReadonlyArray<readonly [name: string, value: string]>

/** `a=b,c=d`; undefined where the text is no list of factors. */
const wantedFactors = (text: string): Wanted | undefined =>
  text.includes('=')
    ? text.split(',').map((part) => {
        const at = part.indexOf('=')
        return [part.slice(0, Math.max(0, at)).trim(), part.slice(at + 1).trim()] as const
      })
    : undefined

const hasFactors =
  (wanted: Wanted) =>
  ({ factors }: ListedCell): boolean =>
    wanted.every(([name, value]) =>
      Object.entries(factors).some(([key, of]) => key === name && String(of) === value),
    )

// constructors -----------------------------------------------------------------------------------

/**
 * The cell that is meant.
 *
 * @param option the name of the option that chooses, for messages
 * @returns left: none, or several; the message lists them
 */
export const chosenCell = (
  cells: ReadonlyArray<ListedCell>,
  choice: string | undefined,
  option: string,
  where: string,
): E.Either<Fault, ListedCell> => {
  const wanted = choice === undefined ? undefined : wantedFactors(choice)
  const unknown = wanted?.find(([name]) => !factorNames.some((known) => known === name))
  if (unknown !== undefined)
    return E.left(
      badInput('BadOption', `names ${unknown[0]}, which is no factor`, {
        field: option,
        remedy: `name ${factorNames.join(', ')}, or give the id of a cell`,
      }),
    )
  const found =
    choice === undefined
      ? cells
      : cells.filter(wanted === undefined ? ({ id }) => id.startsWith(choice) : hasFactors(wanted))
  const [one, ...more] = found
  if (one !== undefined && more.length === 0) return E.right(one)
  return E.left(
    badInput(
      'CellUnclear',
      one === undefined
        ? cells.length === 0
          ? 'has no cells'
          : `has no cell ${choice ?? ''}; it has ${listed(cells)}`
        : `has ${found.length} cells${choice === undefined ? '' : ` for ${choice}`}: ${listed(found)}`,
      { where, remedy: `choose one by id or factors with \`${option}\`` },
    ),
  )
}
