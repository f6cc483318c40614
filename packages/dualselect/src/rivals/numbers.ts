/** What the rivals remember as numbers, and vectors made of two others. */
import type { RuleState, VectorSpace } from '@safe/tensor-core/contracts'

/** A number a rule remembers; 0 before it was first written. */
export const remembered = ({ numbers }: Pick<RuleState<unknown>, 'numbers'>, name: string): number =>
  numbers[name]?.[0] ?? 0

/** Numbers as a state holds them. */
export const written = (values: Readonly<Record<string, number>>): Record<string, ReadonlyArray<number>> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value]]))

/** j a + k b as a new vector; both stay the caller's. */
export const combination = <G>(
  { scale, add, free }: VectorSpace<G>,
  [j, a]: readonly [number, G],
  [k, b]: readonly [number, G],
): G => {
  const [first, second] = [scale(j, a), scale(k, b)]
  const sum = add(first, second)
  free(first)
  free(second)
  return sum
}

/** part / whole; null of nothing. */
export const shareOf = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)
