/**
 * The correction g = gTask + rho gR, the theta-gradient of the saddle objective without second-order terms; `agem` takes the
 * least rho that leaves the references' loss falling to first order: rho = max(0, -<gTask, gR> / ||gR||^2) (arXiv 1812.00420).
 */
import type { VectorSpace } from '@safe/tensor-core/contracts'
import { type DualSelectOptions, corrects } from './options'

// constructors -----------------------------------------------------------------------------------

/** The coefficient of gR. */
export const coefficient =
  <G>({ dot }: VectorSpace<G>, o: DualSelectOptions) =>
  (task: G, reference: G): number => {
    if (!corrects(o)) return 0
    if (o.correction === 'additive') return o.rho
    const square = dot(reference, reference)
    return square > 0 ? Math.max(0, -dot(task, reference) / square) : 0
  }

/** gTask + rho gR as a new vector; undefined where rho is 0 and gTask stands as it is. Both inputs stay the caller's. */
export const corrected =
  <G>(space: VectorSpace<G>, o: DualSelectOptions) =>
  (task: G, reference: G): G | undefined => {
    const rho = coefficient(space, o)(task, reference)
    if (rho === 0) return undefined
    const pull = space.scale(rho, reference)
    const sum = space.add(task, pull)
    space.free(pull)
    return sum
  }
