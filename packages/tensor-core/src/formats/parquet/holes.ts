/**
 * Missing values of a column: an index beyond its dictionary, or fewer rows than the footer says. `hyparquet` returns them as
 * undefined, which would later be taken for a null list, so they are detected while pages are decoded.
 */
import type { SubColumnData } from 'hyparquet'
import { damage } from './damage'

const hasHole = (values: unknown): boolean => {
  if (!Array.isArray(values)) return false
  // not `some`, which skips holes
  for (let i = 0; i < values.length; i++) {
    const value: unknown = values[i]
    if (value === undefined || (Array.isArray(value) && hasHole(value))) return true
  }
  return false
}

/** Follows the pages of one row group as they are decoded, then checks that each column has all its rows. Throws `Damage`. */
export const countRows = () => {
  const reached = new Map<string, number>()
  return {
    page: ({ pathInSchema, columnData, rowEnd }: SubColumnData): void => {
      const name = pathInSchema.join('.')
      if (hasHole(columnData)) damage(`column ${JSON.stringify(name)} lacks values`)
      reached.set(name, rowEnd)
    },
    check: (path: ReadonlyArray<string>, rows: number): void => {
      const name = path.join('.')
      const found = reached.get(name) ?? 0
      if (found !== rows)
        damage(`column ${JSON.stringify(name)} holds ${found} rows, the footer says ${rows}`)
    },
  }
}
