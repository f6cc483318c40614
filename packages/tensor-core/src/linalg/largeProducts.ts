/**
 * Products with a large matrix in float32 or float64: it is widened one panel at a time, so that no second copy of it is needed.
 */
import { type Dense, type Large, transpose, zeros } from './dense'
import { accumulate } from './tiles'

// panels -----------------------------------------------------------------------------------------

/** Rows widened at a time, and the length of partial inner products: a panel of doubles stays in the cache. */
export const panel = { rows: 64, depth: 512 }

/** A part of a large matrix: `count` rows from `row` on, columns `from` to `to` (exclusive). */
export interface Part {
  readonly row: number
  readonly count: number
  readonly from: number
  readonly to: number
}

/** Copies a part of V as doubles, row-major. */
export const widen = (into: Float64Array, v: Large, { row, count, from, to }: Part): void => {
  const width = to - from
  for (let i = 0; i < count; i++) {
    const o = (row + i) * v.cols + from
    for (let j = 0; j < width; j++) into[i * width + j] = v.data[o + j] ?? 0
  }
}

// products ---------------------------------------------------------------------------------------

/** V X for V [m, n] and thin X [n, p]. */
export const timesThin = (v: Large, x: Dense): Dense => {
  const xt = transpose(x)
  const out = zeros(v.rows, x.cols)
  const buffer = new Float64Array(panel.rows * panel.depth)
  for (let from = 0; from < v.cols; from += panel.depth) {
    const to = Math.min(v.cols, from + panel.depth)
    const width = to - from
    for (let i = 0; i < v.rows; i += panel.rows) {
      const count = Math.min(panel.rows, v.rows - i)
      widen(buffer, v, { row: i, count, from, to })
      accumulate({
        c: { data: out.data, offset: i * x.cols, stride: x.cols },
        a: { data: buffer, offset: 0, stride: width },
        b: { data: xt.data, offset: from, stride: v.cols },
        m: count,
        n: x.cols,
        k: width,
        sign: 1,
      })
    }
  }
  return out
}

/** V^T X for V [m, n] and thin X [m, p]. */
export const transposedTimesThin = (v: Large, x: Dense): Dense => {
  const xt = transpose(x)
  const outT = zeros(x.cols, v.cols)
  const block = 64
  const buffer = new Float64Array(block * block)
  for (let i = 0; i < v.rows; i += block) {
    const count = Math.min(block, v.rows - i)
    for (let j = 0; j < v.cols; j += block) {
      const width = Math.min(block, v.cols - j)
      // The block's transpose: rows are columns of V, so that both operands are read contiguously.
      for (let p = 0; p < count; p++) {
        const o = (i + p) * v.cols + j
        for (let q = 0; q < width; q++) buffer[q * count + p] = v.data[o + q] ?? 0
      }
      accumulate({
        c: { data: outT.data, offset: j, stride: v.cols },
        a: { data: xt.data, offset: i, stride: v.rows },
        b: { data: buffer, offset: 0, stride: count },
        m: x.cols,
        n: width,
        k: count,
        sign: 1,
      })
    }
  }
  return transpose(outT)
}

// transpose and norm -----------------------------------------------------------------------------

/** V^T, in V's own precision. */
export const flip = (v: Large): Large => {
  const data =
    v.data instanceof Float32Array ? new Float32Array(v.data.length) : new Float64Array(v.data.length)
  const block = 32
  for (let i0 = 0; i0 < v.rows; i0 += block)
    for (let j0 = 0; j0 < v.cols; j0 += block)
      for (let i = i0; i < Math.min(v.rows, i0 + block); i++)
        for (let j = j0; j < Math.min(v.cols, j0 + block); j++)
          data[j * v.rows + i] = v.data[i * v.cols + j] ?? 0
  return { rows: v.cols, cols: v.rows, data }
}

/** ||V||_F^2 in double precision. */
export const matrixEnergy = (v: Large): number => {
  let s = 0
  for (let i = 0; i < v.data.length; i += v.cols) {
    let row = 0
    for (let j = i; j < i + v.cols; j++) {
      const x = v.data[j] ?? 0
      row += x * x
    }
    s += row
  }
  return s
}
