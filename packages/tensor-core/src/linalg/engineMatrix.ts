/**
 * A large matrix on the tensor engine, in float32, for products with thin blocks. It is kept as slabs of rows, so that no second copy of
 * it exists while it is loaded or a product of thin factors is taken from it.
 */
import { engineName, matMul, tf } from '../engine'
import type { Pausable } from './cooperative'
import type { Large } from './dense'
import { type Block, blockEnergy, rowsOf } from './engineBlock'
import { type GramProduct, columnGram, groupStarts, rowGram, sliceRows, sumOf } from './engineGram'

// model ------------------------------------------------------------------------------------------

/** A matrix V [rows, cols] that can be multiplied until it is disposed of. */
export interface LoadedMatrix {
  readonly rows: number
  readonly cols: number
  /** V X for X [cols, p] */
  readonly times: (x: Block) => Block
  /** V^T X for X [rows, p] */
  readonly transposedTimes: (x: Block) => Block
  /** ||V||_F^2 */
  readonly energy: () => number
  /** Takes a product of thin factors from V, in place: left [rows, q] right [q, cols]. */
  readonly subtract: (left: Block, right: Block) => void
  /** Uses the Gram matrix of the shorter side. */
  readonly withGram: <A>(use: (gram: GramProduct) => Pausable<A>) => Pausable<A>
  readonly dispose: () => void
}

/** Where large matrices are multiplied. */
export interface MatrixEngine {
  readonly load: (v: Large) => LoadedMatrix
  /** Whether filters on this engine are faster for a matrix of this shape than the exact route on the host. */
  readonly suits: (rows: number, cols: number) => boolean
}

// constructors -----------------------------------------------------------------------------------

const load = (v: Large): LoadedMatrix => {
  const starts = groupStarts(v.rows)
  const [start, end] = [(i: number) => starts[i] ?? v.rows, (i: number) => starts[i + 1] ?? v.rows]
  const slabs: Array<Block> = starts.slice(0, -1).map((from, i) => rowsOf(v, from, end(i) - from))
  return {
    rows: v.rows,
    cols: v.cols,
    times: (x) =>
      tf.tidy(() =>
        tf.concat2d(
          slabs.map((slab): Block => matMul(slab, x)),
          0,
        ),
      ),
    transposedTimes: (x) =>
      sumOf(slabs, [v.cols, x.shape[1]], (slab, i) => matMul(slab, sliceRows(x, start(i), end(i)), true)),
    energy: () => slabs.reduce((s, slab) => s + blockEnergy(slab), 0),
    subtract: (left, right) =>
      slabs.forEach((slab, i) => {
        slabs[i] = tf.keep(tf.tidy(() => tf.sub(slab, matMul(sliceRows(left, start(i), end(i)), right))))
        slab.dispose()
      }),
    withGram: (use) => (v.rows <= v.cols ? rowGram(slabs, starts, use) : columnGram(slabs, v.cols, use)),
    dispose: () => tf.dispose(slabs),
  }
}

/** V^T as a view: disposing of it disposes of V. */
export const transposedView = (v: LoadedMatrix): LoadedMatrix => ({
  rows: v.cols,
  cols: v.rows,
  times: v.transposedTimes,
  transposedTimes: v.times,
  energy: v.energy,
  subtract: (left, right) => tf.tidy(() => v.subtract(tf.transpose(right), tf.transpose(left))),
  withGram: v.withGram,
  dispose: v.dispose,
})

// engines ----------------------------------------------------------------------------------------

/** From when on filters are faster than the exact route: both are needed. */
interface Least {
  readonly side: number
  readonly entries: number
}

/** By engine; those that are left out are slower than the host's own kernels (cpu), or give no result without waiting (webgpu). */
const leastOf: ReadonlyMap<string, Least> = new Map([
  ['native', { side: 1024, entries: 1 << 22 }],
  ['cuda', { side: 1024, entries: 1 << 22 }],
  ['wasm', { side: 4096, entries: 1 << 24 }],
])

const reaches =
  (rows: number, cols: number) =>
  ({ side, entries }: Least): boolean =>
    Math.min(rows, cols) >= side && rows * cols >= entries

/** Whether any engine suits a matrix of this shape: where none does it need not be started. */
export const suitsAnEngine = (rows: number, cols: number): boolean =>
  [...leastOf.values()].some(reaches(rows, cols))

/** Products on the engine that runs; undefined where it is none that helps. */
export const matrixEngine = (): MatrixEngine | undefined => {
  const least = leastOf.get(engineName())
  return least === undefined ? undefined : { load, suits: (rows, cols) => reaches(rows, cols)(least) }
}
