/** Results of the product's calls, in a process that has nobody to hand an error to. */
import type { Either } from 'fp-ts/Either'
import { type Fault, faultLine } from '@safe/tensor-core/contracts'

/** The right value; ends the process with the fault's line otherwise. */
export const result = <A>(e: Either<Fault, A>): A => {
  if (e._tag === 'Left') throw new Error(faultLine(e.left))
  return e.right
}

/** Processor time of this process so far, all threads. */
export const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

interface Spent<A> {
  readonly value: A
  readonly seconds: number
  readonly cpu: number
}

/** Seconds and processor seconds of a piece of work, and what it gave. */
export const spent = async <A>(work: () => Promise<A> | A): Promise<Spent<A>> => {
  const [start, before] = [performance.now(), cpuSeconds()]
  const value = await work()
  return { value, seconds: (performance.now() - start) / 1000, cpu: cpuSeconds() - before }
}
