/**
 * Matrix products in double precision: register-tiled loops of 4 x 4 over contiguous rows (about 5 GFLOP/s in V8 on one
 * core). A large float32 matrix is widened one panel at a time, so a product with it needs no second copy.
 */
import { type Dense, type Large, transpose, zeros } from './dense'

// kernel -----------------------------------------------------------------------------------------

/** A block of a row-major array: where it starts and how far apart its rows are. */
export interface Block {
  readonly data: Float64Array
  readonly offset: number
  readonly stride: number
}

/** C += sign * A B^T for blocks A [m, k], B [n, k], C [m, n]. */
export const accumulate = (
  c: Block,
  a: Block,
  b: Block,
  m: number,
  n: number,
  k: number,
  sign: 1 | -1,
): void => {
  const A = a.data
  const B = b.data
  const C = c.data
  for (let i = 0; i < m; i += 4) {
    const di = Math.min(4, m - i)
    for (let j = 0; j < n; j += 4) {
      const dj = Math.min(4, n - j)
      if (di === 4 && dj === 4)
        tile(
          A,
          a.offset + i * a.stride,
          a.stride,
          B,
          b.offset + j * b.stride,
          b.stride,
          C,
          c.offset + i * c.stride + j,
          c.stride,
          k,
          sign,
        )
      else
        for (let x = i; x < i + di; x++)
          for (let y = j; y < j + dj; y++) {
            const p = a.offset + x * a.stride
            const q = b.offset + y * b.stride
            let s = 0
            for (let l = 0; l < k; l++) s += (A[p + l] ?? 0) * (B[q + l] ?? 0)
            const o = c.offset + x * c.stride + y
            C[o] = (C[o] ?? 0) + sign * s
          }
    }
  }
}

const tile = (
  A: Float64Array,
  a0: number,
  lda: number,
  B: Float64Array,
  b0: number,
  ldb: number,
  C: Float64Array,
  c0: number,
  ldc: number,
  k: number,
  sign: number,
): void => {
  const a1 = a0 + lda
  const a2 = a1 + lda
  const a3 = a2 + lda
  const b1 = b0 + ldb
  const b2 = b1 + ldb
  const b3 = b2 + ldb
  let s00 = 0
  let s01 = 0
  let s02 = 0
  let s03 = 0
  let s10 = 0
  let s11 = 0
  let s12 = 0
  let s13 = 0
  let s20 = 0
  let s21 = 0
  let s22 = 0
  let s23 = 0
  let s30 = 0
  let s31 = 0
  let s32 = 0
  let s33 = 0
  for (let l = 0; l < k; l++) {
    const x0 = A[a0 + l] ?? 0
    const x1 = A[a1 + l] ?? 0
    const x2 = A[a2 + l] ?? 0
    const x3 = A[a3 + l] ?? 0
    const y0 = B[b0 + l] ?? 0
    const y1 = B[b1 + l] ?? 0
    const y2 = B[b2 + l] ?? 0
    const y3 = B[b3 + l] ?? 0
    s00 += x0 * y0
    s01 += x0 * y1
    s02 += x0 * y2
    s03 += x0 * y3
    s10 += x1 * y0
    s11 += x1 * y1
    s12 += x1 * y2
    s13 += x1 * y3
    s20 += x2 * y0
    s21 += x2 * y1
    s22 += x2 * y2
    s23 += x2 * y3
    s30 += x3 * y0
    s31 += x3 * y1
    s32 += x3 * y2
    s33 += x3 * y3
  }
  const row = (o: number, t0: number, t1: number, t2: number, t3: number): void => {
    C[o] = (C[o] ?? 0) + sign * t0
    C[o + 1] = (C[o + 1] ?? 0) + sign * t1
    C[o + 2] = (C[o + 2] ?? 0) + sign * t2
    C[o + 3] = (C[o + 3] ?? 0) + sign * t3
  }
  row(c0, s00, s01, s02, s03)
  row(c0 + ldc, s10, s11, s12, s13)
  row(c0 + 2 * ldc, s20, s21, s22, s23)
  row(c0 + 3 * ldc, s30, s31, s32, s33)
}

const whole = (d: Dense): Block => ({ data: d.data, offset: 0, stride: d.cols })

// products of doubles ----------------------------------------------------------------------------

/** A B^T */
export const multiplyTransposed = (a: Dense, b: Dense): Dense => {
  const out = zeros(a.rows, b.rows)
  accumulate(whole(out), whole(a), whole(b), a.rows, b.rows, a.cols, 1)
  return out
}
/** A B */
export const multiply = (a: Dense, b: Dense): Dense => multiplyTransposed(a, transpose(b))
/** A^T A, [cols, cols] */
export const gram = (a: Dense): Dense => {
  const t = transpose(a)
  return multiplyTransposed(t, t)
}

// products with a large matrix -------------------------------------------------------------------

/** Rows widened at a time, and the length of the inner products taken at a time: a panel of doubles stays in the cache. */
export const panel = { rows: 64, depth: 512 }

/** Rows `row` .. and columns `from` .. `to` of V as doubles, row-major. */
export const widen = (
  into: Float64Array,
  v: Large,
  row: number,
  count: number,
  from: number,
  to: number,
): void => {
  const width = to - from
  for (let i = 0; i < count; i++) {
    const o = (row + i) * v.cols + from
    for (let j = 0; j < width; j++) into[i * width + j] = v.data[o + j] ?? 0
  }
}

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
      widen(buffer, v, i, count, from, to)
      accumulate(
        { data: out.data, offset: i * x.cols, stride: x.cols },
        { data: buffer, offset: 0, stride: width },
        { data: xt.data, offset: from, stride: v.cols },
        count,
        x.cols,
        width,
        1,
      )
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
      // The block's transpose: rows are columns of V, so that both operands run along memory.
      for (let p = 0; p < count; p++) {
        const o = (i + p) * v.cols + j
        for (let q = 0; q < width; q++) buffer[q * count + p] = v.data[o + q] ?? 0
      }
      accumulate(
        { data: outT.data, offset: j, stride: v.cols },
        { data: xt.data, offset: i, stride: v.rows },
        { data: buffer, offset: 0, stride: count },
        x.cols,
        width,
        count,
        1,
      )
    }
  }
  return transpose(outT)
}

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
