/**
 * Uniformly random subspaces, represented by the action of their projectors. A Haar-distributed orthogonal matrix is a product of
 * Householder reflectors of Gaussian vectors on ever fewer coordinates (Stewart 1980), and its first k columns need only the first k:
 *   P = H_1 ... H_k diag(I_k, 0) H_k ... H_1
 * so projecting p columns costs 4 n k p, and no basis is orthonormalised.
 */
import { stream } from '../random'
import type { Pausable } from './cooperative'
import { type Dense, dense } from './dense'

/** Reflectors drawn between two yields. */
const batch = 64

/** The projector on a random k-dimensional subspace of R^n; the same seed and key give the same subspace. */
export const randomProjector =
  (n: number, k: number, seed: number, ...key: ReadonlyArray<string | number>) =>
  (x: Dense): Pausable<Dense> =>
    project({ n, k, seed, key }, x)

/** Which random subspace. */
interface Subspace {
  readonly n: number
  readonly k: number
  readonly seed: number
  readonly key: ReadonlyArray<string | number>
}

function* project({ n, k, seed, key }: Subspace, x: Dense): Pausable<Dense> {
  if (k >= n) return x
  const p = x.cols
  const out = x.data.slice()
  const s = new Float64Array(p)
  // Reflector i is recomputed on the way back, from a random stream of its own.
  const reflect = (i: number): void => {
    const draw = stream(seed, 'random-subspace', ...key, i)
    const v = Float64Array.from({ length: n - i }, () => draw.normal())
    const head = v[0] ?? 0
    let norm2 = 0
    for (const y of v) norm2 += y * y
    const norm = Math.sqrt(norm2)
    v[0] = head + (head < 0 ? -norm : norm)
    const tau = 1 / (norm * (norm + Math.abs(head)))
    s.fill(0)
    for (let r = 0; r < v.length; r++)
      for (let c = 0; c < p; c++) s[c] = (s[c] ?? 0) + (v[r] ?? 0) * (out[(i + r) * p + c] ?? 0)
    for (let r = 0; r < v.length; r++)
      for (let c = 0; c < p; c++)
        out[(i + r) * p + c] = (out[(i + r) * p + c] ?? 0) - tau * (v[r] ?? 0) * (s[c] ?? 0)
  }
  for (let i = 0; i < k; i++) {
    reflect(i)
    if (i % batch === batch - 1) yield
  }
  out.fill(0, k * p)
  for (let i = k - 1; i >= 0; i--) {
    reflect(i)
    if (i % batch === 0) yield
  }
  return dense(n, p, out)
}
