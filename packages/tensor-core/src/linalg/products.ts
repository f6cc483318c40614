/** Matrix products in double precision. */
import { type Dense, transpose, zeros } from './dense'
import { type Block, accumulate } from './tiles'

const whole = (d: Dense): Block => ({ data: d.data, offset: 0, stride: d.cols })

/** A B^T */
export const multiplyTransposed = (a: Dense, b: Dense): Dense => {
  const out = zeros(a.rows, b.rows)
  accumulate({ c: whole(out), a: whole(a), b: whole(b), m: a.rows, n: b.rows, k: a.cols, sign: 1 })
  return out
}
/** A B */
export const multiply = (a: Dense, b: Dense): Dense => multiplyTransposed(a, transpose(b))
/** A^T A, [cols, cols] */
export const gram = (a: Dense): Dense => {
  const t = transpose(a)
  return multiplyTransposed(t, t)
}
