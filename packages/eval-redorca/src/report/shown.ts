/**
 * What a report shows of very large results: a page of a hundred thousand cells would be gigabytes, which no browser opens. It shows the
 * first fine-tunes, those of the headline among them, and says so; everything is in `results.json` and in an export.
 */
import { type Factors, fineTuneKey, isTuned, isUnattacked } from '../plan/factors'
import type { GroupResult, Results } from '../results/results'
import { readingOf } from './reading'

// model ------------------------------------------------------------------------------------------

/** How much a page shows. */
export interface PageLimits {
  /** Sections: an aligned model fine-tuned on one regime each. */
  readonly fineTunes: number
  readonly cells: number
}

export const pageLimits: PageLimits = { fineTunes: 60, cells: 2000 }

/** Entries of a list of names, such as hashes of data, or failed cells. */
export const mostNamed = 100
/** Characters of the configuration that a page shows. */
export const longestConfig = 200_000

/** Results as a page shows them. */
export interface Shown {
  readonly results: Results
  /** What is left out, in a sentence; absent where nothing is. */
  readonly notice?: string
}

// parts ------------------------------------------------------------------------------------------

const keyOf = ({ factors }: { readonly factors: Omit<Factors, 'seed' | 'strengths'> }): string =>
  fineTuneKey(factors)

const count = (n: number): string => n.toLocaleString('en-US')

/** The groups of these fine-tunes, and the models before fine-tuning, until there are so many cells. */
const fitting = (
  groups: ReadonlyArray<GroupResult>,
  fineTunes: ReadonlyArray<string>,
  most: number,
): ReadonlySet<GroupResult> => {
  const ranks = new Map(fineTunes.map((key, i) => [key, i + 1]))
  const ranked = groups
    .flatMap((group) => {
      const rank = isTuned(group.factors) ? ranks.get(keyOf(group)) : 0
      return rank === undefined ? [] : [{ group, rank }]
    })
    .sort((a, b) => a.rank - b.rank)
  const fit = new Set<GroupResult>()
  const state = { cells: 0 }
  for (const { group } of ranked) {
    state.cells += group.cells.length
    if (fit.size > 0 && state.cells > most) break
    fit.add(group)
  }
  return fit
}

// constructors -----------------------------------------------------------------------------------

/** What a page shows of these results; the results themselves where they are not too large. */
export const shownOf = (results: Results, limits: PageLimits = pageLimits): Shown => {
  const tuned = results.groups.filter(({ factors }) => isTuned(factors))
  const keys = [
    ...new Set([
      ...readingOf(results).main.map(fineTuneKey),
      ...tuned.filter(({ factors }) => isUnattacked(factors)).map(keyOf),
      ...tuned.map(keyOf),
    ]),
  ]
  if (keys.length <= limits.fineTunes && results.cells.length <= limits.cells) return { results }
  const fineTunes = keys.slice(0, limits.fineTunes)
  const fit = fitting(results.groups, fineTunes, limits.cells)
  const groups = results.groups.filter((group) => fit.has(group))
  const ids = new Set(groups.flatMap((group) => group.cells).slice(0, limits.cells))
  const cells = results.cells.filter(({ id }) => ids.has(id))
  const here = new Set(groups.filter(({ factors }) => isTuned(factors)).map(keyOf))
  const inHere = (factors: Parameters<typeof fineTuneKey>[0]): boolean => here.has(fineTuneKey(factors))
  return {
    results: {
      ...results,
      ...{ cells, groups },
      equalUtility: results.equalUtility.filter((row) => row.cells.some((id) => ids.has(id))),
      fronts: Object.fromEntries(
        Object.entries(results.fronts).map(([method, points]) => [method, points.filter(inHere)]),
      ),
      worstCase: results.worstCase.slice(0, limits.cells),
      effects: results.effects.filter(inHere),
      interactions: results.interactions.filter(inHere),
    },
    notice: `This report shows ${count(cells.length)} of ${count(results.cells.length)} cells, of ${count(here.size)} of ${count(keys.length)} fine-tunes: more would make a page that no browser opens. All of them are in results.json, and redorca export --format csv writes every cell and every answer as tables.`,
  }
}

/** Text that is cut where it is too long for a page. @param where the whole of it is */
export const cutText = (text: string, most: number, where: string): string =>
  text.length > most ? `${text.slice(0, most)}\n… the rest is in ${where}\n` : text

/** The first of these, and what is said in place of the others. */
export const firstOf = <A>(
  all: ReadonlyArray<A>,
): { readonly first: ReadonlyArray<A>; readonly more: string } => ({
  first: all.slice(0, mostNamed),
  more: all.length > mostNamed ? `and ${count(all.length - mostNamed)} more in results.json` : '',
})
