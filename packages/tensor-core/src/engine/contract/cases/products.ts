/** Matrix products: every shape, transposition and batch that a decoder needs. */
import { float32Matrix } from '../../frozenMatrix'
import { matMul } from '../../matmul'
import { type ContractCase, contractCase, onEngine } from '../case'
import { product, sample, swapLast } from '../exact'

const plain: ReadonlyArray<ContractCase> = (
  [
    ['small', [3, 4], [4, 5]],
    ['row', [1, 33], [33, 20]],
    ['column', [17, 9], [9, 1]],
    ['edges', [13, 21], [21, 19]],
    ['large', [70, 130], [130, 90]],
    ['batched', [3, 5, 7], [3, 7, 6]],
    ['batched twice', [2, 3, 9, 4], [2, 3, 4, 10]],
    ['shared right', [4, 6, 5], [1, 5, 7]],
    ['shared left', [1, 6, 5], [4, 5, 7]],
  ] as const
).flatMap(([name, left, right]) =>
  [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) => {
      const a = sample(left, 1)
      const b = sample(right, 2)
      return contractCase(
        `product: ${name}${transposeA ? ', left transposed' : ''}${transposeB ? ', right transposed' : ''}`,
        () =>
          matMul(
            onEngine(transposeA ? swapLast(a) : a),
            onEngine(transposeB ? swapLast(b) : b),
            transposeA,
            transposeB,
          ),
        () => product(a, b),
      )
    }),
  ),
)

/** A frozen matrix with few rows, as in decoding, and with many. */
const frozen: ReadonlyArray<ContractCase> = (
  [
    [1, 33, 20],
    [3, 64, 9],
    [8, 100, 130],
    [17, 31, 70],
    [80, 24, 19],
  ] as const
).map(([rows, width, out]) => {
  const x = sample([rows, width], 3)
  const w = sample([out, width], 4)
  return contractCase(
    `product: ${rows} rows by a frozen matrix of ${out} x ${width}`,
    () => float32Matrix(onEngine(w)).product(onEngine(x)),
    () => product(x, swapLast(w)),
  )
})

export const products: ReadonlyArray<ContractCase> = [...plain, ...frozen]
