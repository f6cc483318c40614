/**
 * Validation prompts drawn from the evaluation's own: a share of the clusters of every file, whole clusters on one side. Items are
 * also kept together where they have the same prompt, and a cluster that several files share is on one side in all of them.
 */
import * as E from 'fp-ts/Either'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { stream } from '@safe/tensor-core/random'
import type { ValidationShare } from '../config/validation'
import { promptKey } from '../mix/promptKey'
import type { PlacedItem } from './evaluationItems'
import type { EvaluationSplit } from './suite'

// groups -----------------------------------------------------------------------------------------

/** What an item must not share with an item of the other side: its cluster and its prompt. */
export const bindings = ({ item }: PlacedItem): readonly [string, string] => [
  `cluster ${item.cluster}`,
  `prompt ${promptKey(item.prompt)}`,
]

/** A number for each item, equal where a chain of common clusters and prompts joins two items. */
export const joinedGroups = (placed: ReadonlyArray<PlacedItem>): ReadonlyArray<number> => {
  const parent = placed.map((_, i) => i)
  const root = (i: number): number => {
    let at = i
    for (let above = parent[at] ?? at; above !== at; above = parent[at] ?? at) {
      parent[at] = parent[above] ?? above
      at = above
    }
    return at
  }
  const first = new Map<string, number>()
  placed.forEach((one, i) =>
    bindings(one).forEach((name) => {
      const other = first.get(name)
      if (other === undefined) first.set(name, i)
      else parent[root(i)] = root(other)
    }),
  )
  return placed.map((_, i) => root(i))
}

// drawing ----------------------------------------------------------------------------------------

/** How many of the groups without a side become validation, so that both sides have one; undefined where that cannot be. */
const openCount = (
  share: number,
  total: number,
  open: number,
  fixed: Readonly<Record<EvaluationSplit, number>>,
): number | undefined => {
  const least = fixed.validation === 0 ? 1 : 0
  const most = fixed.test === 0 ? open - 1 : open
  const wanted = Math.round(share * total) - fixed.validation
  return least > most ? undefined : Math.min(most, Math.max(least, wanted))
}

const tooFew = (file: string, groups: number): Fault =>
  badInput(
    'BadConfig',
    groups < 2
      ? 'has one cluster of prompts, which cannot be on both sides'
      : `has ${groups} clusters of prompts, which other files put on one side`,
    {
      where: `suite.validation: ${file}`,
      remedy: 'give more prompts, or validation prompts in files of their own',
    },
  )

/** The items with the side of each. @returns left: a file of which one side would have nothing */
export const drawnSplit =
  ({ share, seed }: ValidationShare) =>
  (placed: ReadonlyArray<PlacedItem>): E.Either<Fault, ReadonlyArray<PlacedItem>> => {
    const groups = joinedGroups(placed)
    const sides = new Map<number, EvaluationSplit>()
    for (const file of new Set(placed.map((one) => one.file))) {
      const own = [...new Set(groups.filter((_, i) => placed[i]?.file === file))]
      const open = own.filter((group) => !sides.has(group))
      const on = (side: EvaluationSplit): number => own.filter((group) => sides.get(group) === side).length
      const count = openCount(share, own.length, open.length, {
        validation: on('validation'),
        test: on('test'),
      })
      if (count === undefined) return E.left(tooFew(file.path, own.length))
      stream(seed, 'validation', file.set, ...(file.name === undefined ? [] : [file.name]))
        .shuffle(open)
        .forEach((group, i) => sides.set(group, i < count ? 'validation' : 'test'))
    }
    return E.right(
      placed.map((one, i) => ({
        ...one,
        item: { ...one.item, split: sides.get(groups[i] ?? -1) ?? 'test' },
      })),
    )
  }
