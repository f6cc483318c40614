/**
 * A large matrix on the tensor engine, in float32, for products with thin blocks. It is kept as slabs of rows, so that no second copy of
 * it exists while it is loaded; of a Gram matrix V V^T only the blocks on and below the diagonal are kept.
 */
import { engineName, matMul, tf } from '../engine'
import { type Dense, type Large, dense, zeros } from './dense'

// model ------------------------------------------------------------------------------------------

/** A matrix V [rows, cols] that can be multiplied until it is disposed of; factors and results are on the host. */
export interface LoadedMatrix {
  readonly rows: number
  readonly cols: number
  /** V X for X [cols, p] */
  readonly times: (x: Dense) => Dense
  /** V^T X for X [rows, p] */
  readonly transposedTimes: (x: Dense) => Dense
  /** The Gram matrix of the shorter side. */
  readonly gram: () => LoadedMatrix
  readonly dispose: () => void
}

/** A product of thin factors: left [rows, q] right [q, cols]. */
export interface ThinProduct {
  readonly left: Dense
  readonly right: Dense
}

/** Where large matrices are multiplied. */
export interface MatrixEngine {
  /** Loads V, or V - left right. */
  readonly load: (v: Large, less?: ThinProduct) => LoadedMatrix
  /** The shorter side from which filters on this engine are faster than the exact route on the host. */
  readonly from: number
}

type Tensor = ReturnType<typeof tf.tensor2d>

/** Rows of a slab: large enough for products at full speed. */
const slabRows = 1024

// thin blocks ------------------------------------------------------------------------------------

const rowsOf = (x: Large, from: number, count: number): Tensor => {
  const part = x.data.subarray(from * x.cols, (from + count) * x.cols)
  return tf.tensor2d(part instanceof Float32Array ? part : Float32Array.from(part), [count, x.cols])
}

const addTo = (out: Dense, row: number, part: tf.Tensor): void => {
  const values = part.dataSync()
  const from = row * out.cols
  for (let i = 0; i < values.length; i++) out.data[from + i] = (out.data[from + i] ?? 0) + (values[i] ?? 0)
}

// Gram matrices ----------------------------------------------------------------------------------

/** A symmetric matrix by its blocks on and below the diagonal; `starts` are the first rows of the blocks, and the end. */
const symmetric = (
  blocks: ReadonlyArray<ReadonlyArray<tf.Tensor>>,
  starts: ReadonlyArray<number>,
): LoadedMatrix => {
  const n = starts[blocks.length] ?? 0
  const start = (i: number): number => starts[i] ?? n
  const times = (x: Dense): Dense => {
    const out = zeros(n, x.cols)
    tf.tidy(() => {
      const parts = blocks.map((_, i) => rowsOf(x, start(i), start(i + 1) - start(i)))
      blocks.forEach((row, i) =>
        row.forEach((block, j) => {
          const [here, there] = [parts[i], parts[j]]
          if (here === undefined || there === undefined) return
          addTo(out, start(i), matMul(block, there))
          if (j < i) addTo(out, start(j), matMul(block, here, true))
        }),
      )
    })
    return out
  }
  const self: LoadedMatrix = {
    rows: n,
    cols: n,
    times,
    transposedTimes: times,
    gram: () => self,
    dispose: () => tf.dispose(blocks.flat()),
  }
  return self
}

/** V V^T of the slabs' rows. */
const rowGram = (slabs: ReadonlyArray<tf.Tensor>, starts: ReadonlyArray<number>): LoadedMatrix =>
  symmetric(
    slabs.map((a, i) => slabs.slice(0, i + 1).map((b) => matMul(a, b, false, true))),
    starts,
  )

/** V^T V, a sum over the slabs. */
const columnGram = (slabs: ReadonlyArray<tf.Tensor>, cols: number): LoadedMatrix => {
  const sum = slabs.reduce<tf.Tensor | undefined>((held, slab) => {
    const next = tf.tidy(() => {
      const own = matMul(slab, slab, true)
      return held === undefined ? own : tf.add(held, own)
    })
    held?.dispose()
    return next
  }, undefined)
  return symmetric(sum === undefined ? [] : [[sum]], [0, cols])
}

// constructors -----------------------------------------------------------------------------------

const load = (v: Large, less?: ThinProduct): LoadedMatrix => {
  const count = Math.ceil(v.rows / slabRows)
  const starts = Array.from({ length: count + 1 }, (_, i) => Math.min(v.rows, i * slabRows))
  const start = (i: number): number => starts[i] ?? v.rows
  const right = less === undefined ? undefined : rowsOf(less.right, 0, less.right.rows)
  const slabs: ReadonlyArray<tf.Tensor> = Array.from({ length: count }, (_, i) =>
    tf.tidy(() => {
      const rows = start(i + 1) - start(i)
      const own = rowsOf(v, start(i), rows)
      return less === undefined || right === undefined
        ? own
        : tf.sub(own, matMul(rowsOf(less.left, start(i), rows), right))
    }),
  )
  right?.dispose()
  return {
    rows: v.rows,
    cols: v.cols,
    times: (x) => {
      const out = zeros(v.rows, x.cols)
      tf.tidy(() => {
        const whole = rowsOf(x, 0, x.rows)
        slabs.forEach((slab, i) => addTo(out, start(i), matMul(slab, whole)))
      })
      return out
    },
    transposedTimes: (x) => {
      const out = zeros(v.cols, x.cols)
      tf.tidy(() =>
        slabs.forEach((slab, i) =>
          addTo(out, 0, matMul(slab, rowsOf(x, start(i), start(i + 1) - start(i)), true)),
        ),
      )
      return out
    },
    gram: () => (v.rows <= v.cols ? rowGram(slabs, starts) : columnGram(slabs, v.cols)),
    dispose: () => tf.dispose([...slabs]),
  }
}

/** Engines by name: those that are left out are slower than the host's own kernels (cpu), or give no result without waiting (webgpu). */
const from: ReadonlyMap<string, number> = new Map([
  ['native', 2048],
  ['cuda', 2048],
  ['wasm', 4096],
])

/** Products on the engine that runs; undefined where it is none that helps. */
export const matrixEngine = (): MatrixEngine | undefined => {
  const least = from.get(engineName())
  return least === undefined ? undefined : { load, from: least }
}

// views ------------------------------------------------------------------------------------------

/** V^T as a view: disposing of it disposes of V. */
export const transposedView = (v: LoadedMatrix): LoadedMatrix => ({
  rows: v.cols,
  cols: v.rows,
  times: v.transposedTimes,
  transposedTimes: v.times,
  gram: v.gram,
  dispose: v.dispose,
})

/** [a; b] as factors of one product: a.left a.right + b.left b.right. */
export const sumOfProducts = (a: ThinProduct, b: ThinProduct): ThinProduct => {
  const left = zeros(a.left.rows, a.left.cols + b.left.cols)
  for (let i = 0; i < left.rows; i++) {
    left.data.set(a.left.data.subarray(i * a.left.cols, (i + 1) * a.left.cols), i * left.cols)
    left.data.set(b.left.data.subarray(i * b.left.cols, (i + 1) * b.left.cols), i * left.cols + a.left.cols)
  }
  const right = new Float64Array(a.right.data.length + b.right.data.length)
  right.set(a.right.data)
  right.set(b.right.data, a.right.data.length)
  return { left, right: dense(a.right.rows + b.right.rows, a.right.cols, right) }
}
