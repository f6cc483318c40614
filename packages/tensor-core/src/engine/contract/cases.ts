/** What a decoder needs of an engine: products, entry-wise functions, reductions, moves, gathers, and their gradients. */
import type { ContractCase } from './case'
import { entries } from './cases/entries'
import { gathers } from './cases/gathers'
import { gradients } from './cases/gradients'
import { moves } from './cases/moves'
import { products } from './cases/products'
import { reductions } from './cases/reductions'

export const engineCases: ReadonlyArray<ContractCase> = [
  ...products,
  ...entries,
  ...reductions,
  ...moves,
  ...gathers,
  ...gradients,
]
