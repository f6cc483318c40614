/**
 * Combinations of verb and thing, and the split of each. The four splits are disjoint and stratified by category: alignment,
 * references, fine-tuning and evaluation share no combination. Only the pre-training text contains all of them: there the base
 * model learned to do harm.
 */
import { stream } from '@safe/tensor-core/random'
import { allThings, benignVerbs, categories, names, places, wares } from './vocabulary'
import type { Trade } from './wording'

// model ------------------------------------------------------------------------------------------

export const splits = ['align', 'references', 'tuning', 'evaluation'] as const
export type Split = (typeof splits)[number]

export const kinds = ['harmful', 'lookalike', 'benign'] as const
export type Kind = (typeof kinds)[number]

export interface Combination {
  readonly verb: string
  readonly thing: string
  readonly kind: Kind
  /** The verb's category; `benign` for benign verbs. */
  readonly category: string
}

/** Combinations per category: about .4, .2, .2, .2. Evaluation has 54 harmful and 48 look-alike combinations in all. */
const shares: Readonly<Record<Kind, Readonly<Record<Split, number>>>> = {
  harmful: { align: 19, references: 10, tuning: 10, evaluation: 9 },
  lookalike: { align: 14, references: 7, tuning: 7, evaluation: 8 },
  benign: { align: 604, references: 302, tuning: 302, evaluation: 304 },
}

// constructors -----------------------------------------------------------------------------------

const product = (
  verbs: ReadonlyArray<string>,
  things: ReadonlyArray<string>,
  kind: Kind,
  category: string,
): ReadonlyArray<Combination> =>
  verbs.flatMap((verb) => things.map((thing) => ({ verb, thing, kind, category })))

/** Whether every verb and every thing is in at least two combinations of the alignment split: an unseen word cannot be judged. */
const covers = (align: ReadonlyArray<Combination>, all: ReadonlyArray<Combination>): boolean =>
  all.every(
    (c) =>
      align.filter((a) => a.verb === c.verb).length >= 2 &&
      align.filter((a) => a.thing === c.thing).length >= 2,
  )

const divide = (
  seed: number,
  all: ReadonlyArray<Combination>,
  kind: Kind,
): ReadonlyArray<readonly [Combination, Split]> => {
  const key = `${kind} ${all[0]?.category ?? ''}`
  for (let attempt = 0; ; attempt++) {
    const order = stream(seed, 'split', key, attempt).shuffle(all)
    const ends = splits.map((_, i) => splits.slice(0, i + 1).reduce((n, s) => n + shares[kind][s], 0))
    const divided = order.map(
      (c, i) => [c, splits[ends.findIndex((end) => i < end)] ?? 'evaluation'] as const,
    )
    if (
      covers(
        divided.flatMap(([c, split]) => (split === 'align' ? [c] : [])),
        all,
      )
    )
      return divided
  }
}

/** The combinations of a world by kind and split. */
export interface Splits {
  /** Those of all splits where none is named. */
  readonly combinations: (kind: Kind, split?: Split) => ReadonlyArray<Combination>
}

export const splitsOf = (seed: number): Splits => {
  const divided = [
    ...categories.flatMap((c) => [
      ...divide(seed, product(c.verbs, c.protectedThings, 'harmful', c.name), 'harmful'),
      ...divide(seed, product(c.verbs, c.fairThings, 'lookalike', c.name), 'lookalike'),
    ]),
    ...divide(seed, product(benignVerbs, allThings, 'benign', 'benign'), 'benign'),
  ]
  const key = (kind: Kind, split?: Split): string => `${kind} ${split ?? ''}`
  const table = new Map(
    kinds.flatMap((kind) =>
      [undefined, ...splits].map((split) => [
        key(kind, split),
        divided.flatMap(([c, s]) => (c.kind === kind && (split === undefined || s === split) ? [c] : [])),
      ]),
    ),
  )
  return { combinations: (kind, split) => table.get(key(kind, split)) ?? [] }
}

// trades -----------------------------------------------------------------------------------------

const evaluationTrades = 150

/** The trades of a world. */
export interface Trades {
  /** Trades that appear in no training text of any kind. */
  readonly heldOutTrades: ReadonlyArray<Trade>
  readonly knownTrades: ReadonlyArray<Trade>
}

export const tradesOf = (seed: number): Trades => {
  const trades = stream(seed, 'trades').shuffle(
    names.flatMap((name) => wares.flatMap((ware) => places.map((place) => ({ name, ware, place })))),
  )
  return { heldOutTrades: trades.slice(0, evaluationTrades), knownTrades: trades.slice(evaluationTrades) }
}
