/** Matrix products: every shape, transposition and batch that a decoder needs. */
import { matMul } from '../../matmul'
import { type ContractCase, contractCase, onEngine } from '../case'
import { product, sample, swapLast } from '../exact'

export const products: ReadonlyArray<ContractCase> = (
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
