/**
 * The memory of a symmetric reduction: the matrix, packed panels and two vectors in one WebAssembly memory, if the machine has SIMD
 * (see `simdKernels`), so that kernels and JavaScript share the numbers without copies.
 */
import { type Kernels, kernelsWith } from './simdKernels'

// model ------------------------------------------------------------------------------------------

export interface Workspace {
  readonly n: number
  /** [n, n], zero at first */
  readonly matrix: Float64Array
  /** C += A B^T into the matrix at row i, column j; A and B are the packed panels from the given rows on. */
  readonly product: (p: {
    readonly i: number
    readonly j: number
    readonly rows: number
    readonly cols: number
    readonly depth: number
    readonly leftRow: number
    readonly rightRow: number
    /** Only entries that are not to the right of the block's diagonal. */
    readonly lower: boolean
    /** Both factors are the left panel. */
    readonly own?: boolean
  }) => void
  /** Packs `rows` rows (a multiple of four) of `depth` numbers each, times `sign`. */
  readonly packLeft: (source: Rows, rows: number, depth: number, sign: 1 | -1) => void
  readonly packRight: (source: Rows, rows: number, depth: number) => void

  /** y = A x over rows and columns `from` .. n - 1, A's lower triangle given. */
  readonly symmetricTimes: (from: number, x: Float64Array, y: Float64Array) => void
}

/** Rows of a row-major array. */
export interface Rows {
  readonly data: Float32Array | Float64Array
  readonly offset: number
  readonly stride: number
}

/** Rows processed at a time on either side, so that both stay in the cache; depth of a Gram product's slab and of a rank update. */
export const panels = { left: 256, right: 64, depth: 256, updateDepth: 64 } as const

/** Below this size the kernels are not worth their set-up. */
const smallest = 96

// constructors -----------------------------------------------------------------------------------

/** Which part of the rows is packed, and with what sign. */
interface Packing {
  readonly rows: number
  readonly depth: number
  readonly sign: 1 | -1
}

const pack = (into: Float64Array, { data, offset, stride }: Rows, { rows, depth, sign }: Packing): void => {
  let to = 0
  for (let r = 0; r < rows; r += 4) {
    const r0 = offset + r * stride
    const r1 = r0 + stride
    const r2 = r1 + stride
    const r3 = r2 + stride
    for (let l = 0; l < depth; l++) {
      into[to] = sign * (data[r0 + l] ?? 0)
      into[to + 1] = sign * (data[r1 + l] ?? 0)
      into[to + 2] = sign * (data[r2 + l] ?? 0)
      into[to + 3] = sign * (data[r3 + l] ?? 0)
      to += 4
    }
  }
}

/** What the kernel leaves: the diagonal blocks of four, and the last rows, which do not fill a group of four. */
const finish = (
  A: Float64Array,
  n: number,
  from: number,
  end: number,
  x: Float64Array,
  y: Float64Array,
): void => {
  for (let i = from; i < end; i += 4)
    for (let r = i; r < i + 4; r++) {
      let s = y[r] ?? 0
      for (let c = i; c < i + 4; c++) s += (A[r >= c ? r * n + c : c * n + r] ?? 0) * (x[c] ?? 0)
      y[r] = s
    }
  for (let r = end; r < n; r++) {
    const xr = x[r] ?? 0
    let s = 0
    for (let c = from; c < r; c++) {
      const a = A[r * n + c] ?? 0
      s += a * (x[c] ?? 0)
      y[c] = (y[c] ?? 0) + a * xr
    }
    y[r] = s + (A[r * n + r] ?? 0) * xr
  }
}

/** A workspace; undefined if plain JavaScript is as good: for small matrices, or on machines without SIMD. */
export const workspaceFor = (n: number): Workspace | undefined => {
  const left = n * panels.depth
  const right = n * panels.updateDepth
  const kernels: Kernels | undefined =
    n < smallest ? undefined : kernelsWith(8 * (n * n + left + right + 2 * n))
  if (kernels === undefined) return undefined
  const { buffer, block, symv } = kernels
  const at = { left: n * n, right: n * n + left, x: n * n + left + right, y: n * n + left + right + n }
  const view = (from: number, length: number): Float64Array => new Float64Array(buffer, 8 * from, length)
  const matrix = view(0, n * n)
  const packed = { left: view(at.left, left), right: view(at.right, right) }
  const [vx, vy] = [view(at.x, n), view(at.y, n)]
  return {
    n,
    matrix,
    product: ({ i, j, rows, cols, depth, leftRow, rightRow, lower, own }) =>
      block(
        8 * (i * n + j),
        8 * n,
        8 * (at.left + leftRow * depth),
        8 * ((own === true ? at.left : at.right) + rightRow * depth),
        rows,
        cols,
        depth,
        lower ? 1 : 0,
      ),
    packLeft: (source, rows, depth, sign) => pack(packed.left, source, { rows, depth, sign }),
    packRight: (source, rows, depth) => pack(packed.right, source, { rows, depth, sign: 1 }),
    symmetricTimes: (from, x, y) => {
      const end = from + 4 * Math.floor((n - from) / 4)
      vx.set(x)
      if (end > from) symv(0, n, from, end, 8 * at.x, 8 * at.y)
      finish(matrix, n, from, end, vx, vy)
      y.set(vy.subarray(from), from)
    },
  }
}
