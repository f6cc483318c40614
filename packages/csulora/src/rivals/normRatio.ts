/** How much of an adapter's update a method left. */
import type { LoraAdapter, LoraModule } from '@safe/tensor-core/contracts'
import { fromMatrix, gram, inner, multiplyTransposed } from '@safe/tensor-core/linalg'

/** ||scale B A||_F from r x r Gram matrices. */
export const updateNorm = ({ A, B, scale }: LoraModule): number => {
  const [b, a] = [fromMatrix(B), fromMatrix(A)]
  return scale * Math.sqrt(Math.max(0, inner(gram(b), multiplyTransposed(a, a))))
}

/** The mean of ||D'|| / ||D|| over the modules whose update is not zero; 1 where there are none. */
export const meanNormRatio = (before: LoraAdapter, after: LoraAdapter): number => {
  const left = new Map(after.modules.map((m) => [m.name, m]))
  const ratios = before.modules.flatMap((m) => {
    const norm = updateNorm(m)
    const rest = left.get(m.name)
    return norm === 0 ? [] : [(rest === undefined ? 0 : updateNorm(rest)) / norm]
  })
  return ratios.length === 0 ? 1 : ratios.reduce((sum, x) => sum + x, 0) / ratios.length
}
