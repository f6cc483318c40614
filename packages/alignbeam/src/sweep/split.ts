/**
 * The rows on which a setting is chosen (validation) and those on which its rates are stated (test): a seeded share of the clusters of
 * every set, whole clusters on one side, or a field of the rows. A cluster that several sets share is on one side in all of them.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { stream } from '@safe/tensor-core/random'
import type { RowSet, Side } from './outcome'

// model ------------------------------------------------------------------------------------------

/** How the sides are made; `none` puts every row on the test side. */
export type SplitRule =
  | { readonly kind: 'none' }
  | { readonly kind: 'share'; readonly share: number; readonly seed: number }
  | { readonly kind: 'field'; readonly field: string }

/** A row whose side is to be found. */
export interface Placed {
  readonly set: RowSet
  readonly path: string
  readonly id: string
  readonly cluster: string
  /** The value of the field that says the side. */
  readonly mark: string | undefined
}

// by field ---------------------------------------------------------------------------------------

const isSide = (text: string | undefined): text is Side => text === 'validation' || text === 'test'

const marked =
  (field: string) =>
  ({ path, id, mark }: Placed): E.Either<Fault, Side> =>
    isSide(mark)
      ? E.right(mark)
      : E.left(
          badInput('BadRow', `field ${field} must be validation or test, but is ${mark ?? 'missing'}`, {
            where: `${path}, row ${id}`,
            remedy: 'correct it, or give a share such as 0.5',
          }),
        )

/** @returns left: a cluster of which some rows choose and others state */
const wholeClusters = (
  rows: ReadonlyArray<Placed>,
  sides: ReadonlyArray<Side>,
): E.Either<Fault, ReadonlyArray<Side>> => {
  const first = new Map<string, Side>()
  const torn = rows.find(({ cluster }, i) => {
    const side = sides[i] ?? 'test'
    const known = first.get(cluster) ?? side
    first.set(cluster, known)
    return known !== side
  })
  return torn === undefined
    ? E.right(sides)
    : E.left(
        badInput('BadRow', 'is on one side and rows of the same cluster are on the other', {
          where: `${torn.path}, row ${torn.id}`,
          remedy: 'keep a cluster (without `cluster`: a prompt) on one side',
        }),
      )
}

// by share ---------------------------------------------------------------------------------------

const drawn = (rows: ReadonlyArray<Placed>, share: number, seed: number): ReadonlyArray<Side> => {
  const sides = new Map<string, Side>()
  for (const set of new Set(rows.map((r) => r.set))) {
    const clusters = [...new Set(rows.filter((r) => r.set === set).map((r) => r.cluster))]
    const chosen = clusters.filter((c) => sides.get(c) === 'validation').length
    const open = clusters.filter((c) => !sides.has(c))
    // One cluster at least is left on each side, where there are two.
    const wanted = Math.min(clusters.length - 1, Math.max(1, Math.round(share * clusters.length))) - chosen
    stream(seed, 'sweep', 'split', set)
      .shuffle(open)
      .forEach((c, i) => sides.set(c, i < wanted ? 'validation' : 'test'))
  }
  return rows.map(({ cluster }) => sides.get(cluster) ?? 'test')
}

// constructors -----------------------------------------------------------------------------------

/** @returns left: a set of which one side would have no rows */
const bothSides = (
  rows: ReadonlyArray<Placed>,
  sides: ReadonlyArray<Side>,
): E.Either<Fault, ReadonlyArray<Side>> => {
  const lacking = rows.find(({ set }) =>
    (['validation', 'test'] as const).some(
      (side) => !rows.some((r, i) => r.set === set && sides[i] === side),
    ),
  )
  return lacking === undefined
    ? E.right(sides)
    : E.left(
        badInput('BadOption', `leaves no rows of ${lacking.path} on one side`, {
          field: 'split',
          remedy:
            'give more rows or clusters; with none, the choice is made on the rows that it is stated on',
        }),
      )
}

/** The side of each row. */
export const sidesOf = (
  rows: ReadonlyArray<Placed>,
  rule: SplitRule,
): E.Either<Fault, ReadonlyArray<Side>> => {
  switch (rule.kind) {
    case 'none':
      return E.right(rows.map(() => 'test'))
    case 'share':
      return bothSides(rows, drawn(rows, rule.share, rule.seed))
    case 'field':
      return pipe(
        rows,
        E.traverseArray(marked(rule.field)),
        E.chain((sides) => wholeClusters(rows, sides)),
        E.chain((sides) => bothSides(rows, sides)),
      )
  }
}
