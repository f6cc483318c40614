/**
 * Gram matrices on the tensor engine. They are symmetric, so only what is on and below the diagonal is computed and kept: of each group
 * of rows the square on the diagonal, and all that is left of it as one block.
 */
import { matMul, tf } from '../engine'
import type { Pausable } from './cooperative'
import type { Block } from './engineBlock'

// model ------------------------------------------------------------------------------------------

/** Rows `from` to `to` of G: what is left of the diagonal (nothing for the first rows), and the square on it. */
interface Group {
  readonly from: number
  readonly to: number
  readonly left: Block | undefined
  readonly square: Block
}

/** G X for X [n, p]. */
export type GramProduct = (x: Block) => Block

/** Rows of a group: enough for products at full speed, few enough for short steps. */
const groupRows = 1024

/** The first rows of the groups of n rows, and the end. */
export const groupStarts = (n: number): ReadonlyArray<number> =>
  Array.from({ length: Math.ceil(n / groupRows) + 1 }, (_, i) => Math.min(n, i * groupRows))

// products ---------------------------------------------------------------------------------------

/** Rows `from` to `to` (exclusive). */
export const sliceRows = (x: Block, from: number, to: number): Block =>
  tf.slice(x, [from, 0], [to - from, x.shape[1]])

/** Columns `from` to `to` (exclusive). */
export const sliceColumns = (x: Block, from: number, to: number): Block =>
  tf.slice(x, [0, from], [x.shape[0], to - from])

const timesGroups =
  (groups: ReadonlyArray<Group>): GramProduct =>
  (x) =>
    tf.tidy(() =>
      groups.reduce<Block>((above, { from, to, left, square }) => {
        const own = sliceRows(x, from, to)
        const inside: Block = matMul(square, own)
        if (left === undefined) return inside
        // What is left of the diagonal counts twice: as it is for these rows, transposed for those above.
        const rows = tf.add<Block>(inside, matMul(left, sliceRows(x, 0, from)))
        return tf.concat2d([tf.add<Block>(above, matMul(left, own, true)), rows], 0)
      }, x),
    )

/** The sum of f(x) [rows, cols] over blocks, with one summand at a time. */
export const sumOf = (
  xs: ReadonlyArray<Block>,
  shape: [number, number],
  f: (x: Block, i: number) => Block,
): Block =>
  xs.reduce<Block>((sum, x, i) => {
    const next = tf.tidy(() => tf.add<Block>(sum, f(x, i)))
    sum.dispose()
    return next
  }, tf.zeros(shape))

// steps ------------------------------------------------------------------------------------------

/** Uses G, of which `part` gives the rows of group i and the columns of groups `from` to `to`; yields after each product. */
function* heldGram<A>(
  starts: ReadonlyArray<number>,
  part: (i: number, from: number, to: number) => Block,
  use: (gram: GramProduct) => Pausable<A>,
): Pausable<A> {
  const groups: Array<Group> = []
  try {
    for (let i = 0; i + 1 < starts.length; i++) {
      const [from = 0, to = 0] = starts.slice(i)
      const left = i === 0 ? undefined : part(i, 0, i)
      groups.push({ from, to, left, square: part(i, i, i + 1) })
      yield
    }
    return yield* use(timesGroups(groups))
  } finally {
    tf.dispose(groups.map(({ left, square }) => (left === undefined ? [square] : [left, square])))
  }
}

/** V V^T of slabs of rows, each of them a group. */
export const rowGram = <A>(
  slabs: ReadonlyArray<Block>,
  starts: ReadonlyArray<number>,
  use: (gram: GramProduct) => Pausable<A>,
): Pausable<A> =>
  heldGram(
    starts,
    (i, from, to) =>
      tf.tidy(() =>
        tf.concat2d(
          slabs
            .slice(i, i + 1)
            .flatMap((own) => slabs.slice(from, to).map((other): Block => matMul(own, other, false, true))),
          1,
        ),
      ),
    use,
  )

/** V^T V of slabs of rows, with groups of columns: a sum over the slabs. */
export const columnGram = <A>(
  slabs: ReadonlyArray<Block>,
  cols: number,
  use: (gram: GramProduct) => Pausable<A>,
): Pausable<A> => {
  const starts = groupStarts(cols)
  const start = (i: number): number => starts[i] ?? cols
  const columnsOf = (slab: Block, from: number, to: number): Block =>
    sliceColumns(slab, start(from), start(to))
  return heldGram(
    starts,
    (i, from, to) =>
      sumOf(slabs, [start(i + 1) - start(i), start(to) - start(from)], (slab) =>
        matMul(columnsOf(slab, i, i + 1), columnsOf(slab, from, to), true),
      ),
    use,
  )
}
