/** How a run uses a queue. */
import type { Broker } from './broker'

export interface QueueUse {
  readonly broker: Broker
  /** Jobs in the queue at most at any time. */
  readonly inFlight: number
  /** Lower numbers are run first, among all benchmarks of the queue; from 1. */
  readonly priority: number
}
