/**
 * Which finished cells are shown while others are missing. Settings are compared over the same seeds, so a seed counts when all its
 * cells of the first round are there; until the first seed of a regime is complete, that seed alone is shown with what it has.
 */
import type { Cell } from '../plan/cells'
import { type Factors, fineTuneKey, isTuned } from '../plan/factors'

type Planned = Pick<Cell, 'id' | 'factors'>

/**
 * @param planned the cells of the first round, and those under attackers
 * @param finished whether a cell, by its id, has results
 * @param failed whether it will have none
 */
export const comparable = (
  planned: ReadonlyArray<Planned>,
  finished: (id: string) => boolean,
  failed: (id: string) => boolean,
): ((factors: Factors) => boolean) => {
  const fineTunes = new Map<string, Map<number, Planned[]>>()
  for (const cell of planned) {
    if (!isTuned(cell.factors)) continue
    const [key, { seed }] = [fineTuneKey(cell.factors), cell.factors]
    const seeds = fineTunes.get(key) ?? new Map<number, Planned[]>()
    fineTunes.set(key, seeds)
    const cells = seeds.get(seed)
    if (cells === undefined) seeds.set(seed, [cell])
    else cells.push(cell)
  }
  const shown = new Map(
    [...fineTunes].map(([key, bySeed]) => {
      const seeds = [...bySeed].map(([seed, cells]) => ({
        seed,
        complete: cells.every(({ id }) => finished(id) || failed(id)),
        done: cells.filter(({ id }) => finished(id)).length,
      }))
      const complete = seeds.filter((s) => s.complete && s.done > 0)
      const furthest = seeds.reduce<(typeof seeds)[number] | undefined>(
        (best, s) => (best === undefined || s.done > best.done ? s : best),
        undefined,
      )
      const used = complete.length > 0 ? complete : furthest === undefined ? [] : [furthest]
      return [key, new Set(used.map(({ seed }) => seed))] as const
    }),
  )
  return (factors) => !isTuned(factors) || (shown.get(fineTuneKey(factors))?.has(factors.seed) ?? false)
}
