/** The value of an Either in a script: a left is thrown as an error with the fault's line. */
import type { Either } from 'fp-ts/Either'
import { type Fault, faultLine } from '@safe/tensor-core/contracts'

export const right = <A>(e: Either<Fault, A>): A => {
  if (e._tag === 'Left') throw new Error(faultLine(e.left))
  return e.right
}
